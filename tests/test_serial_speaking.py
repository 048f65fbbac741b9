"""What goes over a serial cable when, in computed times; letters that wait; and what is wrong with a line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from hawatch.observers.peer_link.admission import Admission
from hawatch.observers.peer_link.path import Path
from hawatch.observers.peer_link.run import Run
from hawatch.observers.peer_link.serial_mail import MOST_BYTES, MOST_BYTES_BESIDE, RESTS, SerialMail
from hawatch.observers.peer_link.serial_outgoing import SerialOutgoing
from hawatch.observers.peer_link.serial_speaker import SerialSpeaker
from hawatch.observers.peer_link.serial_watch import LineWatch
from hawatch.observers.peer_link.stamps import Stamps
from hawatch.observers.peer_link.voice import Voice
from hawatch.observers.peer_link.when_read import at_once
from hawatch.wire.family import Family
from hawatch.wire.letter import Acknowledgement, LetterPart
from hawatch.wire.report import NodeReport, ReportedRouter, ReportedVip
from hawatch.wire.sealed import MINOR
from hawatch.wire.serial_datagram import ItemKind, SlowReport, decode, encode
from hawatch.wire.serial_frame import REST, URGENT, Assembly, FrameReader, cut, frame
from hawatch.wire.serial_items import read_router
from hawatch.wire.serial_pacing import Pacing
from hawatch.wire.serial_reading import Reading, Word

KEY = b"a key that both nodes have"


class NoClock:
    """Time is handed in."""

    def monotonic(self) -> float:
        raise AssertionError("nobody asks for the time")

    def wall(self) -> float:
        raise AssertionError("nobody asks for the time")


@dataclass
class Talk:
    """One end's speaker and its line, driven through computed time; `holds` is since when each VRID holds its VIP."""

    baud: int
    routers: int
    holds: dict[int, float] = field(default_factory=dict)
    now: float = 100.0
    told: list[tuple[float, SlowReport]] = field(default_factory=list)
    sent: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = Path(peer="lb02", link="serial", remote="/dev/ttyS0")
        voice = Voice(
            run=Run("boot"),
            key=KEY,
            node="lb01",
            clock=NoClock(),
            put=lambda _: None,
            stamps=Stamps(),
            admission=Admission(),
            once_read=at_once,
            report=self.report,
            takes_letters=True,
            letter=lambda _datagram, _refuse: None,
            heard=lambda _node, _envelope: None,
            refused=lambda _link, _src, _reason: None,
            beside=lambda _path, _now: False,
        )
        self.outgoing = SerialOutgoing(self.baud)
        self.speaker = SerialSpeaker(self.path, voice, bytes_per_second=self.outgoing.pacing.bytes_per_second)
        self.reader, self.assembly = FrameReader(), Assembly()
        self.beat_at = self.now

    def report(self, now: float) -> NodeReport:
        return NodeReport(
            node="lb01",
            routers=tuple(self.router(vrid, now) for vrid in range(1, self.routers + 1)),
            wall_time=1_700_000_000.0,
        )

    def router(self, vrid: int, now: float) -> ReportedRouter:
        since = self.holds.get(vrid)
        vip = ReportedVip(
            address=f"192.0.2.{vrid}",
            held=since is not None,
            for_seconds=0.0 if since is None else now - since,
        )
        return ReportedRouter(
            vrid=vrid,
            family=Family.IPV4,
            configured_priority=100,
            advertised_priority=100,
            vips=(vip,),
            advertising=since is not None,
            heard_priority=90,
            heard_age=0.5,
            ready=True,
        )

    def until(self, end: float) -> None:
        """Send all that may go until then, a beat each second."""
        while self.now < end:
            self.path.heard_at = self.now
            if self.now >= self.beat_at:
                self.speaker.beat_due = self.speaker.rest_due = True
                self.beat_at += 1.0
            if self.outgoing.is_free(URGENT) and self.speaker.has_urgent(self.now):
                self.outgoing.put(URGENT, self.speaker.urgent(self.now))
            if (
                self.outgoing.is_free(URGENT)
                and self.outgoing.is_free(REST)
                and self.speaker.has_rest(self.now)
                and self.outgoing.pacing.rest_at(self.outgoing.pacing.piece_room, self.now) <= self.now
            ):
                self.outgoing.put(REST, self.speaker.rest(self.now))
            due = self.outgoing.due_at(self.now)
            if due <= self.now:
                self.send()
            else:
                self.now = min(due, self.now + 0.01, end)

    def send(self) -> None:
        frame = self.outgoing.take(self.now)
        self.sent.append((self.now, len(frame)))
        arrived = self.now + len(frame) * 10 / self.baud
        for piece in self.reader.feed(frame):
            datagram = self.assembly.add(piece)
            if datagram is not None and datagram.startswith(b"hS"):
                self.told.append((arrived, decode(datagram, KEY)))

    def all_told(self, vrids: set[int], after: float) -> float:
        """How long after this moment the last of them had been told."""
        missing = {bytes((0, vrid)) for vrid in vrids}
        for at, report in self.told:
            if at > after:
                missing -= {item.about for item in report.items if item.kind == ItemKind.ROUTER}
                if not missing:
                    return at - after
        raise AssertionError(f"never told: {missing}")

    def peace(self) -> float:
        """Run until everything was told three times; the time then."""
        self.until(self.now + 2)
        for _ in range(600):
            if not self.speaker.has_rest(self.now):
                break
            self.until(self.now + 1)
        self.until(self.now + 3)
        self.told.clear()
        return self.now

    def move(self, vrids: set[int]) -> float:
        """They are held from now on; when all of them were told."""
        at = self.now
        self.holds |= dict.fromkeys(vrids, at)
        self.speaker.look = True
        self.until(at + 40)
        return self.all_told(vrids, at)


