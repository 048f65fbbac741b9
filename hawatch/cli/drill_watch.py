"""What a drill looks at: the agent's word on it, again and again, and whether it is still safe to go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hawatch import clock
from hawatch.cli.agent_socket import look_up, tell_agent
from hawatch.cli.drill_ends import Ends
from hawatch.cli.drill_news import News
from hawatch.desk.drilling import TROUBLE
from hawatch.errors import AgentUnreachableError, HawatchError

LOOK_EVERY = 0.1
SPEECHLESS_FOR = 5.0
"""Seconds for which the agent may not answer before the drill is broken off."""
SETTLES = 1.0
"""Seconds after which the history shows what was seen, and the clients have noticed."""
_TROUBLE = frozenset(each.value for each in TROUBLE)
Look = dict[str, Any]


class BrokenOffError(HawatchError):
    """Why a drill ends before its time."""


class Watch:
    """Looks at one drill; `seen` are the verdicts since it was cleared, `last` the latest look."""

    def __init__(self, socket: Path, news: News, ends: Ends) -> None:
        self.socket = socket
        self.news = news
        self.ends = ends
        self.name = ""
        self.last: Look = {}
        self.seen: set[tuple[str, str]] = set()
        self._answered_at = clock.monotonic()

    @property
    def path(self) -> str:
        """Where the agent answers about it."""
        return f"/api/v1/drills/{quote(self.name, safe='')}"

    @property
    def routers(self) -> list[dict[str, Any]]:
        """The virtual routers as they were seen last."""
        return list(self.last.get("routers", ()))

    def tell(self, verb: str) -> None:
        """Tell the agent what comes next."""
        tell_agent(self.socket, f"{self.path}/{verb}", {})

    def until(self, reached: Callable[[Look], bool], patience: float, *, bold: bool = False) -> bool:
        """Look until it is so, or the patience is over; BrokenOffError for real trouble, unless `bold`."""
        give_up_at = clock.monotonic() + patience
        while clock.monotonic() < give_up_at:
            look = self._look()
            if look is not None:
                if not bold:
                    _must_be_sound(look)
                if reached(look):
                    return True
            self.ends.wait(LOOK_EVERY)
        return False

    def settle(self) -> None:
        """Let the clients and the history catch up."""
        end = clock.monotonic() + SETTLES
        self.until(lambda _: clock.monotonic() >= end, SETTLES + LOOK_EVERY)

    def _look(self) -> Look | None:
        """What the agent says now; None while it says nothing. BrokenOffError when that lasts."""
        try:
            look = look_up(self.socket, self.path)
        except AgentUnreachableError as error:
            if clock.monotonic() - self._answered_at > SPEECHLESS_FOR:
                raise BrokenOffError(f"the agent does not answer: {error}") from None
            return None
        self._answered_at = clock.monotonic()
        self.last = look
        self.seen |= {(each["instance"], each["verdict"]) for each in look["routers"]}
        self.news.tell(look)
        return look


def deed_of(look: Look, leg: int, action: str) -> dict[str, Any] | None:
    """A deed of a leg, as the agent knows it."""
    return next((each for each in look["deeds"] if each["leg"] == leg and each["action"] == action), None)


def why(deed: dict[str, Any]) -> str:
    """What came of a deed, in a few words."""
    return ": ".join(str(each) for each in (deed["state"], deed["refusal"], deed["text"]) if each)


def _must_be_sound(look: Look) -> None:
    if not look["runs"]:
        raise BrokenOffError("it was ended elsewhere, or its time is over")
    for each in look["routers"]:
        if each["verdict"] in _TROUBLE:
            raise BrokenOffError(f"{each['instance']} is {each['verdict']}: {each['summary']}")
