"""The keys of hawatch.toml that say whom this node asks: other nodes and the ways to them, references, witnesses."""

from __future__ import annotations

from hawatch.config.records import PeerLink, SerialLink
from hawatch.config.reference.key import ADDRESS, NUMBER, PATH, TEXT, Key, KeyTable, toml

_LINK = PeerLink()

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

TABLES = (PEER_LINK, PEER, UDP_LINK, SERIAL_LINK, REFERENCE, WITNESS, WITNESS_LINK)
