"""keepalived's words in the situation, in findings, in the status and in an incident's timeline; never as a proof."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch import evidence as ev
from hawatch.agent.oncall import OnCall
from hawatch.desk.kinds import as_told, decode, encode
from hawatch.desk.ledger import Ledger
from hawatch.desk.linking import digest
from hawatch.desk.word_note import WordNote
from hawatch.desk.wording import BEFORE, MOST
from hawatch.evidence import Evidence, KeepalivedSaid, Mouth
from hawatch.exporter.incidents import incident_json
from hawatch.exporter.status import status
from hawatch.incident import Entry, EntryKind, Incident, Word
from hawatch.incident.opening import step
from hawatch.judge import Judge
from hawatch.keepalived.log.lines import read_message
from hawatch.keepalived.log.sayings import (
    AdvertisementWeighed,
    DaemonChanged,
    DaemonEvent,
    LinesUnread,
    PacketRefused,
    PriorityZeroSent,
    ReflectorSaid,
    Refusal,
    SaidState,
    Saying,
    ScriptResult,
    StateChanged,
    TimerLate,
)
from hawatch.picture import draw
from hawatch.plain import codec
from hawatch.situation.words import AGAIN_WITHIN, Words
from hawatch.situation.words import MOST as MOST_KEPT
from hawatch.store import NAME
from hawatch.verdict import VerdictKind
from hawatch.wire.report import ReportedSettings
from tests.story import Story, master, standby

EPOCH = 1_795_780_000.0
MASTER = "(VI_1) Entering MASTER STATE"
INVALID = "(VI_1) received an invalid passwd!"


def said(
    text: str, at: float, *, late: float = 0.0, mouth: Mouth = Mouth.LOG, within: float = 1e-6, count: int = 1
) -> KeepalivedSaid:
    """A line that is read at this moment, and was written `late` seconds before."""
    saying = read_message(text)
    assert saying is not None, text
    return KeepalivedSaid(
        at=at, said_at=at - late, within=within, mouth=mouth, saying=saying, text=text, count=count
    )


# --- never a proof ------------------------------------------------------------------------------------

SAYINGS: st.SearchStrategy[Saying] = st.one_of(
    st.builds(StateChanged, instance=st.sampled_from(["VI_1", "VI_2"]), state=st.sampled_from(SaidState)),
    st.builds(PriorityZeroSent, instance=st.just("VI_1")),
    st.builds(PacketRefused, reason=st.sampled_from(Refusal), instance=st.sampled_from(["VI_1", ""])),
    st.builds(AdvertisementWeighed, instance=st.just("VI_1"), better=st.booleans(), src=st.just("10.0.0.2")),
    st.builds(
        ReflectorSaid,
        subject=st.sampled_from(["eth0", "10.0.0.100"]),
        event=st.sampled_from(["up", "removed"]),
    ),
    st.builds(ScriptResult, script=st.just("chk"), ok=st.booleans()),
    st.builds(TimerLate, seconds=st.floats(0, 1e6)),
    st.builds(DaemonChanged, event=st.sampled_from(DaemonEvent)),
    st.builds(LinesUnread, count=st.integers(1, 10**9)),
)
LINES = st.tuples(SAYINGS, st.floats(0, 3000), st.sampled_from(Mouth))


def follows(me: str, night: Callable[[Story], None], lines: Iterable[tuple[Saying, float, Mouth]]) -> Story:
    """A night on one node, in which these lines are read at every step."""
    story = master() if me == "lb01" else standby()
    words = list(lines)

    def tell(evidence: Evidence) -> None:
        for saying, ago, mouth in words:
            at = evidence.at
            forged = KeepalivedSaid(
                at=at, said_at=at - ago, within=1.0, mouth=mouth, saying=saying, text="forged"
            )
            outcome = story.judge.step(forged)
            assert outcome.changes == ()
            assert outcome.findings == ()
            assert outcome.wants == ()
        honest(evidence)

    honest = story.tell
    story.tell = tell  # type: ignore[method-assign]
    night(story)
    return story


def in_peace(story: Story) -> None:
    for _ in range(10):
        story.advert("lb01")
        story.report("lb02" if story.me == "lb01" else "lb01", story.me == "lb02")
        story.gateway(replied=True)
        story.wait(1.0)


def in_trouble(story: Story) -> None:
    for _ in range(10):
        story.report("lb02" if story.me == "lb01" else "lb01", True)
        story.gateway(replied=True)
        story.holds(True)
        story.advert(story.me)
        story.wait(1.0)


@given(
    st.lists(LINES, max_size=8), st.sampled_from(["lb01", "lb02"]), st.sampled_from([in_peace, in_trouble])
)
def test_whatever_a_log_says_no_verdict_and_no_finding_comes_or_goes_by_it(
    lines: list[tuple[Saying, float, Mouth]], me: str, night: Callable[[Story], None]
) -> None:
    with_words, without = follows(me, night, lines), follows(me, night, [])
    assert with_words.changes == without.changes or [
        (each.at, each.verdict.kind, each.verdict.rule) for each in with_words.changes
    ] == [(each.at, each.verdict.kind, each.verdict.rule) for each in without.changes]
    assert with_words.verdict is without.verdict
    assert with_words.blamed == without.blamed
    assert with_words.asked == without.asked


@pytest.mark.parametrize("me", ["lb01", "lb02"])
def test_a_forged_log_with_master_on_both_nodes_changes_nothing_and_opens_no_incident(me: str) -> None:
    story = master() if me == "lb01" else standby()
    for _ in range(20):
        story.tell(said(MASTER, story.now))
        story.tell(said("bogus VRRP packet received on eth0 !!!", story.now))
        in_peace(story)
    assert story.verdict is VerdictKind.STEADY
    assert story.changes == []
    desk = Desk(story)
    asyncio.run(desk.turn())
    assert desk.oncall.open == ()
    assert list(desk.oncall.ledger.all(WordNote)) == []


def test_a_log_that_cannot_be_read_is_information_and_no_trouble() -> None:
    story = master()
    for observer in ("keepalived_log", "notify_fifo"):
        story.tell(ev.ObserverState(at=story.now, observer=observer, up=False, problem="permission denied"))
    story.wait(1.0)
    story.advert("lb01")
    assert story.severity_of("blind") == "info"
    assert story.verdict is VerdictKind.STEADY


# --- what is kept ---------------------------------------------------------------------------------------


def test_the_same_change_of_state_from_log_and_fifo_is_kept_once() -> None:
    words = Words()
    words.hear(said(MASTER, 100.0, mouth=Mouth.FIFO, within=0.1))
    words.hear(said(MASTER, 100.4, late=0.9, within=1.0))
    assert [(each.mouth, each.at) for each in words] == [(Mouth.FIFO, 100.0)]
    words.hear(said(MASTER, 110.0))
    assert len(list(words)) == 2


def test_a_refusal_that_comes_every_second_is_one_with_a_count_and_a_late_line_stands_where_it_belongs() -> (
    None
):
    words = Words()
    for second in range(50):
        words.hear(said(INVALID, 100.0 + second))
    words.hear(said("(VI_1) sent 0 priority", 151.0, late=60.0))
    words.hear(said(INVALID, 149.0 + 2 * AGAIN_WITHIN))
    assert [(each.text, each.at, each.count) for each in words] == [
        ("(VI_1) sent 0 priority", 91.0, 1),
        (INVALID, 100.0, 50),
        (INVALID, 149.0 + 2 * AGAIN_WITHIN, 1),
    ]


def test_what_keepalived_says_twice_in_other_words_is_one_and_a_storm_pushes_nothing_out() -> None:
    words = Words()
    words.hear(said("Stopped - used 0.000999 user time, 0.000659 system time", 100.0))
    words.hear(said("Stopped Keepalived v2.2.7 (01/16,2022)", 100.1))
    for second in range(100):
        storm = LinesUnread(count=1000 + second)
        words.hear(
            replace(said("Stopping", 101.0 + second), saying=storm, text=f"{1000 + second} lines more")
        )
    assert [(type(each.saying), each.count) for each in words] == [(DaemonChanged, 2), (LinesUnread, 100)]


def test_of_a_virtual_router_that_nobody_configured_nothing_is_kept_and_of_the_others_not_much() -> None:
    story = master()
    for number in range(1000):
        story.tell(said(f"(VI_{number + 2}) Entering MASTER STATE", story.now))
        story.tell(said(MASTER, story.now + number * 10))
    (router,) = story.judge.situation.routers.values()
    assert len(list(router.words)) == MOST_KEPT
    assert list(story.judge.situation.node.words) == []


def test_a_journal_with_words_in_it_replays_the_same() -> None:
    live, replayed = Judge(), Judge()
    story = master()
    inputs: list[Evidence] = []
    honest = story.tell

    def tell(evidence: Evidence) -> None:
        inputs.append(evidence)
        honest(evidence)

    story.tell = tell  # type: ignore[method-assign]
    story.tell(said(MASTER, story.now))
    in_trouble(story)
    story.tell(said(INVALID, story.now, count=3))
    form = codec(Evidence)
    for each in inputs:
        again = form.decode(json.loads(json.dumps(form.encode(each))))
        assert again == each
        assert repr(live.step(each)) == repr(replayed.step(again))


# --- what is shown --------------------------------------------------------------------------------------


def test_a_finding_quotes_what_keepalived_said_lately_that_goes_with_it() -> None:
    story = master()
    story.configured(auth_type="pass", auth_fingerprint="aa")
    other = ReportedSettings(version=2, auth_type="none", auth_fingerprint=None, destination="224.0.0.18")
    story.report("lb02", False, settings=other)
    story.tell(said("(VI_1) wrong version. Received 3 and expect 2", story.now))
    assert "keepalived_said" not in dict(story.finding("auth_mismatch").evidence)
    story.tell(said(INVALID, story.now, count=4))
    story.report("lb02", False, settings=other)
    assert dict(story.finding("auth_mismatch").evidence)["keepalived_said"] == f"lb01: {INVALID} (4 times)"


def test_the_status_has_the_last_words_with_their_times_and_nothing_while_there_are_none() -> None:
    story = master()
    plain: Any = status(draw(story.judge, story.now))
    assert "keepalived_said" not in plain
    assert "keepalived_said" not in plain["virtual_routers"][0]
    assert "keepalived_said" not in plain["virtual_routers"][0]["evidence"]
    story.tell(said(MASTER, story.now, late=2.5, within=1.0))
    story.tell(said("Netlink reports eth0 down", story.now))
    plain = status(draw(story.judge, story.now))
    (router,) = plain["virtual_routers"]
    assert router["evidence"]["keepalived_said"] == MASTER
    (word,) = router["keepalived_said"]
    assert (word["text"], word["by"], word["count"], word["within_seconds"]) == (MASTER, "log", 1, 1.0)
    assert [each["text"] for each in plain["keepalived_said"]] == ["Netlink reports eth0 down"]
    json.dumps(plain)


class Desk:
    """The on-call side of a story's node, on the story's clock."""

    def __init__(self, story: Story, path: Path | None = None) -> None:
        self.story = story
        self.oncall = OnCall(node=story.me, judge=story.judge, path=path, put=lambda _: None, clock=self)
        self.oncall.ledger.begin(EPOCH)  # its books are not new: it waits for nobody

    def monotonic(self) -> float:
        return self.story.now

    def wall(self) -> float:
        return self.story.now + EPOCH

    async def turn(self) -> None:
        await self.oncall.turn()

    def quoted(self) -> list[tuple[float, str, str]]:
        """When, by whom and what, of the only incident."""
        (incident,) = self.oncall.all()
        return [
            (round(each.at - EPOCH, 3), each.who, each.text)
            for each in sorted(incident.timeline, key=lambda each: each.at)
            if each.kind is EntryKind.KEEPALIVED_SAID
        ]


def split() -> Story:
    story = master()
    in_trouble(story)
    assert story.verdict is VerdictKind.SPLIT_BRAIN
    return story


def test_an_incident_has_keepalives_words_with_their_own_times_and_each_once(tmp_path: Path) -> None:
    story = split()
    desk = Desk(story, tmp_path / NAME)

    async def night() -> None:
        await desk.oncall.begin()
        opened = story.now
        story.tell(said("(VI_1) Receive advertisement timeout", story.now, late=BEFORE - 1))
        story.tell(said("(VI_1) sent 0 priority", story.now, late=BEFORE + 50))
        await desk.turn()
        for _ in range(5):
            story.tell(said(INVALID, story.now))
            story.tell(said("Netlink reports eth0 down", story.now, late=3.0))
            await desk.turn()
        story.wait(20.0)
        story.tell(said(MASTER, story.now, late=19.5))
        await desk.turn()
        await desk.turn()
        assert desk.quoted() == [
            (round(opened - BEFORE + 1, 3), "lb01", "(VI_1) Receive advertisement timeout"),
            (round(opened - 3, 3), "lb01", "Netlink reports eth0 down"),
            (round(opened, 3), "lb01", INVALID),
            (round(opened + 0.5, 3), "lb01", MASTER),
        ]
        # Another run of the agent knows them, and tells them no second time.
        again = Desk(story, tmp_path / NAME)
        await again.oncall.begin()
        await again.turn()
        assert again.quoted() == desk.quoted()
        await desk.oncall.close()
        await again.oncall.close()

    asyncio.run(night())


def test_a_night_of_flapping_fills_no_more_than_its_share_of_a_timeline() -> None:
    desk = Desk(split())

    async def night() -> None:
        for number in range(3 * MOST):
            desk.story.tell(said(MASTER, desk.story.now))
            desk.story.wait(0.5 + number / 1000)
            await desk.turn()

    asyncio.run(night())
    assert len(desk.quoted()) == MOST


def test_the_other_node_has_the_same_words_in_its_timeline_and_an_older_agent_can_read_the_incident() -> None:
    story = split()
    desk = Desk(story)
    desk.oncall.ledger.know("lb02")

    async def night() -> None:
        await desk.turn()
        story.tell(said(INVALID, story.now))
        await desk.turn()
        await desk.turn()

    asyncio.run(night())
    (ours,) = desk.oncall.open
    assert INVALID in encode("incident", ours)
    assert INVALID not in encode("incident", as_told(ours))
    assert '"keepalived"' not in encode("incident", as_told(ours))
    (note,) = desk.oncall.ledger.all(WordNote)
    there = Ledger("lb02")
    assert there.merge(decode("word_note", encode("word_note", note)))
    theirs = replace(ours, id="261127-lb02-1", node="lb02", timeline=(), twins=(ours.id,))
    (digested,) = digest([theirs], there)
    assert [(each.who, each.text) for each in digested.timeline] == [("lb01", INVALID)]
    assert digest([digested], there) == (digested,)


def test_what_is_said_after_the_end_of_an_incident_is_no_part_of_it() -> None:
    desk = Desk(split())

    async def night() -> None:
        await desk.turn()
        words = [
            Word(
                instance="VI_1",
                verdict=VerdictKind.STEADY,
                summary="well",
                down_interval=0.0,
                router="51/ipv4",
            )
        ]
        over = step(desk.oncall.open, words, desk.wall(), node="lb01")
        assert all(each.resolved for each in over)
        desk.oncall._incidents.open = over
        ended = desk.story.now
        desk.story.wait(5.0)
        desk.story.tell(said(MASTER, desk.story.now))
        desk.story.tell(said("(VI_1) sent 0 priority", desk.story.now, late=desk.story.now - ended + 1))
        await desk.turn()

    asyncio.run(night())
    told: list[Incident] = [each for each in desk.oncall.all() if each.resolved]
    texts = [
        entry.text for each in told for entry in each.timeline if entry.kind is EntryKind.KEEPALIVED_SAID
    ]
    assert texts == ["(VI_1) sent 0 priority"]


def test_a_timeline_with_words_is_shown_as_it_is_to_everybody() -> None:
    entry = Entry(at=EPOCH, kind=EntryKind.KEEPALIVED_SAID, who="lb01", text=INVALID, ref="said/x")
    (incident,) = step(
        [], [Word(instance="VI_1", verdict=VerdictKind.SPLIT_BRAIN, summary="")], EPOCH, node="lb01"
    )
    shown: Any = incident_json(replace(incident, timeline=(entry,)))
    assert shown["timeline"][0]["kind"] == "keepalived"
    assert shown["timeline"][0]["text"] == INVALID
