"""What root allows on a node, without the commands: what a menu can offer there, and how dangerous it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hawatch.errors import DecodeError
from hawatch.plain import codec

STOP_KEEPALIVED = "stop-keepalived"
START_KEEPALIVED = "start-keepalived"
REMOVE_VIP = "remove-vip"
ANNOUNCE_VIP = "announce-vip"
THAW_KEEPALIVED = "thaw-keepalived"
RESTART_SERVICE = "restart-service"
FENCE = "fence-"
POWER_ON = "power-on-"
"""What the names of the two abilities of a fence device begin with; the node that it is about follows."""
GIVE_UP = "give-up-"
TAKE_BACK = "take-back-"
"""What the names of the two abilities of a file that keepalived tracks begin with; root's name for it follows."""


class Danger(StrEnum):
    """How much an ability can break, and so how much it takes.

    `restart` is run at once, `demote` after a confirmation, `fence` after a confirmation and a second person's.
    """

    RESTART = "restart"
    DEMOTE = "demote"
    FENCE = "fence"


class Power(StrEnum):
    """What a fence device says of its node; UNKNOWN: it says nothing, or nothing that can be understood."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One action that a node's hawatch-helper would run.

    `undo` names the ability that takes it back. `offer` are the verdicts and causes on which it is offered; a cause
    must lie on that node, and service_down must be that of `service`, if one is named. `labels` are language and
    text. It is run for one of `vips`; where there are none, it is about the whole node. `target` is another node, whose
    power it switches through a fence device: off as a `fence`, on as a `demote`.
    """

    name: str
    danger: Danger
    undo: str | None = None
    offer: tuple[str, ...] = ()
    service: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    vips: tuple[str, ...] = ()
    target: str | None = None

    @property
    def cuts_power(self) -> bool:
        """Whether it takes another node away by its fence device."""
        return self.target is not None and self.danger is Danger.FENCE

    def label(self, language: str) -> str | None:
        """What root calls it in a language; None: nothing."""
        return dict(self.labels).get(language)


_CODEC = codec(tuple[Ability, ...])


def abilities_of(answer: dict[str, Any]) -> tuple[Ability, ...]:
    """What the helper's answer to the verb `actions` allows. DecodeError for one that does not fit."""
    if "abilities" not in answer:
        raise DecodeError("abilities: missing")
    abilities: tuple[Ability, ...] = _CODEC.decode(answer["abilities"])
    return abilities
