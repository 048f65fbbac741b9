"""Who is on duty, by hours, rota and the day of departure, in time zones whose clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import Contact, Hours
from hawatch.config.hours import parse_hours
from hawatch.notification.duty import DAY, Shift, Shifts, expired, in_quiet_hours, next_change, on_duty

BERLIN = ZoneInfo("Europe/Berlin")  # 2027: forward on 28 March at 02:00, back on 31 October at 03:00
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOBODY_READ: Shifts = {}


def at(text: str, zone: tzinfo = BERLIN, *, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def spans(*texts: str) -> tuple[Hours, ...]:
    found = tuple(filter(None, map(parse_hours, texts)))
    assert len(found) == len(texts)
    return found


def alice(*hours: str, **more: object) -> Contact:
    return Contact(name="alice", hours=spans(*hours), **more)  # type: ignore[arg-type]


def duty(contact: Contact, now: float, shifts: Shifts = NOBODY_READ, local: tzinfo = BERLIN) -> bool:
    return on_duty(contact, now, shifts, local)


def test_a_contact_without_hours_and_rota_is_always_on_duty() -> None:
    assert duty(alice(), at("2027-01-01 03:00"))
    assert next_change(alice(), 1000.0, {}, BERLIN) == 1000.0 + DAY


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ("Mon-Fri 08:00-18:00", "2027-06-07 07:59:59", False),  # a Monday
        ("Mon-Fri 08:00-18:00", "2027-06-07 08:00", True),
        ("Mon-Fri 08:00-18:00", "2027-06-07 17:59:59", True),
        ("Mon-Fri 08:00-18:00", "2027-06-07 18:00", False),
        ("Mon-Fri 08:00-18:00", "2027-06-06 12:00", False),
        ("Fri 22:00-06:00", "2027-06-11 23:00", True),  # Friday night ends on Saturday
        ("Fri 22:00-06:00", "2027-06-12 05:59:59", True),
        ("Fri 22:00-06:00", "2027-06-12 06:00", False),
        ("Fri 22:00-06:00", "2027-06-11 05:00", False),
        ("Sun 22:00-06:00", "2027-06-07 05:00", True),
        ("Sat 00:00-24:00", "2027-06-12 00:00", True),
        ("Sat 00:00-24:00", "2027-06-12 23:59:59", True),
        ("Sat 00:00-24:00", "2027-06-13 00:00", False),
        ("Sat 09:00-09:00", "2027-06-13 08:59:59", True),
        # forward: 02:00 CET is 03:00 CEST
        ("00:00-02:30", "2027-03-28 01:59:59", True),
        ("00:00-02:30", "2027-03-28 03:00", False),
        ("02:30-06:00", "2027-03-28 01:59:59", False),
        ("02:30-06:00", "2027-03-28 03:00", True),
        ("02:15-02:45", "2027-03-28 03:00", False),
        ("22:00-07:00", "2027-03-28 06:59:59", True),
        ("22:00-07:00", "2027-03-28 07:00", False),
    ],
)
def test_hours_are_those_that_clocks_show(hours: str, now: str, expected: bool) -> None:
    assert duty(alice(hours), at(now)) is expected


@pytest.mark.parametrize(
    ("hours", "first", "second"),
    [
        ("00:00-02:30", {"02:10": True, "02:40": True}, {"02:10": True, "02:40": False}),
        ("02:30-06:00", {"02:10": False, "02:40": True}, {"02:10": True, "02:40": True}),
        ("02:15-02:45", {"02:10": False, "02:50": True}, {"02:10": True, "02:50": False}),
    ],
)
def test_an_hour_that_comes_twice_leaves_no_hole(
    hours: str, first: dict[str, bool], second: dict[str, bool]
) -> None:
    for fold, expected in enumerate((first, second)):
        for clock, on in expected.items():
            assert duty(alice(hours), at(f"2027-10-31 {clock}", fold=fold)) is on, (clock, fold)


def test_hours_are_meant_where_the_contact_is() -> None:
    contact = alice("08:00-18:00", timezone="Asia/Shanghai")

    assert duty(contact, at("2027-06-07 08:00", SHANGHAI))
    assert not duty(contact, at("2027-06-07 08:00", BERLIN) + 4 * 3600)
    assert not duty(alice("08:00-18:00"), at("2027-06-07 08:00", SHANGHAI))
    assert duty(alice("08:00-18:00"), at("2027-06-07 08:00", SHANGHAI), local=SHANGHAI)


def test_a_contact_with_a_rota_is_on_duty_during_its_events() -> None:
    contact = alice(rota="/etc/hawatch/rota.ics")
    shifts = {"alice": (Shift(person="alice", start=1000.0, end=2000.0),)}

    assert [duty(contact, now, shifts) for now in (999.0, 1000.0, 1999.0, 2000.0)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_calendar_that_nobody_could_read_leaves_its_people_on_duty() -> None:
    contact = alice(rota="/etc/hawatch/rota.ics")

    assert duty(contact, 1000.0, NOBODY_READ)
    assert duty(contact, 1000.0, {"bob": ()})
    assert not duty(contact, 1000.0, {"alice": ()})


def test_hours_and_rota_each_suffice() -> None:
    contact = alice("08:00-18:00", rota="/etc/hawatch/rota.ics")
    night = at("2027-06-07 23:00")
    shifts = {"alice": (Shift(person="alice", start=night, end=night + 3600),)}

    assert duty(contact, at("2027-06-07 09:00"), shifts)
    assert duty(contact, night, shifts)
    assert not duty(contact, night - 60, shifts)


def test_a_contact_is_nobody_after_the_last_day() -> None:
    contact = alice(until=date(2027, 6, 30), rota="/etc/hawatch/rota.ics", timezone="Asia/Shanghai")
    midnight = at("2027-07-01 00:00", SHANGHAI)

    assert not expired(contact, midnight - 1, BERLIN)
    assert expired(contact, midnight, BERLIN)
    assert duty(contact, midnight - 1)
    assert not duty(contact, midnight)
    assert next_change(contact, midnight - 3600, NOBODY_READ, BERLIN) == midnight
    assert not expired(alice(until=date.max), midnight, BERLIN)
    assert expired(alice(until=date.min), midnight, BERLIN)


def test_quiet_hours_say_nothing_about_duty() -> None:
    contact = alice(quiet=spans("22:00-07:00"))

    assert in_quiet_hours(contact, at("2027-06-07 22:00"), BERLIN)
    assert not in_quiet_hours(contact, at("2027-06-07 07:00"), BERLIN)
    assert duty(contact, at("2027-06-07 23:00"))


def test_the_next_change_is_the_first_of_duty_or_quiet_hours() -> None:
    contact = alice("08:00-18:00", "12:00-20:00", quiet=spans("19:00-21:00"))
    changes = []
    now = at("2027-06-07 00:00")
    for _ in range(5):
        now = next_change(contact, now, NOBODY_READ, BERLIN)
        changes.append(datetime.fromtimestamp(now, BERLIN).strftime("%H:%M"))

    assert changes == ["08:00", "19:00", "20:00", "21:00", "08:00"]


def test_the_next_change_may_be_a_shift() -> None:
    contact = alice(rota="/etc/hawatch/rota.ics")
    shifts = {"alice": (Shift(person="alice", start=5000.0, end=9000.0),)}

    assert next_change(contact, 1000.0, shifts, UTC) == 5000.0
    assert next_change(contact, 5000.0, shifts, UTC) == 9000.0
    assert next_change(contact, 9000.0, shifts, UTC) == 9000.0 + DAY


# --- any hours, any zone, any moment ---------------------------------------------------------------

_ZONES = st.sampled_from(
    [BERLIN, SHANGHAI, UTC, *map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "America/Santiago"))]
)
_TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
_HOURS = st.builds(Hours, days=st.frozensets(st.integers(0, 6), min_size=1), start=_TIMES, end=_TIMES)
_YEAR = st.integers(int(at("2027-01-01 00:00", UTC)) // 60, int(at("2028-01-01 00:00", UTC)) // 60).map(
    lambda minutes: minutes * 60.0
)


def shown(now: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(now, zone).replace(tzinfo=None)


def clocks_were_set(now: float, zone: tzinfo) -> bool:
    """Whether the clocks are set within a few hours of a moment."""
    offsets = [datetime.fromtimestamp(now + h * 3600, zone).utcoffset() for h in range(-4, 5)]
    return len(set(offsets)) > 1


def by_the_clock(hours: Hours, wall: datetime) -> bool:
    """What somebody says who looks at a clock and a calendar on the wall."""
    today, yesterday = wall.weekday(), (wall - timedelta(days=1)).weekday()
    if hours.start < hours.end:
        return today in hours.days and hours.start <= wall.time() < hours.end
    return (today in hours.days and wall.time() >= hours.start) or (
        yesterday in hours.days and wall.time() < hours.end
    )


@given(_HOURS, _ZONES, _YEAR)
def test_on_ordinary_days_a_clock_on_the_wall_says_the_same(hours: Hours, zone: tzinfo, now: float) -> None:
    if not clocks_were_set(now, zone):
        assert duty(Contact(name="a", hours=(hours,)), now, local=zone) is by_the_clock(
            hours, shown(now, zone)
        )


@given(_HOURS, _ZONES, st.integers(0, 364))
def test_two_halves_of_a_day_leave_no_moment_without_somebody(hours: Hours, zone: tzinfo, day: int) -> None:
    every_day = frozenset(range(7))
    one = Contact(name="a", hours=(Hours(days=every_day, start=hours.start, end=hours.end),))
    other = Contact(name="b", hours=(Hours(days=every_day, start=hours.end, end=hours.start),))
    begin = at("2027-01-01 00:00", UTC) + day * DAY
    for now in (begin + n * 900.0 for n in range(96)):
        assert duty(one, now, local=zone) or duty(other, now, local=zone)


@given(st.lists(_HOURS, max_size=3), st.lists(_HOURS, max_size=2), _ZONES, _YEAR)
def test_nothing_changes_before_the_next_change(
    hours: list[Hours], quiet: list[Hours], zone: tzinfo, now: float
) -> None:
    contact = Contact(name="a", hours=tuple(hours), quiet=tuple(quiet))

    def state(moment: float) -> tuple[bool, bool]:
        return duty(contact, moment, local=zone), in_quiet_hours(contact, moment, zone)

    change = next_change(contact, now, NOBODY_READ, zone)
    assert now < change <= now + DAY
    moments = [now + n * 300.0 for n in range(int((change - now) // 300))] + [change - 1]
    assert {state(each) for each in moments} == {state(now)}
    if change < now + DAY:
        assert state(change) != state(now)
