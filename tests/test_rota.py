"""On-call rotas: what calendars say, and what happens while they cannot be read."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, tzinfo
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import Contact
from hawatch.errors import ObserverError
from hawatch.evidence import Evidence, ObserverState
from hawatch.notification.duty import DAY, Shifts, on_duty
from hawatch.rota import Rota, local_zone
from hawatch.rota.calendar import shifts_in
from hawatch.rota.endless import EndlessError, bounded
from hawatch.rota.source import FETCH_EVERY, LARGEST, FileSource, WebSource

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def at(text: str, zone: tzinfo = UTC) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def calendar(*events: str, before: str = "") -> bytes:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{n}@x\nDTSTAMP:20270101T000000Z\n{e}\nEND:VEVENT\n" for n, e in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//\n{before}{body}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def seen(text: bytes, *names: str, zone: tzinfo = BERLIN, now: str = "2027-03-22") -> list[tuple[str, ...]]:
    """Everybody's shifts of two weeks, shown in one zone."""
    found = shifts_in(text, dict.fromkeys(names or ("alice",), zone), at(now) - DAY, at(now) + 14 * DAY)
    return [
        (
            shift.person,
            *(f"{datetime.fromtimestamp(each, zone):%m-%d %H:%M}" for each in (shift.start, shift.end)),
        )
        for shifts in found.values()
        for shift in shifts
    ]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


# --- calendars -----------------------------------------------------------------------------------


def test_a_weekly_night_keeps_its_hour_when_the_clocks_are_set() -> None:
    text = calendar(
        "SUMMARY:On call: Alice\nDTSTART;TZID=Europe/Berlin:20260105T200000\nDTEND;TZID=Europe/Berlin:20260106T080000\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO,SU\nEXDATE;TZID=Europe/Berlin:20270322T200000"
    )

    assert seen(text) == [
        ("alice", "03-21 20:00", "03-22 08:00"),
        ("alice", "03-28 20:00", "03-29 08:00"),
        ("alice", "03-29 20:00", "03-30 08:00"),
        ("alice", "04-04 20:00", "04-05 08:00"),
    ]


def test_a_zone_that_the_calendar_brings_itself_is_used() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Our Office\nBEGIN:STANDARD\nDTSTART:20000101T000000\nTZOFFSETFROM:+0800\n"
        "TZOFFSETTO:+0800\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    text = calendar(
        "SUMMARY:alice\nDTSTART;TZID=Our Office:20270323T080000\nDTEND;TZID=Our Office:20270323T180000",
        before=zone,
    )

    assert seen(text, zone=SHANGHAI) == [("alice", "03-23 08:00", "03-23 18:00")]


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ("DTSTART;VALUE=DATE:20270323\nDTEND;VALUE=DATE:20270325", "03-23 00:00", "03-25 00:00"),
        ("DTSTART;VALUE=DATE:20270323", "03-23 00:00", "03-24 00:00"),
        ("DTSTART:20270323T080000\nDURATION:PT10H", "03-23 08:00", "03-23 18:00"),
        ("DTSTART:20270323T080000Z\nDTEND:20270323T100000Z", "03-23 16:00", "03-23 18:00"),
    ],
)
def test_days_and_times_without_a_zone_are_those_of_the_person(times: str, start: str, end: str) -> None:
    assert seen(calendar(f"SUMMARY:alice\n{times}"), zone=SHANGHAI) == [("alice", start, end)]


def test_one_shift_that_was_moved_is_where_it_was_moved_to() -> None:
    text = calendar(
        "SUMMARY:alice\nDTSTART:20270322T080000Z\nDTEND:20270322T090000Z\nRRULE:FREQ=DAILY;COUNT=2",
        "SUMMARY:bob\nDTSTART:20270323T100000Z\nDTEND:20270323T110000Z\nRECURRENCE-ID:20270323T080000Z",
    ).replace(b"UID:1@x", b"UID:0@x")

    assert seen(text, "alice", "bob", zone=UTC) == [
        ("alice", "03-22 08:00", "03-22 09:00"),
        ("bob", "03-23 10:00", "03-23 11:00"),
    ]


