"""The keys of hawatch.toml that say what is watched: nodes, links, references, services."""

from __future__ import annotations

from hawatch.config.records import (
    Keepalived,
    Listen,
    Node,
    Observe,
    PeerLink,
    SerialLink,
    ServicePlace,
    UnreachablePeer,
    VirtualRouterOptions,
)
from hawatch.config.reference.key import (
    ADDRESS,
    DURATION,
    NAMES,
    NUMBER,
    PATH,
    TEXT,
    YES_OR_NO,
    Key,
    KeyTable,
    one_of,
    toml,
)

_LISTEN = Listen()
_LINK = PeerLink()
_ROUTER = VirtualRouterOptions(instance="")

NODE = KeyTable(
    heading="[node]",
    about="This node.",
    keys=(
        Key(
            name="name",
            form=TEXT,
            meaning="what this node is called; the other node's `[[peer]]` says the same",
            otherwise="the host's name up to its first dot",
            example='"lb01"',
        ),
        Key(
            name="pair",
            form=TEXT,
            meaning="what the pair is called in messages and metrics",
            otherwise="the members' names, joined",
            example='"web"',
        ),
        Key(
            name="state_dir",
            form=PATH,
            meaning="the journal, the black box and the incidents are here",
            default=toml(Node().state_dir),
        ),
    ),
)
KEEPALIVED = KeyTable(
    heading="[keepalived]",
    about="keepalived on this node.",
    keys=(
        Key(
            name="config", form=PATH, meaning="keepalived's configuration", default=toml(Keepalived().config)
        ),
        Key(
            name="log",
            form='`"auto"`, `"journal"`, `"off"` or a path',
            meaning="where keepalived logs: its words are shown, and prove nothing (docs/keepalived-log.md); `auto` is"
            " /var/log/keepalived.log if it may be read",
            default=toml(Keepalived().log),
        ),
        Key(
            name="notify_fifo",
            form=PATH,
            meaning="keepalived's `vrrp_notify_fifo`, if nobody else reads it",
            otherwise="none is read",
            example='"/run/keepalived-vrrp.fifo"',
        ),
    ),
)
OBSERVE = KeyTable(
    heading="[observe]",
    about="How much work it may be.",
    keys=(
        Key(
            name="frames_per_second",
            form=NUMBER,
            meaning="how many frames are read in a second, on average, from each of an interface's two sockets (our"
            " virtual routers' frames, and the rest); what comes beyond is counted as lost",
            default=toml(Observe().frames_per_second),
        ),
    ),
)
LISTEN = KeyTable(
    heading="[listen]",
    about="Where the agent answers.",
    keys=(
        Key(
            name="http",
            form="`HOST:PORT`",
            meaning="metrics, status, the plugin's line, the page; whoever reaches it may look",
            default=toml(str(_LISTEN.http)),
        ),
        Key(
            name="socket",
            form=PATH,
            meaning="the Unix socket of the command line; who may use it may answer incidents",
            default=toml(_LISTEN.socket),
        ),
        Key(
            name="token_file",
            form=PATH,
            meaning="who may answer incidents over HTTP, a line `NAME:TOKEN` each",
            otherwise="nobody",
            example='"/etc/hawatch/http.token"',
        ),
    ),
)
PEER_LINK = KeyTable(
    heading="[peer_link]",
    about="What all links between the agents share.",
    keys=(
        Key(
            name="port",
            form=NUMBER,
            meaning="the UDP port, the same on every node",
            default=toml(_LINK.port),
        ),
        Key(
            name="key_file",
            form=PATH,
            meaning="the key, the same on every node; without it agents do not talk",
            default=toml(_LINK.key_file),
        ),
    ),
)
PEER = KeyTable(
    heading="[[peer]]",
    about="Another node of the pair. Without any, peers come from `unicast_peer` and the advertisements heard.",
    keys=(Key(name="name", form=TEXT, meaning="its `[node] name`", needed=True, example='"lb02"'),),
)
LINK_NAME = Key(
    name="name",
    form=TEXT,
    meaning="what the link is called",
    otherwise="its remote address, or its device",
    example='"lan"',
)
UDP_LINK = KeyTable(
    heading="[[peer.link]]",
    only="over IP",
    about="One for each wire between the nodes; without any, the addresses that are learned.",
    keys=(
        LINK_NAME,
        Key(
            name="remote",
            form="address or host name",
            meaning="the other node on this wire",
            needed=True,
            example='"192.168.136.162"',
        ),
        Key(
            name="local",
            form="address or interface",
            meaning="this node on it; an address that is lost is a link that is down",
            otherwise="as the route goes",
            example='"192.168.136.161"',
        ),
    ),
)
SERIAL_LINK = KeyTable(
    heading="[[peer.link]]",
    only="over a serial cable",
    about="Null modem cables, USB adapters, rights, and how to try a cable: docs/heartbeats.md.",
    keys=(
        LINK_NAME,
        Key(name="device", form=PATH, meaning="the serial port", needed=True, example='"/dev/ttyS0"'),
        Key(
            name="baud",
            form=NUMBER,
            meaning="bits per second, the same at both ends; half of it is used",
            default=toml(SerialLink(name="", device="").baud),
        ),
    ),
)
REFERENCE = KeyTable(
    heading="[[reference]]",
    about='Who tells "I am cut off" from "it is gone". Without any: the default gateways.',
    keys=(
        Key(
            name="name",
            form=TEXT,
            meaning="what it is called",
            otherwise="its address",
            example='"gateway"',
        ),
        Key(
            name="address",
            form=ADDRESS,
            meaning="answers ping, and is not one of the pair",
            needed=True,
            example='"192.168.136.2"',
        ),
    ),
)
WITNESS = KeyTable(
    heading="[[witness]]",
    about="A host that owns nothing and sees the pair from beside it (docs/witness.md). Without any, none is missed.",
    keys=(Key(name="name", form=TEXT, meaning="what it is called", needed=True, example='"witness1"'),),
)
WITNESS_LINK = KeyTable(
    heading="[[witness.link]]",
    about="One for each way to the witness; at least one, and best over other switches than the pair's own.",
    keys=(
        LINK_NAME,
        Key(
            name="remote",
            form="address or host name",
            meaning="the witness on this way",
            needed=True,
            example='"192.168.136.170"',
        ),
        Key(
            name="local",
            form="address or interface",
            meaning="this node on it; the witness knows a node by this address",
            otherwise="as the route goes",
            example='"192.168.136.161"',
        ),
    ),
)
SERVICE = KeyTable(
    heading="[[service]]",
    about="What the VIP is there for: exactly one of `http`, `tcp`, `process`, `plugin`, `unit` and `command`.",
    keys=(
        Key(
            name="name",
            form=TEXT,
            meaning="what it is called",
            otherwise="what is looked at",
            example='"nginx"',
        ),
        Key(
            name="http",
            form="URL",
            meaning="answers without an error",
            otherwise="not looked at",
            example='"http://127.0.0.1:80/"',
        ),
        Key(
            name="tcp",
            form="`HOST:PORT`",
            meaning="takes connections",
            otherwise="not looked at",
            example='"127.0.0.1:5432"',
        ),
        Key(
            name="process",
            form=TEXT,
            meaning="a process of this name runs",
            otherwise="not looked at",
            example='"nginx"',
        ),
        Key(
            name="plugin",
            form="command",
            meaning="a Nagios plugin, which says so by its exit code",
            otherwise="not looked at",
            example='"/usr/lib/nagios/plugins/check_ssh localhost"',
        ),
        Key(
            name="unit",
            form="systemd unit",
            meaning="is active, as systemd says",
            otherwise="not looked at",
            example='"nginx.service"',
        ),
        Key(
            name="command",
            form=NAMES,
            meaning="a program with its arguments, no shell: 0 is up, every other exit code down",
            otherwise="not looked at",
            example='["/usr/bin/redis-cli", "ping"]',
        ),
        Key(name="every", form=DURATION, meaning="how often it is looked at", default='"5s"'),
        Key(
            name="on",
            form=one_of(ServicePlace),
            meaning="where it ought to be up",
            default=toml(ServicePlace.OWNER),
        ),
    ),
)
GUARD = KeyTable(
    heading="[service.guard]",
    about="Who restarts the `[[service]]` above it when it fails, and gives the VIP up when that does not help"
    " (docs/guard.md).",
    keys=(
        Key(
            name="restart",
            form="action",
            meaning="what starts the service anew, an action of root's actions.toml",
            otherwise="`restart-` and the service's name",
            example='"restart-nginx"',
        ),
        Key(name="attempts", form=NUMBER, meaning="restarts in a row; at most 10", default=toml(3)),
        Key(
            name="patience",
            form=DURATION,
            meaning="how long it must have failed before anything",
            default='"5s"',
        ),
        Key(
            name="backoff",
            form=DURATION,
            meaning="the pause after the first restart; twice as long after each other one",
            default='"10s"',
        ),
        Key(
            name="give_up",
            form="action",
            meaning="what gives the VIP up: `give-up-NAME` of a `[give_up.NAME]`, or `stop-keepalived`",
            otherwise="never given up",
            example='"give-up-web"',
        ),
        Key(
            name="instances",
            form=NAMES,
            meaning="the virtual routers that are given up with it",
            otherwise="all of this node",
            example='["VI_1"]',
        ),
        Key(
            name="hold",
            form=DURATION,
            meaning="how long it must have worked before the VIP is taken back",
            default='"5m"',
        ),
        Key(
            name="per_hour", form=NUMBER, meaning="give-ups in an hour at the most; 1 to 12", default=toml(2)
        ),
    ),
)
VIRTUAL_ROUTER = KeyTable(
    heading="[[virtual_router]]",
    about="Where one virtual router differs from the others.",
    keys=(
        Key(
            name="instance",
            form=TEXT,
            meaning="its vrrp_instance",
            needed=True,
            example='"VI_1"',
        ),
        Key(
            name="data",
            form=YES_OR_NO,
            meaning="a database or storage behind it: nothing moves it without a second person",
            default=toml(_ROUTER.data),
        ),
        Key(
            name="unreachable_peer",
            form=one_of(UnreachablePeer),
            meaning="what a peer that is gone on every path is called",
            default=toml(_ROUTER.unreachable_peer),
        ),
    ),
)
ACCEPT = KeyTable(
    heading="[[accept]]",
    about="A finding that is meant to be so: shown as information.",
    keys=(
        Key(
            name="cause",
            form=TEXT,
            meaning="its name (docs/verdicts.md)",
            needed=True,
            example='"peer_unverified"',
        ),
        Key(
            name="reason",
            form=TEXT,
            meaning="why, for everybody who looks",
            otherwise="none is shown",
            example='"the standby runs no agent yet"',
        ),
        Key(
            name="until",
            form="date",
            meaning="the last day on which it is accepted",
            otherwise="for good",
            example="2027-06-30",
        ),
    ),
)

TABLES = (
    NODE,
    KEEPALIVED,
    OBSERVE,
    LISTEN,
    PEER_LINK,
    PEER,
    UDP_LINK,
    SERIAL_LINK,
    REFERENCE,
    WITNESS,
    WITNESS_LINK,
    SERVICE,
    GUARD,
    VIRTUAL_ROUTER,
    ACCEPT,
)
