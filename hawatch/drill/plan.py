"""What a drill will do, before anything is done: which node steps aside when, what moves with it, who is told."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.plain import Codec, codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A virtual router that moves with its owner, all of it in one go.

    `interval` (A), `down_interval` (T) and `delay` (preempt_delay) are seconds. `comes_back`: whether its owner takes
    it again by preemption; None is not known.
    """

    instance: str
    router: str
    vips: tuple[str, ...]
    owner: str
    to: str
    interval: float
    down_interval: float
    comes_back: bool | None
    delay: float = 0.0
    sync_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One node steps aside, another takes over, and the first comes back."""

    node: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The maintenance that covers it, until then (epoch seconds); `own`: the drill opens it, and ends it."""

    until: float
    own: bool
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`asked_on` is the node whose agent leads it; `others` lose their standby meanwhile.

    A node is away for `away` seconds at most: then it comes back whatever has become of the drill, which lasts
    `longest` seconds at most. `people` have agreed to messages, `channels` are sent a message to themselves.
    `urls` are where a client may ask: the service checks, with the VIP in place of their host.
    """

    pair: str
    asked_on: str
    moving: tuple[Moving, ...]
    legs: tuple[Leg, ...]
    others: tuple[str, ...] = ()
    away: float
    longest: float
    window: Window
    people: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What has to be typed to confirm it: the only virtual router, or the pair."""
        return self.moving[0].instance if len(self.moving) == 1 else self.pair


PLAN: Codec[Plan] = codec(Plan)
