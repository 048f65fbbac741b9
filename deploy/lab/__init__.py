"""The lab: a real keepalived pair in network namespaces, for the demo, the tests and the benchmarks.

    from deploy.lab import Lab, Topology, conf

    with Lab(Topology(wire=True)) as lab:
        lab.start_keepalived(conf.pair(lab.topology, advert_int=1))
        lab.truth.wait_owner(conf.VIP, "lb01")
        lab.start_agents()
        with lab.firewall.drop_vrrp_inbound("lb02"):            # heals at the end of the block
            lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            print(lab.agent("lb01").status()["virtual_routers"][0]["verdict"])
        lab.truth.wait_owner(conf.VIP, "lb01")
        print(lab.truth.overlaps(conf.VIP))                     # spans of CLOCK_MONOTONIC seconds

Every node has its own network, mount, PID and UTS namespace, with a private /run, /tmp, /etc/keepalived,
/etc/hawatch and /var/lib/hawatch; the clone is visible at /opt/hawatch, read-only. Numbers: deploy.lab.topology.
The namespaces have no names on the host: `nsenter --target PID --all` leads into a node, where PID is node.pid.
They end with the lab's process, whatever ends it, and with them all that runs inside.

    lab.node(NAME)            a node: run, popen, addresses, sysctl, links, files
    lab.switch                the node that holds the bridges
    lab.keepalived(NAME)      the real keepalived of a router: conf, start, stop, kill_*, freeze, thaw, reload, log
    lab.agent(NAME)           the unprivileged agent: config, key, start, stop, kill, status, command
    lab.helper(NAME)          the root helper: start, stop, kill
    lab.truth                 who holds which address when, from an independent watcher
    lab.firewall              nftables on nodes and on the switch: drop, lose, partition, duplicate
    lab.wires                 cut a cable, or make all that comes over it late
    lab.outsiders             foreign frames, hosts that answer ARP for what is not theirs
    Smsd(lab.node(NAME))      the real smsd with a modem: await_sms, reply, break_modem (deploy.lab.smsd)
    lab.report()              truth and logs, for a failed test
    lab.keep()                leave it running

Faults are Fault objects: `heal()` ends one, and so does leaving its `with` block.
"""

from deploy.lab import conf, frames
from deploy.lab.agents import Agent, Helper
from deploy.lab.conf import InstanceConf, KeepalivedConf, ScriptConf
from deploy.lab.errors import LabError, LabTimeout
from deploy.lab.fault import Fault
from deploy.lab.firewall import VRRP, Hook
from deploy.lab.identity import ROOT, Identity, agent_identity
from deploy.lab.keepalived import Keepalived
from deploy.lab.lab import Lab
from deploy.lab.node import Node
from deploy.lab.process import Process
from deploy.lab.smsd import Sms, Smsd
from deploy.lab.topology import Addressing, Topology
from deploy.lab.truth import Change, Span, Truth

__all__ = [
    "ROOT",
    "VRRP",
    "Addressing",
    "Agent",
    "Change",
    "Fault",
    "Helper",
    "Hook",
    "Identity",
    "InstanceConf",
    "Keepalived",
    "KeepalivedConf",
    "Lab",
    "LabError",
    "LabTimeout",
    "Node",
    "Process",
    "ScriptConf",
    "Sms",
    "Smsd",
    "Span",
    "Topology",
    "Truth",
    "agent_identity",
    "conf",
    "frames",
]
