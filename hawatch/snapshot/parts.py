"""What is around the virtual routers in the picture: peers, references, witnesses, services, observers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """One path to a peer: state `up`, `down` or `unknown`; loss over the last minute, 0 to 1."""

    name: str
    state: str
    rtt_seconds: float | None
    loss_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """A peer: its agent is `up`, `silent` (had one), `left` (said goodbye) or `none` (never had one).

    Its wall clock is `clock_offset_seconds` ahead of ours, None while that is not known. `daemon` is its keepalived as
    its agent says now: `running`, `frozen`, `dead`, or None while that is not known. `address` is where its agent
    ought to be reached, None while that is not known, or nobody but the wire says that there is such a peer
    (`hearsay`): whoever can speak on the LAN can invent that one. `services` are those that its agent looks at, by
    name: whether they work there, None while it does not know.
    """

    name: str
    agent: str
    links: tuple[LinkView, ...]
    clock_offset_seconds: float | None = None
    daemon: str | None = None
    address: str | None = None
    hearsay: bool = False
    services: tuple[tuple[str, bool | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceView:
    """A reference address: state `up`, `down` or `unknown`."""

    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageView:
    """A time in which clients were without service, as a witness measured it: `began_at` in monotonic seconds.

    `seconds` is None while it goes on; `lost` requests failed, and either end may be wrong by `within` seconds.
    """

    service: str
    began_at: float
    seconds: float | None
    lost: int
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessView:
    """A witness: it, and each service through a VIP as it says, is `up`, `down` or `unknown`."""

    name: str
    state: str
    services: tuple[tuple[str, str], ...] = ()
    last_outage: OutageView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service on a node: state `up`, `down` or `unknown`."""

    name: str
    node: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverView:
    """Whether one observer sees, and if not, why."""

    name: str
    up: bool
    problem: str | None = None
