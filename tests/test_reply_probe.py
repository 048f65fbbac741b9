"""The probe of the reply path: sent on a schedule, back or not, told of, and worth nothing to anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import Config
from hawatch.config.oncall import ChannelKind, Way
from hawatch.config.probe import ReplyPathProbe
from hawatch.desk.loop import Loop
from hawatch.desk.looping import NoProbeError, _next, loop_now, loop_of, loop_troubles
from hawatch.desk.records import Heard
from hawatch.notification.message import Message, MessageState
from hawatch.notification.probe_text import probe_text, token_in, token_of
from hawatch.notification.text.length import segments
from hawatch.reply.command import NotUnderstood
from hawatch.reply.grammar import read
from tests.phones import ANNA, HOUR, LB01, LB02, MINUTE, Desk, Night, config

OWN = "+8613900000009"
PROBE = ReplyPathProbe(to=OWN, every=24 * HOUR, within=5 * MINUTE)
DAY = 24 * HOUR


def looped(probe: ReplyPathProbe = PROBE) -> Config:
    conf = config(ANNA)
    channels = tuple(
        replace(each, probe=probe, replies="/r") if each.kind is ChannelKind.SMSTOOLS else each
        for each in conf.channels
    )
    return replace(conf, channels=channels)


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with Night(monkeypatch, conf=looped()) as night:
        night.phones[""] = night.phones["anna"]  # what is sent to no person lands in the test's hands
        yield night


def loop(desk: Desk) -> Loop:
    found = loop_of("sms", desk.oncall.ledger)
    assert found is not None
    return found


def probes(desk: Desk) -> list[Message]:
    return [each for each in desk.messages if each.occasion == "probe" and each.node == desk.node]


def brings_back(night: Night, desk: Desk, text: str | None = None, sender: str = OWN) -> None:
    night.sms(probes(desk)[-1].text if text is None else text, sender, desk.node)


def trouble(desk: Desk) -> str | None:
    return loop_troubles(desk.oncall.ledger, ["sms"]).get("sms")


def test_a_minute_after_the_start_each_node_sends_itself_one_and_sees_it_come_back(night: Night) -> None:
    night.passes(59)
    assert probes(night.lb01) == []
    night.passes(2)
    for desk in night:
        (probe,) = probes(desk)
        assert (probe.channel, probe.to, probe.state) == ("sms", OWN, MessageState.DELIVERED)
        assert loop(desk).up is None
    night.passes(12)
    for desk in night:
        brings_back(night, desk)
        assert loop(desk).up is True
        assert loop(desk).seconds == pytest.approx(12, abs=2)
        (view,) = desk.oncall.view().loops
        assert (view.channel, view.up, view.seconds) == ("sms", True, loop(desk).seconds)
    assert probes(night.lb01)[0].text != probes(night.lb02)[0].text


def test_the_next_one_comes_after_a_day_and_what_is_known_stands_meanwhile(night: Night) -> None:
    night.passes(61)
    brings_back(night, night.lb01)
    night.passes(DAY - 10, step=1000.0)
    assert len(probes(night.lb01)) == 1
    night.passes(20)
    assert len(probes(night.lb01)) == 2
    assert loop(night.lb01).up is True, "the last that is decided counts"


@pytest.mark.parametrize(
    ("gateway", "half"),
    [
        ("up", "though it was sent: the way in is dead"),
        ("silent", "and the gateway has not told whether it has sent it"),
        ("down", "the way out is dead (busy)"),
        ("dead", "the way out is dead (no such modem)"),
    ],
)
def test_one_that_stays_away_says_which_half_is_dead(night: Night, gateway: str, half: str) -> None:
    night.lb01.gateways = {"sms": gateway}
    night.passes(61 + 290)
    assert trouble(night.lb01) is None
    night.passes(15)
    problem = trouble(night.lb01)
    assert problem is not None
    assert problem.startswith("a probe did not come back within 300 s")
    assert half in problem
    assert loop(night.lb01).up is False
    assert not any(each.waiting for each in probes(night.lb01)), "nobody waits for it any more"


def test_after_a_failure_it_is_tried_sooner_and_a_success_ends_the_trouble(night: Night) -> None:
    night.passes(61 + 301)
    failed_at = loop(night.lb01).failed_at
    assert failed_at is not None
    night.passes(2.4 * HOUR - 60, step=60.0)
    assert len(probes(night.lb01)) == 1
    night.passes(90)
    assert len(probes(night.lb01)) == 2
    assert trouble(night.lb01) is not None, "until the next one is back"
    brings_back(night, night.lb01)
    assert trouble(night.lb01) is None
    assert loop(night.lb01).up is True


def test_late_and_twice_is_fine(night: Night) -> None:
    night.passes(61 + 310)
    assert trouble(night.lb01) is not None
    brings_back(night, night.lb01)
    assert trouble(night.lb01) is None
    seconds = loop(night.lb01).seconds
    assert seconds == pytest.approx(311, abs=5)
    night.passes(100)
    brings_back(night, night.lb01)
    assert loop(night.lb01).seconds == seconds


@pytest.mark.parametrize("by", ["a stranger", "anna"])
def test_a_forged_one_counts_for_nothing_and_is_not_answered(night: Night, by: str) -> None:
    night.passes(61)
    sender = "+8613811112222" if by == "a stranger" else ANNA.ways[0].to
    before = len(night.lb01.messages)
    brings_back(night, night.lb01, probe_text(token_of(7)), sender)
    assert loop(night.lb01).pending
    assert len(night.lb01.messages) == before
    heard = list(night.lb01.oncall.ledger.all(Heard))
    assert [each.meant for each in heard] == ["a probe, and not the latest that was sent from here"]


def test_the_probe_of_one_node_is_nothing_to_the_other(night: Night) -> None:
    """They may read one mailbox."""
    night.passes(61)
    brings_back(night, night.lb02, probes(night.lb01)[-1].text)
    assert loop(night.lb02).pending
    assert loop(night.lb01).pending
    brings_back(night, night.lb01)
    assert loop(night.lb01).up


def test_nothing_is_probed_in_the_middle_of_something_critical(night: Night) -> None:
    night.split().passes(10 * MINUTE)
    assert probes(night.lb01) == []
    night.heals().passes(60)
    assert len(probes(night.lb01)) == 1


def test_one_can_be_asked_for_at_any_time_and_not_twice_at_once(night: Night) -> None:
    ledger = night.lb01.oncall.ledger
    first = night.lb01.change(lambda around: loop_now("sms", ledger, around))
    again = night.lb01.change(lambda around: loop_now("sms", ledger, around))
    assert first == again
    with pytest.raises(
        NoProbeError, match=r"no channel with a \[channel.probe\] is called 'mail' \(known: sms\)"
    ):
        night.lb01.change(lambda around: loop_now("mail", ledger, around))


def test_a_probe_outlives_its_agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Night(monkeypatch, tmp_path, looped()) as night:
        night.phones[""] = night.phones["anna"]
        night.passes(61)
        text = probes(night.lb01)[-1].text
        night.lb01.restart()
        night.passes(3)
        brings_back(night, night.lb01, text)
        assert loop(night.lb01).up is True
        night.lb01.restart()
        night.passes(3 * MINUTE)
        assert len(probes(night.lb01)) == 1, "a restart is no reason for another one"


SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "begun", "expected"),
    [
        (SHANGHAI, "2026-06-01T10:00:04", "2026-06-02T10:00:00"),
        (SHANGHAI, "2026-06-01T23:30:00", "2026-06-03T10:00:00"),
        (BERLIN, "2026-03-28T10:00:01", "2026-03-29T10:00:00"),
        (BERLIN, "2026-10-24T10:00:01", "2026-10-25T10:00:00"),
    ],
)
def test_at_a_time_of_day_it_is_that_time_on_this_hosts_clock(
    night: Night, zone: ZoneInfo, begun: str, expected: str
) -> None:
    around = replace(night.lb01.oncall.surroundings.now(), local=zone)
    at = datetime.fromisoformat(begun).replace(tzinfo=zone).timestamp()
    before = Loop(
        id="lb01/sms", channel="sms", token="", message="", begun_at=at, until=at + 300, back_at=at + 4
    )
    found = _next(before, replace(PROBE, at=time(10)), around)
    assert f"{datetime.fromtimestamp(found, zone):%Y-%m-%dT%H:%M:%S}" == expected


@given(
    st.integers(0, 2**128 - 1),
    st.sampled_from(["{}", "  {}\n-- \nsent by a gateway", "FREE MSG: {}", "“{}”"]),
)
def test_a_token_comes_through_whatever_a_carrier_does_to_it(number: int, around: str) -> None:
    text = probe_text(token_of(number))
    assert segments(text) == 1
    for each in (text, text.upper(), text.replace(" ", "\n")):
        assert token_in(around.format(each)) == token_of(number)
    assert isinstance(read(text), NotUnderstood)


@pytest.mark.parametrize("text", ["", "hawatch probe", "hawatch probe 47", f"hawatch probe {'a' * 27}", "47"])
def test_what_is_no_probe_is_none(text: str) -> None:
    assert token_in(text) is None


def test_the_way_of_a_probe_is_no_persons(night: Night) -> None:
    night.passes(61)
    (probe,) = probes(night.lb01)
    assert probe.person == ""
    assert Way(channel=probe.channel, to=probe.to) not in ANNA.ways
    assert night.lb01.oncall.surroundings.now().hour.lately("anna") == 0
    assert {LB01, LB02} == {desk.node for desk in night}
