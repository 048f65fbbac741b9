"""Who can be reached, and what the members' agents say."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.wire.report import NodeReport


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoResult:
    """One ICMP echo over one link to a peer, or to a reference (then `link` is None). `replied` None: not sent.

    Of a serial cable, which has no address: whether it worked both ways in this interval.
    """

    at: float
    target: str
    link: str | None
    address: str
    replied: bool | None
    rtt_seconds: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerReport:
    """One datagram (or slice of one report) from a peer's agent.

    `round_trip` is the latest measured on this link, in seconds, None before the first answer; `clock_offset` is by how
    many seconds its wall clock is ahead of ours, None when it did not say. `witness` names the one that passed it on,
    with `at` as late and `round_trip` as long as the way over it leaves open; `src` is then empty.
    """

    at: float
    link: str
    src: str
    boot_id: str
    sequence: int
    report: NodeReport
    round_trip: float | None = None
    clock_offset: float | None = None
    witness: str = ""


FROM_A_VIP = "sent from a VIP"
SEVERAL_SENDERS = "several addresses"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRefused:
    """A datagram on the peer link that was not taken; `reason` is a short stable phrase (wrong key, replayed, …).

    `src` is `SEVERAL_SENDERS` where there were too many to be told apart.
    """

    at: float
    link: str
    src: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """One peer link's own socket or device: up False means it cannot be used now (a lost address), with the reason.

    `device` is that of a serial cable.
    """

    at: float
    peer: str
    link: str
    up: bool
    problem: str | None = None
    device: str = ""
