"""A gateway that is down or slow: a finding says so, and goes when something gets through again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.agent.delivery import Deliveries
from hawatch.causes import find_node_causes
from hawatch.config import Config
from hawatch.config.oncall import Channel, ChannelKind, Contact, Medium, Way
from hawatch.desk.ways_out import troubles
from hawatch.evidence import Evidence, ObserverState
from hawatch.notification.message import Message, MessageState
from hawatch.verdict import Cause
from tests.desks import Office
from tests.story import Story
from tests.test_incident import THREE

S = MessageState
NOBODY_SAYS = "the gateway has told nothing of the messages that it was given"


def message(state: MessageState, *, age: float, since: float, problem: str | None = None) -> Message:
    """One that was written `age` seconds ago and is so since `since` seconds."""
    return Message(
        id=f"{state}-{age}",
        node="lb01",
        person="anna",
        channel="modem",
        to="+8613800000001",
        medium=Medium.SMS,
        occasion="first",
        text="",
        created_at=THREE - age,
        state=state,
        changed_at=THREE - since,
        problem=problem,
    )


BUSY = message(S.RETRYING, age=60, since=5, problem="no room")
REFUSED = message(S.FAILED, age=61, since=60, problem="no such number")
SILENT = message(S.SENT, age=125, since=120)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], {}),
        ([BUSY], {"modem": "no room"}),
        ([replace(BUSY, created_at=THREE - 59)], {}),
        ([REFUSED], {"modem": "no such number"}),
        ([replace(REFUSED, changed_at=THREE - 59)], {}),
        ([replace(REFUSED, created_at=THREE - 90000, changed_at=THREE - 86400)], {}),
        ([SILENT], {"modem": NOBODY_SAYS}),
        ([replace(SILENT, changed_at=THREE - 119)], {}),
        ([message(S.STORED, age=900, since=900)], {}),
        ([replace(BUSY, channel="gone")], {}),
        ([REFUSED, message(S.LEFT, age=50, since=40)], {}),
        ([BUSY, message(S.DELIVERED, age=50, since=6)], {"modem": "no room"}),
        ([SILENT, REFUSED], {"modem": "no such number"}),
    ],
)
def test_a_channel_is_in_trouble_while_nothing_gets_through_after_what_did_not(
    told: list[Message], expected: dict[str, str]
) -> None:
    assert troubles(told, {"modem"}, THREE) == expected


def test_a_channel_in_trouble_is_a_finding_on_this_node_and_no_blindness() -> None:
    story = Story("lb01")
    story.tell(
        ObserverState(at=story.now, observer="channel modem", up=False, problem="the spool is not there")
    )
    story.wait(1)
    (finding,) = [
        each
        for each in story.judge.standing["VI_1"].findings
        if each.cause in {Cause.NOTIFICATION_PATH_DOWN, Cause.BLIND}
    ]
    assert (finding.cause.value, finding.node, finding.severity.value) == (
        "notification_path_down",
        "lb01",
        "warning",
    )
    assert finding.summary == "messages by modem from lb01 do not get through: the spool is not there"
    (alone,) = find_node_causes(story.judge.situation.node, story.now)
    assert (alone.cause, alone.summary) == (finding.cause, finding.summary)
    story.tell(ObserverState(at=story.now, observer="channel modem", up=True))
    assert find_node_causes(story.judge.situation.node, story.now) == ()


def test_what_becomes_of_a_gateway_is_counted_and_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The gateway of anna's messages is away for two minutes; nothing is lost, and nobody else waits."""
    switch = tmp_path / "up"
    script = tmp_path / "gateway"
    script.write_text(f"#!/bin/sh\ntest -e {switch} || {{ echo 'no gateway' >&2; exit 75; }}\n")
    script.chmod(0o755)
    config = Config(
        channels=(Channel(name="gateway", kind=ChannelKind.SCRIPT, command=(str(script),)),),
        contacts=(Contact(name="anna", ways=(Way(channel="gateway", to="anna@example.net"),)),),
    )
    office = Office(monkeypatch, config)
    channels = {each.name: each for each in office.oncall.surroundings.roster.channels}

    async def story() -> None:
        moved = asyncio.Event()

        def put(evidence: Evidence) -> None:
            office.told.append(evidence)
            moved.set()

        async def until(holds: Callable[[], bool]) -> None:
            async with asyncio.timeout(60):
                while not holds():
                    moved.clear()
                    await moved.wait()

        def tried(attempts: int) -> Callable[[], bool]:
            return lambda: first().attempts >= attempts

        office.oncall.tell_changes_to(moved.set)
        deliveries = Deliveries(office.oncall, channels=channels, node="lb01", clock=office.clock, put=put)
        running = asyncio.ensure_future(deliveries.run())
        for seconds, attempts in ((0.0, 1), (30.0, 2), (40.0, 3)):
            office.clock.now += seconds
            await until(tried(attempts))
        await until(lambda: channel_words(office) == [(False, first().problem)])
        switch.touch()
        office.clock.now += 60
        await until(lambda: first().state is S.DELIVERED)
        await until(lambda: channel_words(office)[1:] == [(True, None)])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def first() -> Message:
        return next(iter(office.oncall.ledger.all(Message)))

    office.split()
    asyncio.run(story())
    assert office.oncall.results.counts == {
        ("gateway", "retrying"): 3,
        ("gateway", "late"): 1,
        ("gateway", "delivered"): 1,
    }
    view = office.oncall.view()
    assert ("gateway", "retrying", 3) in view.notifications
    assert ("gateway", "failed", 0) in view.notifications
    assert view.waiting == 0
    ((channel, took),) = view.notification_seconds
    assert (channel, took.count) == ("gateway", 1), "attempts that failed are no handover"
    assert took.seconds == pytest.approx(130.0, abs=1.0), "from when it was due, retries and pauses included"


def channel_words(office: Office) -> list[tuple[bool, str | None]]:
    return [
        (each.up, each.problem)
        for each in office.told
        if isinstance(each, ObserverState) and each.observer == "channel gateway"
    ]