def test_at_9600_baud_one_change_is_with_the_other_node_within_two_tenths_of_a_second() -> None:
    talk = Talk(baud=9600, routers=20)
    talk.peace()
    assert talk.move({7}) < 0.2


def test_at_9600_baud_twenty_changes_are_told_within_a_second() -> None:
    talk = Talk(baud=9600, routers=20)
    talk.peace()
    assert talk.move(set(range(1, 21))) < 1.0


@pytest.mark.parametrize(("baud", "limit"), [(9600, 21.0), (115200, 1.5)])
def test_255_changes_at_once_take_as_long_as_half_the_line_needs(baud: int, limit: float) -> None:
    talk = Talk(baud=baud, routers=255)
    talk.until(103.0)
    assert talk.move(set(range(1, 256))) < limit


def test_a_change_goes_before_the_rotation_of_255_routers_that_nobody_knows_yet() -> None:
    talk = Talk(baud=9600, routers=255)
    talk.until(103.0)
    assert talk.speaker.has_rest(talk.now)
    assert talk.move({200}) < 0.3


@pytest.mark.parametrize("routers", [1, 20, 255])
def test_no_more_than_half_of_the_line_is_used_and_in_peace_much_less(routers: int) -> None:
    talk = Talk(baud=9600, routers=routers)
    talk.until(130.0)
    assert sum(size for _, size in talk.sent) <= 30 * 480 + 2 * talk.outgoing.pacing.saved_at_most
    if routers < 255:
        began = talk.peace()
        talk.sent.clear()
        talk.until(began + 30)
        assert sum(size for _, size in talk.sent) < 30 * 400


def test_what_flaps_faster_than_the_line_is_told_as_it_is_at_last_and_never_piles_up() -> None:
    talk = Talk(baud=9600, routers=2)
    began = talk.peace()
    talk.sent.clear()
    for step in range(300):
        talk.holds = {1: talk.now} if step % 2 else {}
        talk.speaker.look = True
        talk.until(talk.now + 0.01)
    talk.holds = {1: talk.now}
    talk.speaker.look = True
    last = talk.now
    talk.until(last + 3)
    at, item = next(
        (at, item)
        for at, report in talk.told
        if at > last
        for item in report.items
        if item.kind == ItemKind.ROUTER and item.about == bytes((0, 1))
    )
    del item
    assert at - last < 1.0
    assert (
        sum(size for _, size in talk.sent)
        <= (talk.now - began) * 480 + 2 * talk.outgoing.pacing.saved_at_most
    )


# --- many VIPs of one virtual router --------------------------------------------------------------


