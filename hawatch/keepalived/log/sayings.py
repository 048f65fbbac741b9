"""What keepalived can say, as frozen records. `instance` is keepalived's name of a virtual router."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SaidState(StrEnum):
    """The states that keepalived names."""

    MASTER = "MASTER"
    BACKUP = "BACKUP"
    FAULT = "FAULT"
    STOP = "STOP"


class Refusal(StrEnum):
    """Why keepalived did not take a packet."""

    AUTHENTICATION = "authentication"
    ADDRESSES = "addresses"
    INTERVAL = "interval"
    TTL = "ttl"
    VERSION = "version"
    CHECKSUM = "checksum"
    NOT_A_PEER = "not_a_peer"
    CAST = "cast"
    UNKNOWN_VRID = "unknown_vrid"
    OTHER = "other"


class DaemonEvent(StrEnum):
    """What became of a process of keepalived."""

    STARTING = "starting"
    RELOADING = "reloading"
    STOPPING = "stopping"
    STOPPED = "stopped"
    CHILD_DIED = "child_died"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """A virtual router entered a state, perhaps for a reason that stands in the same line."""

    instance: str
    state: SaidState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStateChanged:
    """A sync group was brought into one state."""

    group: str
    state: SaidState


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityZeroSent:
    """It resigned."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityZeroHeard:
    """Another member resigned."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementMissed:
    """The owner's advertisement stayed away, so that it takes over."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged:
    """Its effective priority is another one."""

    instance: str
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementWeighed:
    """While owner it heard another owner, whose priority is `theirs` and whose claim is the better one or not."""

    instance: str
    better: bool
    src: str = ""
    theirs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRefused:
    """It did not take a packet; `instance` is empty where the line names none."""

    reason: Refusal
    instance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectorSaid:
    """What the kernel told it: a device went up or down, an address was added or removed."""

    subject: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptResult:
    """A tracking script ended well or not, or ran too long (`ok` False)."""

    script: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerLate:
    """It was not scheduled in time, by so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonChanged:
    """A process of keepalived began, ended, or read its configuration again."""

    event: DaemonEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesUnread:
    """More came than anybody wants to read: so many lines were counted only."""

    count: int


Saying = (
    StateChanged
    | GroupStateChanged
    | PriorityZeroSent
    | PriorityZeroHeard
    | AdvertisementMissed
    | PriorityChanged
    | AdvertisementWeighed
    | PacketRefused
    | ReflectorSaid
    | ScriptResult
    | TimerLate
    | DaemonChanged
    | LinesUnread
)


def instance_of(saying: Saying) -> str:
    """The virtual router that it is about; empty where it is about all of them."""
    return getattr(saying, "instance", "")
