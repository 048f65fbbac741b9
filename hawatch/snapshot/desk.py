"""What the on-call desk adds to the picture: incidents, messages, monitoring systems, guards, drills."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.incident import Incident
from hawatch.notification.mute import Mute
from hawatch.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorView:
    """A monitoring tool in which acknowledgements are shown: `requests` counts what came of turning to it, by result.

    `looked_at` is when this node did last, in epoch seconds (None: never); `problem` is why it cannot.
    """

    name: str
    requests: tuple[tuple[str, int], ...]
    looked_at: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopView:
    """The reply path of a channel: whether the last probe came back, how long the last that did took, and when that
    was (epoch seconds). None: not known yet."""

    channel: str
    up: bool | None = None
    seconds: float | None = None
    succeeded_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillView:
    """The pair's latest drill that was graded, at `at` (epoch seconds).

    `outages` are by move and client the seconds without an answer, `verdicts` by move and virtual router those until
    the verdict.
    """

    at: float
    passed: bool
    outages: tuple[tuple[str, str, float], ...] = ()
    verdicts: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardView:
    """The guard of a service on this node: its state (hawatch/guard/record.py), since when (epoch seconds), how many of
    its restarts it has made in this trouble, why the VIP stays here all the same, and what it has done in all."""

    service: str
    state: str
    since: float
    attempts: int = 0
    refusal: str | None = None
    restarts: int = 0
    gave_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """What the on-call desk adds to the picture: the incidents that are open, and what is muted, now or later.

    `notifications` counts what came of messages since the agent's start, by channel and result; `waiting` are the
    messages that this node has still to hand over. `notification_seconds` tells by channel how long messages that were
    due took into the gateway's hands. `put_aside` counts what came in and was not taken, by channel and reason, where
    that is kept apart (mail); `webhooks` what providers have posted, by channel and result. `loops` are of the channels
    that are probed. `passive_results` and `passive_accepted` are
    as in Snapshot.
    """

    open: tuple[Incident, ...] = ()
    mutes: tuple[Mute, ...] = ()
    notifications: tuple[tuple[str, str, int], ...] = ()
    waiting: int = 0
    put_aside: tuple[tuple[str, str, int], ...] = ()
    webhooks: tuple[tuple[str, str, int], ...] = ()
    loops: tuple[LoopView, ...] = ()
    notification_seconds: tuple[tuple[str, Tally], ...] = ()
    passive_results: tuple[tuple[str, str, int], ...] = ()
    passive_accepted: tuple[tuple[str, float], ...] = ()
    monitors: tuple[MonitorView, ...] = ()
    drill: DrillView | None = None
    guards: tuple[GuardView, ...] = ()
