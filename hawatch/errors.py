"""The errors hawatch raises on purpose; each message is one line that names the thing at fault."""

from __future__ import annotations

from enum import StrEnum


class HawatchError(Exception):
    """Anything that a user is told in one line.

    `exit_code` is what the command line ends with.
    """

    exit_code = 2


def innermost(error: BaseException) -> BaseException:
    """The reason at the bottom of an error of requests or urllib3: the outer ones repeat the whole request."""
    cause: BaseException = error
    while True:
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        inner = inner if isinstance(inner, BaseException) else cause.__context__
        if not isinstance(inner, BaseException):
            return cause
        cause = inner


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


class HelperFault(StrEnum):
    """How far a question to hawatch-helper came.

    `absent`: it never got there. `refused`, `busy`: the helper says that it does not do it, or not now. `lost`: it
    was asked, and no answer came that makes sense, so that it may have done it.
    """

    ABSENT = "absent"
    REFUSED = "refused"
    BUSY = "busy"
    LOST = "lost"


class HelperError(ObserverError):
    """A question to hawatch-helper that has no answer."""

    def __init__(self, problem: str, fault: HelperFault) -> None:
        super().__init__(problem)
        self.fault = fault


class DeliveryError(HawatchError):
    """A notification could not be handed over; `temporary` says whether trying again makes sense.

    `retry_after`: the seconds for which the gateway does not want to be asked again, if it says so.
    """

    def __init__(self, problem: str, *, temporary: bool, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.temporary = temporary
        self.retry_after = retry_after


class AgentUnreachableError(HawatchError):
    """The running agent did not answer on its socket."""

    exit_code = 3
