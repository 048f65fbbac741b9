"""The keys of hawatch.toml that say where something is judged in another way: virtual routers, findings."""

from __future__ import annotations

from hawatch.config.records import UnreachablePeer, VirtualRouterOptions
from hawatch.config.reference.key import TEXT, YES_OR_NO, Key, KeyTable, one_of, toml

_ROUTER = VirtualRouterOptions(instance="")

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

TABLES = (VIRTUAL_ROUTER, ACCEPT)