def test_a_shift_that_is_cancelled_or_takes_no_time_is_none() -> None:
    text = calendar(
        "SUMMARY:alice\nDTSTART:20270322T080000Z\nDTEND:20270322T090000Z\nSTATUS:CANCELLED",
        "SUMMARY:alice\nDTSTART:20270323T080000Z",
        "SUMMARY:alice\nDTSTART:20270324T080000Z\nDTEND:20270324T090000Z",
    )

    assert seen(text, zone=UTC) == [("alice", "03-24 08:00", "03-24 09:00")]


@pytest.mark.parametrize("zone", [UTC, SHANGHAI, ZoneInfo("America/New_York")])
@pytest.mark.parametrize("kind", ["", "T000000", "T000000Z"])
def test_a_shift_of_many_years_is_one_and_of_impossible_length_is_refused(zone: tzinfo, kind: str) -> None:
    value = "" if kind else ";VALUE=DATE"

    def shifts(first: str, last: str) -> int:
        text = calendar(f"SUMMARY:alice\nDTSTART{value}:{first}{kind}\nDTEND{value}:{last}{kind}")
        return len(shifts_in(text, {"alice": zone}, at("2027-03-22"), at("2027-03-23"))["alice"])

    assert shifts("19700101", "20991231") == 1
    for first, last in (("20270101", "99991231"), ("00010101", "20270401"), ("00010101", "99991231")):
        with pytest.raises(ObserverError, match=r"^is not a calendar that can be read"):
            shifts(first, last)


@pytest.mark.parametrize(
    ("summary", "name", "named"),
    [
        ("alice", "alice", True),
        ("On call: ALICE, bob", "alice", True),
        ("bob/alice", "Alice", True),
        ("malice", "alice", False),
        ("alices", "alice", False),
        ("alice2", "alice", False),
        ("alice_w", "alice", False),
        ("Alice Wang", "Alice Wang", True),
        ("值班：王伟", "王伟", True),
        ("王伟值班", "王伟", True),
        ("alice值班", "alice", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
    ],
)
def test_a_summary_names_a_person_as_a_whole_word(summary: str, name: str, named: bool) -> None:
    event = f"SUMMARY:{summary}\nDTSTART:20270322T080000Z\nDTEND:20270322T090000Z".replace(",", "\\,")
    other = "SUMMARY:somebody\nDTSTART:20270322T080000Z\nDTEND:20270322T090000Z"

    assert (name in {person for person, *_ in seen(calendar(event, other), name, "somebody")}) is named


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "is not a calendar"),
        (b"<html><body>Log in</body></html>", "is not a calendar"),
        (b"\xff\xfe\x00", "is not a calendar"),
        (b"BEGIN:VEVENT\r\nSUMMARY:alice\r\nEND:VEVENT\r\n", "is not a calendar"),
        (calendar("SUMMARY:alice\nDTSTART:20270332T080000Z"), "is not a calendar that can be read ("),
        (
            calendar("SUMMARY:alice\nDTSTART:20270322T080000Z\nRRULE:FREQ=NEVER"),
            "is not a calendar that can be read",
        ),
        (
            calendar("SUMMARY:alice\nDTSTART:20270322T080000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"),
            "has an event that repeats every minute or second",
        ),
        (
            calendar(
                "SUMMARY:alice\nDTSTART:20270322T080000Z\nDURATION:PT1S\nRRULE:FREQ=HOURLY;BYMINUTE="
                + ",".join(map(str, range(15)))
            ),
            "has more than 5000 events in these weeks",
        ),
        (calendar(), "no event of these weeks names alice"),
        (
            calendar("SUMMARY:bob\nDTSTART:20270322T080000Z\nDURATION:PT1H"),
            "no event of these weeks names alice",
        ),
        (
            calendar("SUMMARY:alice\nDTSTART:20270522T080000Z\nDURATION:PT1H"),
            "no event of these weeks names alice",
        ),
    ],
)
def test_what_is_no_rota_is_refused_in_one_line(text: bytes, problem: str) -> None:
    with pytest.raises(ObserverError) as raised:
        seen(text)
    assert str(raised.value).startswith(problem)
    assert len(str(raised.value).splitlines()) == 1


