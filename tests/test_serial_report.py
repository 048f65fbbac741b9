"""A report told item by item over a slow line is read as the report that it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire.family import Family
from hawatch.wire.report import (
    DaemonState,
    NodeReport,
    ReportedFinding,
    ReportedRouter,
    ReportedSettings,
    ReportedVip,
)
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.report_datagram import encode as encode_by_udp
from hawatch.wire.serial_datagram import Digests, Item, SlowReport, decode, encode
from hawatch.wire.serial_reading import Reading, Word
from hawatch.wire.serial_telling import REPEATS, Telling

KEY = b"a key that both nodes have"
BOOT = "0011223344556677"
SETTINGS = ReportedSettings(
    version=2, auth_type="none", auth_fingerprint=None, destination="224.0.0.18", source="192.0.2.1"
)
FINDING = ReportedFinding(
    cause="tracked_fault", severity="warning", summary="eth1 is down", evidence=(("device", "eth1"),)
)


@dataclass
class Node:
    """A node whose state is what a story makes of it; moments are seconds on its clock."""

    routers: dict[int, float | None] = field(default_factory=dict)
    """Since when it holds the VIP of a VRID."""
    heard: dict[int, float] = field(default_factory=dict)
    findings: tuple[ReportedFinding, ...] = ()
    address: str = "192.0.2.252"
    daemon: DaemonState = DaemonState.RUNNING

    def report(self, now: float) -> NodeReport:
        return NodeReport(
            node="lb02",
            routers=tuple(
                ReportedRouter(
                    vrid=vrid,
                    family=Family.IPV4,
                    configured_priority=100,
                    advertised_priority=100,
                    vips=(
                        ReportedVip(
                            address=f"192.0.2.{vrid}",
                            held=since is not None,
                            for_seconds=now - since if since is not None else 0.0,
                        ),
                    ),
                    advertising=since is not None,
                    ready=True,
                    heard_priority=90,
                    heard_age=now - self.heard.get(vrid, 0.0),
                    settings=SETTINGS,
                    findings=self.findings,
                )
                for vrid, since in sorted(self.routers.items())
            ),
            addresses=(self.address,),
            macs=("02:00:00:00:00:0c",),
            daemon=self.daemon,
            version="0.1.0",
        )


@dataclass
class Line:
    """The line from that node: what is sent comes at once, unless it is lost."""

    node: Node
    telling: Telling = field(default_factory=Telling)
    reading: Reading = field(default_factory=Reading)
    sequence: int = 0

    def send(
        self, now: float, *, news: int = 400, rest: int = 200, lost: bool = False
    ) -> tuple[NodeReport, Word | None]:
        """One datagram with the news, or else with the rest; what was true, and what was read of it."""
        report = self.node.report(now)
        self.telling.refresh(report, now)
        items = self.telling.news(news) if self.telling.has_news else self.telling.rest(rest)
        self.sequence += 1
        told = SlowReport(
            envelope=Envelope(boot_id=BOOT, sequence=self.sequence, stamp=int(now * 1e6)),
            node="lb02",
            digests=self.telling.digests(),
            items=items,
        )
        datagram = encode(told, KEY)
        return report, None if lost else self.reading.take(decode(datagram, KEY))

    def catch_up(self, now: float) -> Word:
        """Send until everything is known."""
        for _ in range(500):
            _, word = self.send(now, rest=1000)
            if word is not None and word.exact:
                return word
        raise AssertionError("it never came to an end")


def must_be_the_same(read: NodeReport, true: NodeReport) -> None:
    """Equal, but for milliseconds, and for how long ago a stream that goes on was heard last."""
    assert len(read.routers) == len(true.routers)
    for ours, theirs in zip(read.routers, true.routers, strict=True):
        for vip, other in zip(ours.vips, theirs.vips, strict=True):
            assert other.for_seconds - 0.002 - 0.005 <= vip.for_seconds <= other.for_seconds + 0.005
        limit = 2 * theirs.advert_interval + 0.2
        assert ours.heard_age is not None
        assert theirs.heard_age is not None
        if theirs.heard_age > limit:
            assert ours.heard_age == pytest.approx(theirs.heard_age, abs=0.01)
        else:
            assert ours.heard_age <= limit
    assert plain(read) == plain(true)


def plain(report: NodeReport) -> NodeReport:
    routers = tuple(
        replace(router, heard_age=None, vips=tuple(replace(vip, for_seconds=0.0) for vip in router.vips))
        for router in report.routers
    )
    return replace(report, routers=routers)


steps = st.lists(
    st.tuples(
        st.floats(0.01, 3.0),
        st.sampled_from(
            ("hold", "drop", "hear", "find", "forget", "move", "freeze", "nothing", "new", "gone")
        ),
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=40,
)


@given(steps)
def test_whatever_happens_and_gets_lost_a_report_that_is_exact_is_the_true_one(
    story: list[tuple[float, str, int, bool]],
) -> None:
    node = Node(routers={1: None, 2: 5.0, 3: 6.0}, heard={1: 9.0})
    line, now = Line(node), 10.0
    for seconds, event, vrid, lost in story:
        now += seconds
        happen(node, event, vrid, now)
        true, word = line.send(now, lost=lost)
        if word is not None and word.exact:
            must_be_the_same(word.report, true)
    must_be_the_same(line.catch_up(now).report, node.report(now))


def happen(node: Node, event: str, vrid: int, now: float) -> None:
    match event:
        case "hold" if vrid in node.routers:
            node.routers[vrid] = now
        case "drop" if vrid in node.routers:
            node.routers[vrid] = None
        case "hear":
            node.heard[vrid] = now
        case "find":
            node.findings = (FINDING,)
        case "forget":
            node.findings = ()
        case "move":
            node.address = f"192.0.2.{200 + vrid}"
        case "freeze":
            node.daemon = DaemonState.FROZEN if vrid > 2 else DaemonState.RUNNING
        case "new":
            node.routers.setdefault(vrid + 10, None)
        case "gone":
            node.routers.pop(vrid + 10, None)


def test_in_peace_a_beat_is_short_and_says_that_everything_stands() -> None:
    line = Line(Node(routers=dict.fromkeys(range(1, 256), 1.0)))
    line.catch_up(10.0)
    line.sequence += 1
    line.telling.refresh(true := line.node.report(11.0), 11.0)
    envelope = Envelope(
        boot_id=BOOT, sequence=line.sequence, stamp=11_000_000, echoed_stamp=10_900_000, held=90_000
    )
    beat = encode(SlowReport(envelope=envelope, node="lb02", digests=line.telling.digests()), KEY)
    assert len(beat) < 80
    word = line.reading.take(decode(beat, KEY))
    assert word is not None
    assert word.exact
    must_be_the_same(word.report, true)
    assert word.report.routers[254].vips[0].for_seconds == pytest.approx(10.0, abs=0.003)
    assert sum(map(len, encode_by_udp(envelope, true, KEY))) > 150 * len(beat)


def test_a_change_is_in_the_next_datagram_whatever_else_there_is_to_tell() -> None:
    line = Line(Node(routers=dict.fromkeys(range(1, 256), None)))
    for _ in range(20):
        line.send(10.0, rest=1000)
    line.node.routers[200] = 10.5
    _, word = line.send(10.6)
    assert word is not None
    (told,) = (router for router in word.report.routers if router.vrid == 200)
    assert told.vips[0].held is True
    assert told.vips[0].for_seconds == pytest.approx(0.1, abs=0.002)


def test_of_what_changes_while_it_waits_only_the_latest_is_told() -> None:
    line = Line(Node(routers={1: None}))
    line.catch_up(10.0)
    for tenth in range(1, 20):
        line.node.routers[1] = 10 + tenth / 10
        line.telling.refresh(line.node.report(12.0), 12.0)
    line.node.routers[1] = None
    line.telling.refresh(line.node.report(12.0), 12.0)
    items = line.telling.news(10_000)
    assert len(items) == 1
    assert not line.telling.has_news


def test_a_hold_that_was_lost_and_won_again_is_another_hold() -> None:
    line = Line(Node(routers={1: 5.0}))
    line.catch_up(10.0)
    line.node.routers[1] = 10.9
    _, word = line.send(11.0)
    assert word is not None
    assert word.report.routers[0].vips[0].for_seconds == pytest.approx(0.1, abs=0.002)


def test_while_a_change_was_lost_the_report_is_not_whole() -> None:
    line = Line(Node(routers={1: None, 2: 3.0}))
    line.catch_up(10.0)
    for _ in range(20):
        line.send(10.0)
    line.node.routers[1] = 11.0
    line.send(11.0, lost=True)
    line.telling.refresh(line.node.report(12.0), 12.0)
    told = SlowReport(
        envelope=Envelope(boot_id=BOOT, sequence=100, stamp=12_000_000),
        node="lb02",
        digests=line.telling.digests(),
    )
    word = line.reading.take(told)
    assert word is not None
    assert (word.exact, word.report.slices, word.report.routers) == (False, 2, ())
    line.sequence = 100
    assert line.catch_up(12.0).report.routers[0].vips[0].held is True


def test_a_new_finding_makes_no_report_exact_before_it_is_told_and_holds_no_verdict_back() -> None:
    line = Line(Node(routers={1: None}))
    line.catch_up(10.0)
    line.node.findings = (FINDING,)
    line.telling.refresh(line.node.report(11.0), 11.0)
    envelope = Envelope(boot_id=BOOT, sequence=1000, stamp=11_000_000)
    word = line.reading.take(SlowReport(envelope=envelope, node="lb02", digests=line.telling.digests()))
    assert word is not None
    assert (word.exact, word.report.slices, len(word.report.routers)) == (False, 1, 1)
    line.sequence = 1000
    assert line.catch_up(11.0).report.routers[0].findings == (FINDING,)


def test_rotation_leaves_nobody_out() -> None:
    line = Line(Node(routers=dict.fromkeys(range(1, 100), None)))
    line.telling.refresh(line.node.report(10.0), 10.0)
    told: set[tuple[int, bytes]] = set()
    datagrams = 0
    while line.telling.is_behind:
        told |= {item.key for item in line.telling.rest(200)}
        datagrams += 1
    assert len(told) == 2 + 2 * 99
    size = sum(item.size for item in line.telling.rest(10**9))
    assert datagrams <= REPEATS * size / 100
    again = [item.key for _ in range(datagrams) for item in line.telling.rest(200)]
    assert set(again) == told


def test_a_datagram_that_was_overtaken_takes_nothing_back() -> None:
    line = Line(Node(routers={1: None}))
    line.catch_up(10.0)
    line.telling.refresh(line.node.report(10.5), 10.5)
    old = SlowReport(
        envelope=Envelope(boot_id=BOOT, sequence=50, stamp=10_500_000),
        node="lb02",
        digests=line.telling.digests(),
        items=line.telling.rest(1000),
    )
    line.sequence = 50
    line.node.routers[1] = 11.0
    true, word = line.send(11.0)
    assert line.reading.take(old) is None
    assert word is not None
    must_be_the_same(word.report, true)
    _, later = line.send(12.0)
    assert later is not None
    assert later.report.routers[0].vips[0].held is True


@given(st.binary(max_size=200), st.integers(0, 255), st.binary(max_size=3))
def test_an_item_of_any_bytes_is_read_or_refused(body: bytes, kind: int, about: bytes) -> None:
    told = SlowReport(
        envelope=Envelope(boot_id=BOOT, sequence=1),
        node="lb02",
        digests=Digests(0, 0),
        items=(Item(kind=kind, about=about, edition=1, body=body),),
    )
    refused_or(lambda: Reading().take(decode(encode(told, KEY), KEY)))


def refused_or(do: Callable[[], object]) -> None:
    try:
        do()
    except DecodeError:
        return


@given(st.binary(max_size=300))
def test_any_bytes_for_a_datagram_are_refused(datagram: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(b"hS" + datagram, KEY)


def test_a_datagram_is_read_as_it_was_written_and_with_another_key_not_at_all() -> None:
    told = SlowReport(
        envelope=Envelope(
            boot_id=BOOT,
            sequence=77,
            stamp=123,
            echoed_stamp=456,
            held=789,
            asks=True,
            answers=True,
            takes_letters=True,
        ),
        node="lb02",
        digests=Digests(1, 2),
        items=(Item(kind=1, edition=1000, body=b"abc"), Item(kind=3, about=b"\0\7", edition=3, body=b"")),
        leaving=True,
        expected_return=20.0,
        wall_time=1_700_000_000.25,
    )
    datagram = encode(told, KEY)
    assert decode(datagram, KEY) == told
    with pytest.raises(DecodeError, match="wrong key"):
        decode(datagram, b"another key")


def test_with_a_third_of_all_datagrams_lost_the_two_agree_again_soon() -> None:
    rng = random.Random(3)
    line = Line(Node(routers=dict.fromkeys(range(1, 21), None)))
    line.catch_up(10.0)
    line.node.routers[7] = 11.0
    for count in range(60):
        _, word = line.send(11.0 + count / 10, lost=rng.random() < 1 / 3)
        if word is not None and word.exact:
            assert count < 12
            return
    raise AssertionError("they never agreed")
