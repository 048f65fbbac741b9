"""The keys of witness.toml, which is on the witness's host; hawatch/config/witness_file.py reads it."""

from __future__ import annotations

from hawatch.config.reference.key import NAMES, NUMBER, PATH, TEXT, Key, KeyTable, toml
from hawatch.config.reference.node import LISTEN
from hawatch.config.witness import WitnessConfig

_DEFAULT = WitnessConfig()

NODE = KeyTable(
    heading="[node]",
    about="The witness itself.",
    keys=(
        Key(
            name="name",
            form=TEXT,
            meaning="what the witness is called",
            otherwise="the host's name up to its first dot",
            example='"witness1"',
        ),
    ),
)
LISTENS = KeyTable(
    heading="[listen]",
    about="Where the witness answers; nothing that it serves writes.",
    keys=tuple(key for key in LISTEN.keys if key.name in {"http", "socket"}),
)
LINK = KeyTable(
    heading="[peer_link]",
    about="Where the nodes' agents reach it.",
    keys=(
        Key(name="port", form=NUMBER, meaning="the UDP port, that of all nodes", default=toml(_DEFAULT.port)),
    ),
)
CLIENT = KeyTable(
    heading="[client]",
    about="How often it asks what the VIPs are there for.",
    keys=(
        Key(
            name="every_ms",
            form=NUMBER,
            meaning="milliseconds from one request to the next while all is well; 50 to 60000",
            default=str(round(_DEFAULT.peace * 1000)),
        ),
        Key(
            name="suspicion_every_ms",
            form=NUMBER,
            meaning="the same for ten seconds after every change, and in the first minute of an outage",
            default=str(round(_DEFAULT.suspicion * 1000)),
        ),
    ),
)
PAIR = KeyTable(
    heading="[[pair]]",
    about="One pair; up to 1000 of them.",
    keys=(
        Key(name="name", form=TEXT, meaning="what it is called", needed=True, example='"web"'),
        Key(
            name="key_file",
            form=PATH,
            meaning="a copy of that pair's peer.key; no two pairs may have the same",
            needed=True,
            example='"/etc/hawatch/pairs/web.key"',
        ),
        Key(
            name="vips",
            form=NAMES,
            meaning="the VIPs to ask after",
            otherwise="those that the members' agents name",
            example='["192.168.136.100"]',
        ),
        Key(
            name="interface",
            form="interface",
            meaning="where they are asked after",
            otherwise="the one whose network each is in",
            example='"eth0"',
        ),
    ),
)
MEMBER = KeyTable(
    heading="[[pair.member]]",
    about="A node of the pair; two at the least.",
    keys=(
        Key(name="name", form=TEXT, meaning="its `[node] name`", needed=True, example='"lb01"'),
        Key(
            name="addresses",
            form=NAMES,
            meaning="where its agent speaks from; the first is pinged",
            needed=True,
            example='["192.168.136.161"]',
        ),
    ),
)
SERVICE = KeyTable(
    heading="[[pair.service]]",
    about="What a client asks through a VIP: `http` or `tcp`. Without any, the VIPs are pinged.",
    keys=(
        Key(name="name", form=TEXT, meaning="what it is called", otherwise="what is asked", example='"web"'),
        Key(
            name="http",
            form="URL",
            meaning="answers with a status below 400; by address, without TLS",
            otherwise="not asked",
            example='"http://192.168.136.100/"',
        ),
        Key(
            name="tcp",
            form="`HOST:PORT`",
            meaning="takes connections; by address",
            otherwise="not asked",
            example='"192.168.136.100:5432"',
        ),
    ),
)

TABLES = (NODE, LISTENS, LINK, CLIENT, PAIR, MEMBER, SERVICE)
