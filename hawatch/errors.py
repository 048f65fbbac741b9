"""The errors hawatch raises on purpose; each message is one line that names the thing at fault."""

from __future__ import annotations


class HawatchError(Exception):
    """Anything that a user is told in one line.

    `exit_code` is what the command line ends with.
    """

    exit_code = 2


class ConfigError(HawatchError):
    """A configuration that cannot be used; `where` is a key's path or `file:line`."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class DecodeError(HawatchError):
    """Bytes that are not what they should be; `reason` is a short stable phrase that can be counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ObserverError(HawatchError):
    """The world could not be looked at (a socket, an interface, a permission)."""


class DeliveryError(HawatchError):
    """A notification could not be handed over; `temporary` says whether trying again makes sense."""

    def __init__(self, problem: str, *, temporary: bool) -> None:
        super().__init__(problem)
        self.temporary = temporary


class AgentUnreachableError(HawatchError):
    """The running agent did not answer on its socket."""

    exit_code = 3
