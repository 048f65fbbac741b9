"""The keys of hawatch.toml about this node: its name, its keepalived, how much is read, where it answers."""

from __future__ import annotations

from hawatch.config.records import Keepalived, Listen, Node, Observe
from hawatch.config.reference.key import NUMBER, PATH, TEXT, Key, KeyTable, toml

_LISTEN = Listen()

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

TABLES = (NODE, KEEPALIVED, OBSERVE, LISTEN)
