"""Live: the remedies of what befalls daemons, devices and VIPs, run as they are printed, end in a steady pair.

A lab's node has no systemd. A stand-in for systemctl (below, ours alone) starts, reloads and restarts the keepalived of
the node as its unit would; every other word of a remedy meets the real tool.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import Topology, conf
from deploy.lab.node import Node
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}
SYSTEMCTL = """#!/bin/sh
# systemctl VERB keepalived, in a node of the lab; pidof sees this node's processes alone
[ "$2" = keepalived ] || exit 4
begin() { keepalived --use-file /etc/keepalived/keepalived.conf --no-syslog </dev/null >/dev/null 2>&1; }
end() { kill $(pidof keepalived) 2>/dev/null; while pidof keepalived >/dev/null; do sleep 0.05; done; }
case $1 in
start) pidof keepalived >/dev/null || begin ;;
restart) end; begin ;;
reload) kill -HUP $(pgrep -o -x keepalived) ;;  # the parent, as the unit does
stop) end ;;
*) exit 4 ;;
esac
"""


def give_systemctl(pair: Scene) -> None:
    """Put the stand-in where the nodes look first."""
    for node in pair.lab.routers:
        node.write("/run/systemctl", SYSTEMCTL)
        node.path("/run/systemctl").chmod(0o755)
        node.run(["mount", "--bind", "/run/systemctl", "/usr/bin/systemctl"])


def follow(pair: Scene, cause: str, *, told_on: str = "lb02") -> None:
    """Paste the remedy of a finding, as another node's agent prints it, into a shell of the node that it names."""
    name, commands = remedy_of(pair, cause, told_on)
    pair.lab.node(name).run(["sh", "-c", commands], check=False)


def remedy_of(pair: Scene, cause: str, told_on: str) -> tuple[str, str]:
    """Where, and what to paste."""
    remedy = pair.must_know(cause, on=told_on)["remedy"]
    found = re.match(r"on (\w+): (.*)", remedy, re.DOTALL)
    assert found is not None, remedy
    return found[1], found[2]


def must_be_well(pair: Scene) -> None:
    """One owner, a steady pair, and nobody to blame."""
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.await_verdict("steady")
    pair.must_warn_of()


def test_a_dead_keepalived_is_started_by_its_remedy() -> None:
    with scene(**FAST) as pair:
        give_systemctl(pair)
        pair.settle()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        follow(pair, "keepalived_dead")
        must_be_well(pair)


def test_a_frozen_keepalived_goes_on_by_its_remedy() -> None:
    with scene(**FAST) as pair:
        give_systemctl(pair)
        pair.settle()
        pair.lab.keepalived("lb01").freeze()
        pair.await_verdict("split_brain")
        follow(pair, "keepalived_frozen")
        must_be_well(pair)


def test_vips_that_a_dead_keepalived_left_are_removed_by_their_remedy() -> None:
    with scene(**FAST) as pair:
        give_systemctl(pair)
        pair.settle()
        pair.lab.keepalived("lb01").kill_both()
        pair.await_verdict("split_brain")
        follow(pair, "stale_vip")
        must_be_well(pair)


def test_a_vip_put_up_by_hand_on_the_standby_is_taken_down_by_its_remedy() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.node("lb02").add_address(f"{conf.VIP}/24")
        pair.await_verdict("split_brain")
        follow(pair, "stale_vip", told_on="lb01")
        must_be_well(pair)


def test_a_vip_where_no_keepalived_runs_is_managed_again_by_its_remedy() -> None:
    with scene(**FAST) as pair:
        give_systemctl(pair)
        pair.settle()
        for name in ("lb02", "lb01"):
            pair.lab.keepalived(name).stop()
        pair.await_verdict("no_owner")
        pair.lab.node("lb02").add_address(f"{conf.VIP}/24")
        pair.await_verdict("degraded")
        follow(pair, "vip_without_master", told_on="lb01")
        pair.lab.truth.wait_nobody(conf.VIP)
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.must_warn_of("keepalived_dead@lb01")
        follow(pair, "keepalived_dead")
        must_be_well(pair)


def test_a_tracked_interface_that_was_taken_down_is_brought_up_by_its_remedy() -> None:
    with scene(Topology(second_lan=True), track_interfaces=("eth1",), **FAST) as pair:
        pair.settle()
        pair.lab.node("lb01").link_down("eth1")
        pair.await_verdict("degraded")
        pair.must_blame("link_down@lb01", "tracked_fault@lb01")
        follow(pair, "tracked_fault")
        must_be_well(pair)


def test_clients_that_believe_the_loser_of_a_split_are_told_by_the_remedy() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        client = pair.lab.node("client")
        client.run(["ping", "-c", "1", conf.VIP])
        with pair.lab.firewall.drop_vrrp_inbound("lb01"), pair.lab.firewall.drop_vrrp_inbound("lb02") as deaf:
            pair.await_verdict("split_brain")
            time.sleep(6.5)  # the loser announces again 5 s after it took over
            deaf.heal()
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
        assert client_sends_to(client) == pair.lab.node("lb02").mac()
        follow(pair, "stale_arp")
        must_be_well(pair)
        assert client_sends_to(client) == pair.lab.node("lb01").mac()


def client_sends_to(client: Node) -> str:
    """The MAC that a client has for the VIP."""
    words = client.run(["ip", "neigh", "show", conf.VIP]).stdout.split()
    return words[words.index("lladdr") + 1]


def test_a_configuration_that_was_not_loaded_is_loaded_by_its_remedy() -> None:
    with scene(**FAST) as pair:
        give_systemctl(pair)
        pair.settle()
        edited = replace(conf.pair(pair.lab.topology, **FAST)["lb01"], extra=("garp_master_refresh 60",))
        pair.lab.keepalived("lb01").write_conf(edited)
        pair.must_warn_of("config_not_loaded@lb01")
        follow(pair, "config_not_loaded")
        must_be_well(pair)