def test_a_rule_that_never_fits_is_given_up_after_so_many_calls_and_not_in_the_year_9999() -> None:
    text = calendar("SUMMARY:alice\nDTSTART:20270322T080000Z\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")
    start = at("2027-03-20")
    with pytest.raises(ObserverError, match="repeat in a way that takes too long to be worked out"):
        shifts_in(text, {"alice": UTC}, start, start + 14 * DAY, most_calls=30_000)
    assert sys.getprofile() is None


def test_what_a_library_catches_ends_no_bound() -> None:
    def catches_everything() -> None:
        while True:
            with suppress(Exception):
                len(str(object()))

    with pytest.raises(EndlessError), bounded(1000):
        catches_everything()


_LINES = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "SUMMARY:alice",
        "DTSTART:20270322T080000Z",
        "DTSTART:20270322",
        "DTEND:20270321T080000Z",
        "DTEND;VALUE=DATE:20270323",
        "DTEND:x",
        "DURATION:-PT1H",
        "RRULE:FREQ=DAILY",
        "RRULE:x",
        "RRULE:FREQ=DAILY;UNTIL=2027",
        "EXDATE:20270322T080000Z",
        "RDATE:x",
        "UID:1",
        "TZID:x",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "DTSTART;TZID=x:20270322T080000",
        "STATUS:CANCELLED",
        "x",
        ":",
        ";",
    ]
)


@given(st.binary(max_size=60) | st.lists(_LINES, max_size=12).map(lambda lines: "\r\n".join(lines).encode()))
@pytest.mark.filterwarnings("ignore::Warning")
def test_any_bytes_are_shifts_or_one_line_of_complaint(text: bytes) -> None:
    try:
        seen(text)
    except ObserverError as error:
        said = str(error)
    else:
        said = ""
    assert len(said.splitlines()) <= 1


# --- where they come from -------------------------------------------------------------------------


class Hands:
    """A clock whose hands are moved by the test."""

    def __init__(self, wall: float = at("2027-03-22")) -> None:
        self.elapsed = 0.0
        self.begun = wall

    def monotonic(self) -> float:
        return self.elapsed

    def wall(self) -> float:
        return self.begun + self.elapsed


def test_a_file_is_read_again_only_when_it_is_another(tmp_path: Path) -> None:
    path = tmp_path / "rota.ics"
    source = FileSource(path)
    with pytest.raises(ObserverError, match=r"^No such file or directory$"):
        source.changed()
    path.write_bytes(b"1")
    assert source.changed() == b"1"
    assert source.changed() is None
    os.utime(path, ns=(1, 1))
    assert source.changed() == b"1"
    path.unlink()
    with pytest.raises(ObserverError):
        source.changed()
    path.write_bytes(b"1")
    os.utime(path, ns=(1, 1))
    assert source.changed() == b"1"


def test_a_file_that_never_ends_is_not_read_into_memory() -> None:
    with pytest.raises(ObserverError, match=r"^is larger than 4 MiB$"):
        FileSource(Path("/dev/zero")).changed()


