"""One fence device: the fence agent that speaks to it, and what is told the agent on its standard input."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from enum import StrEnum

from hawatch.ability import FENCE, POWER_ON, Ability, Danger
from hawatch.errors import HawatchError
from hawatch.verdict import VerdictKind

LONGEST_PASSWORD = 4096


class Way(StrEnum):
    """How a node is taken away: switched off, or off and on again."""

    OFF = "off"
    REBOOT = "reboot"


class Order(StrEnum):
    """What a fence agent is told to do (the fence-agents API's `action`)."""

    STATUS = "status"
    ON = "on"
    OFF = "off"
    REBOOT = "reboot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The device that has the power of the node `target`; `options` are the fence agent's own, `seconds` its time."""

    target: str
    agent: str
    options: tuple[tuple[str, str], ...]
    password_file: str | None
    way: Way
    seconds: float
    labels: tuple[tuple[str, str], ...] = field(default=())

    @property
    def cut(self) -> str:
        """The ability that takes the node away."""
        return FENCE + self.target

    @property
    def power_on(self) -> str:
        """The ability that brings it back."""
        return POWER_ON + self.target

    def abilities(self) -> tuple[Ability, ...]:
        """What a client may know of it. A node that is rebooted needs nobody to switch it on."""
        cut = Ability(
            name=self.cut,
            danger=Danger.FENCE,
            undo=self.power_on if self.way is Way.OFF else None,
            offer=(VerdictKind.SPLIT_BRAIN.value,),
            labels=self.labels,
            target=self.target,
        )
        back = Ability(name=self.power_on, danger=Danger.DEMOTE, target=self.target)
        return (cut, back) if self.way is Way.OFF else (cut,)

    def order(self, ability: str) -> Order:
        """What one of its abilities tells the agent."""
        return Order(self.way.value) if ability == self.cut else Order.ON

    def password(self) -> str | None:
        """What stands in its file, without the line's end. HawatchError for a file that others can read."""
        return None if self.password_file is None else read_password(self.password_file)

    def words(self, order: Order, password: str | None) -> bytes:
        """The agent's standard input: a line `key=value` for each option. No argument vector has the password."""
        given = {**dict(self.options), "action": order.value}
        if password is not None:
            given["password"] = password
        return "".join(f"{key}={value}\n" for key, value in given.items()).encode()


def read_password(path: str) -> str:
    """One line that only root can read. HawatchError names the file."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as file:
            seen = os.fstat(file.fileno())
            if not stat.S_ISREG(seen.st_mode) or seen.st_uid != 0 or seen.st_mode & 0o077:
                raise HawatchError(f"{path}: must be root's file, which nobody else may read (chmod 600)")
            text = file.read(LONGEST_PASSWORD).decode().removesuffix("\n")
    except OSError as error:
        raise HawatchError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise HawatchError(f"{path}: is no text") from None
    if not text or not text.isprintable():
        raise HawatchError(f"{path}: one line with the password is wanted")
    return text
