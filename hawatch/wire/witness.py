"""What a witness tells the nodes of a pair: the records. Their datagram form is in hawatch/wire/witness_datagram.py.

Every time is an age in seconds at the moment of sending: no clock of the witness is ever compared with another's.
"""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.wire.family import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedMember:
    """A node as the witness reaches it: ICMP echo, and the age of what its agent said last. None: not known.

    `asked_age` is of the last echo whose result is known, `reached_age` of the last that came back.
    """

    node: str
    reachable: bool | None
    asked_age: float | None = None
    reached_age: float | None = None
    report_age: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedAnswer:
    """One host's answers to one question."""

    mac: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedRound:
    """One question "who has this VIP?" with all answers, and the one for a member's own address beside it."""

    age: float
    answers: tuple[WitnessedAnswer, ...] = ()
    control_address: str | None = None
    control_answers: tuple[WitnessedAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedVip:
    """The last questions for a VIP, the newest last; none where the witness is not on its network."""

    address: str
    rounds: tuple[WitnessedRound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedAdverts:
    """The last advertisement of a source that the witness heard on its wire; a priority of 0 gives up."""

    family: Family
    vrid: int
    src: str
    priority: int
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedService:
    """Whether a client gets served through a VIP; `age` is of the last answer, or of the last that did not come."""

    name: str
    up: bool | None
    age: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedOutage:
    """A time in which clients were not served through `vip`: `number` counts those of a service in one run.

    It began `began_age` ago, with the first request that was lost, and took `seconds` (None: it goes on) until the
    first that was served again; `lost` requests failed, and either end may be wrong by `within`.
    """

    number: int
    service: str
    vip: str
    began_age: float
    seconds: float | None
    lost: int
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessWord:
    """All that a witness says of one pair; a word that is too large comes in pieces, with the members in each."""

    witness: str
    version: str = ""
    members: tuple[WitnessedMember, ...] = ()
    vips: tuple[WitnessedVip, ...] = ()
    adverts: tuple[WitnessedAdverts, ...] = ()
    services: tuple[WitnessedService, ...] = ()
    outages: tuple[WitnessedOutage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """A member's own datagram as the witness got it, `age` ago; its way there and back takes `round_trip` seconds."""

    age: float
    round_trip: float | None
    datagram: bytes
