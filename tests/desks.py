"""One node's on-call side behind a real server on a Unix socket, for tests of the commands that talk to it.

The desk, its outbox and its deeds are real; the judge's words, the picture, the clock and the helper are in the test's
hands. Nothing happens between two requests unless `live` keeps outbox and deeds going.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from hawatch.ability import Ability, Danger
from hawatch.actions.runner import HelperActions, Outcome, OutcomeState
from hawatch.agent import noticed
from hawatch.agent.delivery import Deliveries
from hawatch.agent.front_desk import FrontDesk
from hawatch.agent.oncall import OnCall
from hawatch.agent.performing import Performer
from hawatch.cli import main
from hawatch.config import Config
from hawatch.desk.around import Around
from hawatch.desk.records import NodeAbilities
from hawatch.evidence import Evidence
from hawatch.exporter.bundles import BundleOf
from hawatch.incident import Incident, Word
from hawatch.judge import Judge
from hawatch.snapshot import Snapshot
from hawatch.verdict import Finding, VerdictKind
from tests import snapshots
from tests.drawn import desk_sees
from tests.hands import Hands
from tests.serving import Served, served
from tests.test_incident import BLOCKED, THREE

T = TypeVar("T")

STOP = Ability(name="stop-keepalived", danger=Danger.DEMOTE, undo="start-keepalived", offer=("split_brain",))
RESTART = Ability(
    name="restart-nginx", danger=Danger.RESTART, offer=("split_brain",), labels=(("en", "restart nginx"),)
)
FENCE = Ability(
    name="power-off", danger=Danger.FENCE, offer=("split_brain",), labels=(("en", "power lb02 off"),)
)


class Helper(HelperActions):
    """hawatch-helper, which says what the test wants it to."""

    def __init__(self, *abilities: Ability) -> None:
        self.allowed = abilities
        self.ran: list[tuple[str, str | None]] = []
        self.outcome = Outcome(state=OutcomeState.DONE, exit_code=0)

    async def abilities(self) -> tuple[Ability, ...]:
        return self.allowed

    async def run(self, ability: str, vip: str | None, id: str, until: float | None = None) -> Outcome:  # noqa: A002
        del id, until
        self.ran.append((ability, vip))
        return self.outcome


class Office:
    """The desk of lb01; lb02 is heard while the picture says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, config: Config | None = None) -> None:
        self.clock = Hands(THREE)
        self.picture = snapshots.steady()
        self.words: tuple[Word, ...] = ()
        self.helper = Helper()
        self.told: list[Evidence] = []
        monkeypatch.setattr(noticed, "words_of", lambda _: self.words)
        desk_sees(monkeypatch, lambda _: self.picture)
        self.oncall = OnCall(
            node="lb01",
            judge=Judge(),
            path=None,
            put=self.told.append,
            clock=self.clock,
            config=config or Config(),
        )
        self.wait(self.oncall.begin())

    def say(self, verdict: VerdictKind, picture: Snapshot, *findings: Finding) -> None:
        """A verdict of VI_1, and the picture that goes with it."""
        self.words = (
            Word(
                instance="VI_1",
                verdict=verdict,
                summary=f"it is {verdict.value}",
                findings=findings,
                router="51/ipv4",
            ),
        )
        self.picture = picture
        self.turn()

    def split(self) -> Incident:
        """Both nodes hold the VIP; everybody who is to be told at once is told."""
        self.say(VerdictKind.SPLIT_BRAIN, snapshots.split_brain(), BLOCKED)
        self.after(1)
        (incident,) = self.oncall.open
        return incident

    def ends(self) -> None:
        """lb01 is the only owner again, for long enough."""
        self.say(VerdictKind.STEADY, snapshots.steady())
        self.after(30)

    def after(self, seconds: float) -> None:
        """Some time later."""
        self.clock.now += seconds
        self.turn()

    def turn(self) -> None:
        self.wait(self.oncall.turn())

    def allow(self, node: str, *abilities: Ability) -> None:
        """What root allows on a node, as its agent has told."""
        self.change(
            lambda around: self.oncall.ledger.put(NodeAbilities(id=node, abilities=abilities, at=around.now))
        )
        if node == "lb01":
            self.helper.allowed = abilities

    def change(self, do: Callable[[Around], T]) -> T:
        return self.wait(self.oncall.change(do))

    def cut(self) -> None:
        """lb02's agent is heard no longer."""
        peers = tuple(replace(each, agent="silent") for each in self.picture.peers)
        self.picture = replace(self.picture, peers=peers)

    def wait(self, doing: Awaitable[T]) -> T:
        """Do it, in a loop of its own."""

        async def whole() -> T:
            return await doing

        return asyncio.run(whole())


class Shell:
    """Somebody who types commands on lb01."""

    def __init__(self, where: Served, capsys: pytest.CaptureFixture[str]) -> None:
        self.where = where
        self._capsys = capsys

    def type(self, *words: str) -> str:
        """What a command prints that works."""
        assert main([*words, "--socket", str(self.where.socket_path)]) == 0, self._capsys.readouterr().err
        told = self._capsys.readouterr()
        assert told.err == ""
        return told.out

    def ends(self, code: int, *words: str) -> str:
        """What a command prints that ends with this exit code and has something to print."""
        assert main([*words, "--socket", str(self.where.socket_path)]) == code
        told = self._capsys.readouterr()
        assert told.err == ""
        return told.out

    def complains(self, *words: str, code: int = 2) -> str:
        """The one line of a command that does not work, without its line end."""
        assert main([*words, "--socket", str(self.where.socket_path)]) == code
        told = self._capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        return told.err.rstrip("\n")


@contextmanager
def shell_of(
    office: Office,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    bundle_of: BundleOf | None = None,
) -> Iterator[Shell]:
    """The office behind a server that does nothing of its own."""
    with _served(office, path, bundle_of=bundle_of) as where:
        yield Shell(where, capsys)


@contextmanager
def live(
    office: Office,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    *beside: Callable[[], Awaitable[None]],
) -> Iterator[Shell]:
    """The office while its outbox is emptied and its deeds are done, and whatever runs `beside`."""
    channels = {each.name: each for each in office.oncall.surroundings.roster.channels}
    deliveries = Deliveries(
        office.oncall, channels=channels, node="lb01", clock=office.clock, put=office.told.append
    )
    performer = Performer(office.oncall, actions=office.helper, node="lb01", clock=office.clock)
    with _served(office, path, deliveries.run, performer.run, *beside) as where:
        yield Shell(where, capsys)


@contextmanager
def _served(
    office: Office,
    path: Path,
    *beside: Callable[[], Awaitable[None]],
    bundle_of: BundleOf | None = None,
) -> Iterator[Served]:
    with served(
        office.picture,
        path,
        incidents=office.oncall.all,
        desk=FrontDesk(office.oncall),
        bundle_of=bundle_of,
        beside=beside,
    ) as where:
        yield where