@dataclass
class ManyVips(Talk):
    """One virtual router with fifty VIPs, which come `apart` seconds after each other."""

    apart: float = 0.0003
    advertising: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.speaker.listener_is(MINOR)

    def report(self, now: float) -> NodeReport:
        since = self.holds.get(1)
        moments = [None if since is None else since + number * self.apart for number in range(50)]
        vips = tuple(
            ReportedVip(
                address=f"10.0.0.{100 + number}",
                held=moment is not None and moment <= now,
                for_seconds=0.0 if moment is None else max(0.0, now - moment),
            )
            for number, moment in enumerate(moments)
        )
        router = replace(self.router(1, now), vips=vips, advertising=self.advertising)
        return NodeReport(
            node="lb01",
            routers=(router,),
            addresses=("10.0.0.11", "10.0.1.11", "fd00::11", "fd00:0:0:1::11", "fe80::11", "fe80::10b"),
            macs=("02:00:00:00:00:0b", "02:00:00:00:01:0b"),
            version="0.1.0",
            wall_time=1_700_000_000.0,
        )

    def turmoil(self, until: float, *, change: float = 0.2, answer: float = 0.1) -> None:
        """The VIPs come and go so often, and the peer asks so often, as computed time goes on."""
        begun = self.now
        while self.now < until:
            step = round((self.now - begun) / answer)
            self.speaker.answers = True
            if step % round(change / answer) == 0:
                self.holds = {} if self.holds else {1: self.now}
                self.speaker.look = True
            self.until(begun + (step + 1) * answer)

    def words(self) -> list[tuple[float, Word]]:
        """What the other end makes of all that was told, and when."""
        reading, words = Reading(), []
        for at, report in self.told:
            word = reading.take(report)
            if word is not None:
                words.append((at, word))
        return words


def test_an_agent_that_has_just_started_is_understood_while_its_fifty_vips_come_and_go() -> None:
    talk = ManyVips(baud=9600, routers=1, holds={1: 99.0})
    talk.turmoil(106.0)
    first = next(at for at, word in talk.words() if len(word.report.routers) == 1)
    assert first - 100.0 < 2.0


def test_what_is_no_verdict_is_told_though_urgent_news_never_leave_room_for_it() -> None:
    talk = ManyVips(baud=9600, routers=1, holds={1: 99.0})
    talk.turmoil(106.0)
    first = next((at for at, word in talk.words() if len(word.report.addresses) == 6), 999.0)
    assert first - 100.0 < 3.5


def test_fifty_vips_that_come_at_once_are_told_in_the_time_that_their_bytes_take() -> None:
    talk = ManyVips(baud=9600, routers=1)
    talk.peace()
    at = talk.now
    talk.holds = {1: at - 0.02}
    talk.speaker.look = True
    talk.until(at + 2)
    told_at, router = told_routers(talk, at)[0]
    assert [vip.held for vip in router.vips] == [True] * 50
    assert told_at - at < 300 / 960


def test_fifty_vips_that_change_one_after_the_other_starve_no_report_of_them() -> None:
    talk = ManyVips(baud=9600, routers=1, apart=0.02)
    talk.peace()
    at = talk.now
    talk.sent.clear()
    talk.holds = {1: at}
    for number in range(1, 51):
        talk.speaker.look = True
        talk.until(at + number * 0.02)
    last = at + 49 * 0.02
    talk.until(last + 3)
    told = told_routers(talk, at)
    assert sum(told_at < last for told_at, _ in told) >= 2, (
        "meanwhile, too, there is word of those that came first"
    )
    whole_at = next(told_at for told_at, router in told if all(vip.held for vip in router.vips))
    most = max(size_on_the_line(report) for _, report in talk.told)
    assert whole_at - last < most / 480 + 0.1
    assert most < 350


def size_on_the_line(report: SlowReport) -> int:
    pieces = cut(encode(report, KEY), lane=URGENT, message=0, room=Pacing(9600).piece_room)
    return sum(len(frame(piece)) for piece in pieces)


def told_routers(talk: ManyVips, after: float) -> list[tuple[float, ReportedRouter]]:
    return [
        (at, read_router(item.body))
        for at, report in talk.told
        if at > after
        for item in report.items
        if item.kind == ItemKind.ROUTER
    ]


# --- letters --------------------------------------------------------------------------------------


def part(about: str, number: int = 0, version: str = "1", size: int = 100) -> LetterPart:
    return LetterPart(id=about, version=version, number=number, parts=number + 1, data=bytes(size))


def taken(mail: SerialMail, now: float) -> list[tuple[str, int, str]]:
    found = []
    while mail:
        _, parts, _ = mail.take(now)
        found += [(each.id, each.number, each.version) for each in parts]
    return found


def test_a_letter_that_waits_is_sent_once_in_its_latest_version() -> None:
    mail = SerialMail()
    for _ in range(10):
        mail.put("run", [part("a", 0), part("a", 1), part("b")], [], 1.0, most=MOST_BYTES)
    mail.put("run", [part("a", 0, "2")], [], 1.1, most=MOST_BYTES)
    assert taken(mail, 1.2) == [("b", 0, "1"), ("a", 0, "2")]


