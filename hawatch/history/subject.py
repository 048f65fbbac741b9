"""What a lane is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LaneKind(StrEnum):
    """The kinds of lanes, by their names in `/api/v1/history`."""

    VERDICT = "verdict"
    ADVERTISER = "advertiser"
    VIP = "vip"
    LINK = "link"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing that has one value at a time; of a kind that has no such field, it is None.

    `node` is who was heard or who holds; `peer` whose agent it is, or to whom the link leads.
    """

    kind: LaneKind
    instance: str | None = None
    vrid: int | None = None
    family: str | None = None
    vip: str | None = None
    node: str | None = None
    peer: str | None = None
    link: str | None = None
