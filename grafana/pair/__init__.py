"""The dashboard `hawatch pair`: everything about one pair, and what each of its agents says of it."""

from __future__ import annotations

from grafana.board import FLEET_UID, PAIR_UID, Board, pair_variable
from grafana.pair.agents import AGENTS
from grafana.pair.paths import BETWEEN, WIRE
from grafana.pair.people import PEOPLE
from grafana.pair.verdicts import NOW, SAID

PAIR = Board(
    uid=PAIR_UID,
    title="hawatch pair",
    about="One Keepalived pair that hawatch watches: what each agent says, who holds the VIPs, and why.",
    since="6h",
    pair=pair_variable(several=False),
    other=FLEET_UID,
    parts=(NOW, SAID, WIRE, BETWEEN, PEOPLE, AGENTS),
)
