"""How far one guard has come, and what it has done: the records that outlive the agent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.refusal import Refusal


class GuardState(StrEnum):
    """Where a guard stands.

    `watching`: there is nothing to do. `failing`: the service fails, and is restarted when its time has come.
    `restarting`, `giving_up`, `taking_back`: hawatch-helper is at it. `exhausted`: all restarts were in vain, and the
    VIP is still here. `given_up`: it is not, and the service fails. `holding`: the service works again, and is looked
    at for a while before the VIP is taken back.
    """

    WATCHING = "watching"
    FAILING = "failing"
    RESTARTING = "restarting"
    EXHAUSTED = "exhausted"
    GIVING_UP = "giving_up"
    GIVEN_UP = "given_up"
    HOLDING = "holding"
    TAKING_BACK = "taking_back"


AT_WORK = frozenset({GuardState.RESTARTING, GuardState.GIVING_UP, GuardState.TAKING_BACK})
"""The states in which an action has begun whose end is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One service's guard, by the service's name; times are epoch seconds.

    `since`: since when the state holds. `failing_since`: since when the service fails (None: it does not).
    `attempts` counts the restarts of this trouble; before `next_at` nothing is begun. `action` and `key` are what was
    begun last, and its once-key. `given`: the VIP was given up, and not taken back yet. `here_since`: since when this
    node has it all the same. `refusal` keeps it from being given up, since `refused_at`; `told` are the refusals of
    this trouble that stand in the timeline. `give_ups` are the times of the last ones; `restarts` and `gave_up` count
    all there ever were.
    """

    id: str
    state: GuardState = GuardState.WATCHING
    since: float = 0.0
    failing_since: float | None = None
    attempts: int = 0
    next_at: float = 0.0
    action: str = ""
    key: str = ""
    given: bool = False
    here_since: float | None = None
    refusal: Refusal | None = None
    refused_at: float = 0.0
    told: tuple[Refusal, ...] = ()
    give_ups: tuple[float, ...] = ()
    restarts: int = 0
    gave_up: int = 0
    version: int = 0

    @property
    def progress(self) -> int:
        """Every change is one more."""
        return self.version


class Telling(StrEnum):
    """What of a guard's deeds people are told, beside what stands in the timeline."""

    GAVE_UP = "guard_gave_up"
    KEPT = "guard_kept"
    TOOK_BACK = "guard_took_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardNote:
    """One line of what a guard did, for the timeline of the incidents that it belongs to.

    `instances` are the virtual routers that it is about, by its node's names. `telling`: people hear of it, too;
    `refusal` then says why the VIP stays.
    """

    id: str
    node: str
    service: str
    instances: tuple[str, ...]
    at: float
    text: str
    incidents: tuple[str, ...] = ()
    telling: Telling | None = None
    refusal: Refusal | None = None

    @property
    def progress(self) -> int:
        """That it is known to which incident it belongs is all that can be added."""
        return len(self.incidents)