class Page:
    """What a web server says next."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Iterator[bytes] = iter(())
        self.asked = 0
        self.url = ""


@contextmanager
def serving(page: Page) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page.asked += 1
            body = page.body  # before the test, once it has an answer, says what comes next
            self.send_response(page.status)
            self.end_headers()
            for part in body:
                try:
                    self.wfile.write(part)
                except OSError:
                    return

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    page.url = f"http://127.0.0.1:{server.server_port}/private-s3cr3t/basic.ics"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_page_is_fetched_every_quarter_of_an_hour() -> None:
    page, clock = Page(), Hands()
    with serving(page):
        source = WebSource(page.url, clock, 5.0)
        page.body = iter([b"a", b"b"])
        assert source.changed() == b"ab"
        clock.elapsed = FETCH_EVERY - 1
        assert source.changed() is None
        clock.elapsed = FETCH_EVERY
        page.body = iter([b"c"])
        assert source.changed() == b"c"
    assert page.asked == 2


def test_a_server_that_failed_is_asked_again_at_the_next_look() -> None:
    page, clock = Page(), Hands()
    with serving(page):
        source = WebSource(page.url, clock, 5.0)
        page.status = 503
        with pytest.raises(ObserverError, match=r"^503 Service Unavailable$"):
            source.changed()
        page.status, page.body = 200, iter([b"a"])
        assert source.changed() == b"a"


def test_a_page_that_is_too_large_is_dropped() -> None:
    page, clock = Page(), Hands()
    with serving(page):
        page.body = iter([b"x" * (LARGEST // 4)] * 5)
        with pytest.raises(ObserverError, match=r"^is larger than 4 MiB$"):
            WebSource(page.url, clock, 5.0).changed()


def test_a_page_that_takes_too_long_is_given_up() -> None:
    page, clock = Page(), Hands()

    def trickle() -> Iterator[bytes]:
        while True:
            clock.elapsed += 1
            yield b"x" * 256

    with serving(page):
        page.body = trickle()
        with pytest.raises(ObserverError, match=r"^takes too long to come$"):
            WebSource(page.url, clock, 5.0).changed()


def test_a_server_that_is_not_there_is_said_without_the_secret_of_the_address() -> None:
    page, clock = Page(), Hands()
    with serving(page):
        pass
    source = WebSource(page.url, clock, 5.0)
    with pytest.raises(ObserverError, match=r"^no connection$"):
        source.changed()
    assert "s3cr3t" not in source.label
    assert source.label.startswith("http://127.0.0.1:")


def test_a_server_that_says_nothing_is_given_up() -> None:
    page = Page()

    def silence() -> Iterator[bytes]:
        yield b""
        held.wait(60)

    held = Event()
    with serving(page):
        page.body = silence()
        try:
            with pytest.raises(ObserverError, match=r"^no answer in 0\.2 s$"):
                WebSource(page.url, Hands(), 0.2).changed()
        finally:
            held.set()


# --- watching -------------------------------------------------------------------------------------

NIGHT = "DTSTART:20270322T200000Z\nDTEND:20270323T080000Z"
ALICE = calendar(f"SUMMARY:alice\n{NIGHT}")
BOB = calendar(f"SUMMARY:bob\n{NIGHT}")


class Watching:
    """A rota that runs, and what it has told."""

    def __init__(self) -> None:
        self.states: list[ObserverState] = []
        self.shifts: Shifts = {}
        self.clock = Hands()
        self._news = asyncio.Event()

    def put(self, evidence: Evidence) -> None:
        assert isinstance(evidence, ObserverState)
        self.states.append(evidence)
        self._news.set()

    def tell(self, shifts: Shifts) -> None:
        self.shifts = shifts
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def on_duty(self, contact: Contact, now: str) -> bool:
        return on_duty(contact, at(now), self.shifts, UTC)


@asynccontextmanager
async def watching(*contacts: Contact) -> AsyncIterator[Watching]:
    found = Watching()
    rota = Rota(
        contacts=contacts, put=found.put, clock=found.clock, local=UTC, tell=found.tell, look_every=0.01
    )
    task = asyncio.create_task(rota.run())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def story(tell: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(tell())


def write(path: Path, text: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(text)
    new.replace(path)


def test_everybody_is_on_duty_until_the_calendar_is_there(tmp_path: Path) -> None:
    path = tmp_path / "rota.ics"
    alice, bob = (Contact(name=name, rota=str(path)) for name in ("alice", "bob"))

    async def tell() -> None:
        async with watching(alice, bob) as rota:
            await rota.until(lambda: not rota.states[-1].up if rota.states else False)
            assert rota.states[-1].observer == "rota"
            assert rota.states[-1].problem == f"{path}: No such file or directory"
            assert rota.on_duty(alice, "2027-03-22 12:00")

            write(path, ALICE)
            await rota.until(lambda: rota.states[-1].up and bool(rota.shifts))
            assert not rota.on_duty(alice, "2027-03-22 12:00")
            assert rota.on_duty(alice, "2027-03-22 21:00")
            assert not rota.on_duty(bob, "2027-03-22 21:00")

            write(path, BOB)
            await rota.until(lambda: rota.on_duty(bob, "2027-03-22 21:00"))
            assert not rota.on_duty(alice, "2027-03-22 21:00")

    story(tell)


@pytest.mark.parametrize("broken", [b"<html>", None, calendar()])
def test_a_calendar_that_breaks_leaves_the_last_good_one_in_force(
    tmp_path: Path, broken: bytes | None
) -> None:
    path = tmp_path / "rota.ics"
    path.write_bytes(ALICE)
    alice = Contact(name="alice", rota=str(path))

    async def tell() -> None:
        async with watching(alice) as rota:
            await rota.until(lambda: bool(rota.shifts))
            path.unlink() if broken is None else write(path, broken)
            await rota.until(lambda: not rota.states[-1].up)
            assert (rota.states[-1].problem or "").startswith(f"{path}: ")
            assert rota.on_duty(alice, "2027-03-22 21:00")
            assert not rota.on_duty(alice, "2027-03-22 12:00")

            write(path, ALICE)
            await rota.until(lambda: rota.states[-1].up)

    story(tell)


def test_repetitions_are_worked_out_anew_as_the_days_pass(tmp_path: Path) -> None:
    path = tmp_path / "rota.ics"
    path.write_bytes(calendar(f"SUMMARY:alice\n{NIGHT}\nRRULE:FREQ=DAILY"))
    alice = Contact(name="alice", rota=str(path))

    async def tell() -> None:
        async with watching(alice) as rota:
            await rota.until(lambda: bool(rota.shifts))
            assert not rota.on_duty(alice, "2027-06-01 21:00")
            rota.clock.elapsed = at("2027-06-01") - at("2027-03-22")
            await rota.until(lambda: rota.on_duty(alice, "2027-06-01 21:00"))
            assert not rota.on_duty(alice, "2027-06-01 12:00")

    story(tell)


def test_a_calendar_that_has_run_out_puts_everybody_on_duty(tmp_path: Path) -> None:
    path = tmp_path / "rota.ics"
    path.write_bytes(ALICE)
    alice = Contact(name="alice", rota=str(path))

    async def tell() -> None:
        async with watching(alice) as rota:
            await rota.until(lambda: bool(rota.shifts))
            rota.clock.elapsed = 30 * DAY
            await rota.until(lambda: not rota.states[-1].up)
            assert rota.states[-1].problem == f"{path}: no event of these weeks names alice"
            assert rota.shifts == {}
            assert rota.on_duty(alice, "2027-04-21 12:00")

    story(tell)


def test_a_slow_server_keeps_no_other_calendar_waiting(tmp_path: Path) -> None:
    path, page, held = tmp_path / "rota.ics", Page(), Event()
    path.write_bytes(BOB)

    def silence() -> Iterator[bytes]:
        held.wait(60)
        yield ALICE

    async def tell() -> None:
        alice, bob = Contact(name="alice", rota=page.url), Contact(name="bob", rota=str(path))
        async with watching(alice, bob) as rota:
            await rota.until(lambda: "bob" in rota.shifts)
            assert "alice" not in rota.shifts
            assert rota.on_duty(alice, "2027-03-22 12:00")
            held.set()
            await rota.until(lambda: "alice" in rota.shifts)
            assert not rota.on_duty(alice, "2027-03-22 12:00")

    with serving(page):
        page.body = silence()
        try:
            story(tell)
        finally:
            held.set()


def test_the_host_s_zone_knows_summer_and_winter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert local_zone() is BERLIN
    monkeypatch.delenv("TZ")
    link = tmp_path / "localtime"
    link.write_bytes((files("tzdata") / "zoneinfo/Europe/Berlin").read_bytes())
    for month, hours in ((1, 1), (7, 2)):
        offset = datetime(2027, month, 1, tzinfo=local_zone(link)).utcoffset()
        assert offset is not None
        assert offset.total_seconds() == hours * 3600
    assert datetime(2027, 1, 1, tzinfo=local_zone(tmp_path / "gone")).utcoffset() is not None