def test_what_was_sent_rests_and_every_part_gets_its_turn() -> None:
    mail = SerialMail()
    parts = [part("a", number, size=400) for number in range(100)]
    sent = []
    for tenth in range(2000):
        mail.put("run", parts, [], tenth / 10, most=MOST_BYTES)
        sent += [each.number for each in mail.take(tenth / 10)[1]]
    assert set(sent) == set(range(100))
    assert sent[0] not in sent[1 : int(RESTS * 10)]


def test_the_mail_stays_within_its_bounds_and_a_single_letter_always_fits() -> None:
    mail = SerialMail()
    mail.put("run", [part("big", size=MOST_BYTES_BESIDE + 1)], [], 1.0, most=MOST_BYTES_BESIDE)
    mail.put("run", [part("small")], [], 1.0, most=MOST_BYTES_BESIDE)
    assert taken(mail, 1.0) == [("big", 0, "1")]


def test_acknowledgements_go_first_and_what_was_for_another_run_is_forgotten() -> None:
    mail = SerialMail()
    news = Acknowledgement(id="x", version="1", sequence=7)
    mail.put("run", [part("a")], [news], 1.0, most=MOST_BYTES)
    assert mail.take(1.0) == ("run", (), (news,))
    mail.put("another run", [part("b")], [], 1.0, most=MOST_BYTES)
    assert taken(mail, 1.0) == [("b", 0, "1")]
    assert not mail


# --- what is wrong with a line --------------------------------------------------------------------


def watch(**fields: object) -> LineWatch:
    return replace(
        LineWatch(device="/dev/ttyS0", baud=9600, peer="lb02", begun_at=100.0),
        **fields,  # type: ignore[arg-type]
    )


def test_a_line_that_works_both_ways_has_no_problem() -> None:
    line = watch(heard_at=200.0, echo_sent_at=199.5)
    assert (line.replied(200.9), line.problem(200.9)) == (True, None)


def test_a_line_that_has_just_begun_is_not_judged() -> None:
    line = watch()
    assert (line.replied(101.0), line.problem(101.0)) == (None, None)
    assert line.replied(103.0) is False


def test_a_line_that_is_silent_dead_one_way_or_refused_is_told_in_one_line() -> None:
    assert "nothing comes over /dev/ttyS0 from lb02" in (watch().problem(110.0) or "")
    silent = watch(heard_at=200.0, echo_sent_at=199.5)
    assert silent.problem(203.0) is None
    assert "nothing comes" in (silent.problem(206.0) or "")
    one_way = watch(heard_at=300.0, echo_sent_at=200.0)
    assert "lb02 hears nothing over /dev/ttyS0" in (one_way.problem(300.5) or "")
    assert one_way.replied(300.5) is False
    refused = watch()
    refused.refused("wrong key", 109.0)
    assert refused.problem(110.0) == "what comes over /dev/ttyS0 is refused: wrong key"


def a_second_of(line: LineWatch, *, frames: int, damaged: int) -> str | None:
    """What is told of a line after one more second, in which so many frames came."""
    line.came(frames=frames, damaged=damaged)
    line.tick()
    return line.problem(200.0)


def test_noise_is_told_from_a_share_of_damage_on_and_until_frames_come_whole_again() -> None:
    line = watch(heard_at=200.0, echo_sent_at=200.0)
    assert [a_second_of(line, frames=2, damaged=0) for _ in range(30)] == [None] * 30
    told = [a_second_of(line, frames=1, damaged=1) for _ in range(30)]
    assert told[0] is None
    assert "damaged" in (told[-1] or "")
    healed = [a_second_of(line, frames=2, damaged=0) for _ in range(5)]
    assert all("damaged" in (each or "") for each in healed[:4])
    assert healed[4] is None


def test_noise_that_comes_back_soon_is_over_only_when_it_has_been_for_long() -> None:
    line = watch(heard_at=200.0, echo_sent_at=200.0)
    for _ in range(2):
        noisy = [a_second_of(line, frames=1, damaged=1) for _ in range(10)]
        assert "damaged" in (noisy[-1] or "")
        for _ in range(7):
            a_second_of(line, frames=2, damaged=0)
    assert "damaged" in (a_second_of(line, frames=2, damaged=0) or "")
    assert [a_second_of(line, frames=2, damaged=0) for _ in range(40)][-1] is None
    for _ in range(10):
        a_second_of(line, frames=1, damaged=1)
    assert [a_second_of(line, frames=2, damaged=0) for _ in range(5)][-1] is None


def test_what_cannot_be_read_at_all_is_told_from_silence() -> None:
    line = watch()
    line.came(frames=0, damaged=3)
    line.tick()
    assert "another baud rate than 9600" in (line.problem(110.0) or "")
