"""keepalived's lines become records: recorded ones of 2.2.7, those of other versions, and any line at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawatch.evidence import Evidence, KeepalivedSaid, Mouth
from hawatch.evidence.said import heard
from hawatch.keepalived.log.intake import MOST_LINES, MOST_WORDS, Intake
from hawatch.keepalived.log.journal_entry import read_journal_entry
from hawatch.keepalived.log.lines import LONGEST, Word, read_fifo_line, read_log_line, read_message
from hawatch.keepalived.log.patterns import PATTERNS
from hawatch.keepalived.log.sayings import (
    AdvertisementMissed,
    AdvertisementWeighed,
    DaemonChanged,
    DaemonEvent,
    GroupStateChanged,
    LinesUnread,
    PacketRefused,
    PriorityChanged,
    PriorityZeroHeard,
    PriorityZeroSent,
    ReflectorSaid,
    Refusal,
    SaidState,
    Saying,
    ScriptResult,
    StateChanged,
    TimerLate,
)
from hawatch.keepalived.log.splitting import LONGEST_BYTES, Splitter
from hawatch.plain import codec

RECORDED = Path(__file__).with_name("keepalived_logs") / "keepalived-2.2.7.log"
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC).timestamp()
BERLIN_WINTER = timezone(timedelta(hours=1))
MASTER = StateChanged(instance="VI_1", state=SaidState.MASTER)


def refused(reason: Refusal, instance: str = "VI_1") -> PacketRefused:
    return PacketRefused(reason=reason, instance=instance)


# --- what keepalived 2.2.7 was heard to say (recorded in the lab) -----------------------------------


def recorded() -> list[Saying]:
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    words = [read_log_line(line, now=NOON, zone=UTC) for line in lines]
    return [word.saying for word in words if word is not None]


@pytest.mark.parametrize(
    "said",
    [
        MASTER,
        StateChanged(instance="VI_1", state=SaidState.BACKUP),
        StateChanged(instance="VI_1", state=SaidState.FAULT),
        PriorityZeroSent(instance="VI_1"),
        PriorityZeroHeard(instance="VI_1"),
        AdvertisementMissed(instance="VI_1"),
        PriorityChanged(instance="VI_1", priority=90),
        AdvertisementWeighed(instance="VI_1", better=True, src="10.0.0.11", theirs=150),
        AdvertisementWeighed(instance="VI_1", better=False, src="10.0.0.12", theirs=100),
        *map(
            refused,
            (Refusal.AUTHENTICATION, Refusal.ADDRESSES, Refusal.INTERVAL, Refusal.VERSION),
        ),
        refused(Refusal.UNKNOWN_VRID, ""),
        ReflectorSaid(subject="eth0", event="down"),
        ReflectorSaid(subject="10.0.0.100", event="removed"),
        ScriptResult(script="chk", ok=False),
        ScriptResult(script="chk", ok=True),
        TimerLate(seconds=5.467939),
        *(
            DaemonChanged(event=event)
            for event in (DaemonEvent.STARTING, DaemonEvent.STOPPED, DaemonEvent.RELOADING)
        ),
    ],
    ids=str,
)
def test_what_the_real_keepalived_said_in_the_lab_is_understood(said: Saying) -> None:
    assert said in recorded()


def test_no_recorded_line_of_a_state_or_a_refused_packet_is_missed() -> None:
    telling = ("STATE", "0 priority", "invalid passwd", "mismatch", "wrong version", "ip number", "timeout")
    lines = [
        line
        for line in RECORDED.read_text(encoding="utf-8").splitlines()
        if any(each in line for each in telling)
    ]
    assert len(lines) > 15
    assert [line for line in lines if read_log_line(line, now=NOON) is None] == []


# --- other versions, by their public source -------------------------------------------------------

OF_OTHERS: dict[str, Saying] = {
    "VRRP_Instance(VI_1) Entering MASTER STATE": MASTER,
    "VRRP_Instance(VI_1) Transition to MASTER STATE": MASTER,
    "VRRP_Instance(VI_1) sending 0 priority": PriorityZeroSent(instance="VI_1"),
    "VRRP_Instance(VI_1) Received advert with higher priority 150, ours 100": AdvertisementWeighed(
        instance="VI_1", better=True, theirs=150
    ),
    "VRRP_Instance(VI_1) Received higher prio advert": AdvertisementWeighed(instance="VI_1", better=True),
    "(VI_1): received an invalid passwd!": refused(Refusal.AUTHENTICATION),
    "receive an invalid passwd!": refused(Refusal.AUTHENTICATION, ""),
    "bogus VRRP packet received on eth0 !!!": refused(Refusal.OTHER, ""),
    "VRRP_Instance(VI_1) Dropping received VRRP packet...": refused(Refusal.OTHER),
    "(VI_1): ip address associated with VRID 51 not present in MASTER advert : 10.0.0.100": refused(
        Refusal.ADDRESSES
    ),
    "(VI_1) ip address associated with VRID 51 not present in MASTER advert: fd00::100": refused(
        Refusal.ADDRESSES
    ),
    "invalid ttl. 64 and expect 255": refused(Refusal.TTL, ""),
    "(VI_1) invalid TTL/HL. Received 64 and expect 255": refused(Refusal.TTL),
    "(VI_1) unicast source address 10.0.0.9 not a unicast peer": refused(Refusal.NOT_A_PEER),
    "(VI_1) Invalid VRRPv3 checksum": refused(Refusal.CHECKSUM),
    "VRRP_Group(G1) Syncing instances to MASTER state": GroupStateChanged(group="G1", state=SaidState.MASTER),
    "(VI_1) entering FAULT state (interface eth0 down)": StateChanged(
        instance="VI_1", state=SaidState.FAULT, reason="interface eth0 down"
    ),
    "(VI_1): entering FAULT state due to script chk": StateChanged(
        instance="VI_1", state=SaidState.FAULT, reason="due to script chk"
    ),
    "Netlink reflector reports IP 10.0.0.100 removed": ReflectorSaid(subject="10.0.0.100", event="removed"),
    "VRRP_Script(chk) timed out": ScriptResult(script="chk", ok=False),
    "VRRP child process(812) died: Respawning": DaemonChanged(event=DaemonEvent.CHILD_DIED),
}


@pytest.mark.parametrize("text", OF_OTHERS)
def test_what_other_versions_write_is_understood(text: str) -> None:
    assert read_message(text) == OF_OTHERS[text]


def test_every_row_of_the_table_says_which_versions_write_it_and_decides_for_some_line() -> None:
    known = [*OF_OTHERS, *MORE_LINES]
    known += [line[26:].strip() for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    for pattern in PATTERNS:
        assert pattern.since.partition("-")[0] in {"1.3", "2.0", "2.1"}, pattern
        assert any(pattern.line.fullmatch(text) for text in known), pattern.line.pattern


MORE_LINES = (
    "(VI_1) Master received advert from fe80::1%eth0 with same priority 100 but higher IP address than ours",
    "VRRP_Instance(VI_1) Received lower prio advert, forcing new election",
    "(VI_1) No AH header but auth type is AH",
    "(VI_1) IPSEC-AH : sequence number 7 already processed. Packet dropped. Local(9)",
    "(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation",
    "ip address associated with VRID not present in received packet : 10.0.0.100",
    "(VI_1) Expected unicast packet but received multicast packet",
    "VRRP_Instance(VI_1) ignoring received advertisment...",
    "Interface eth0 deleted",
    "(VI_1) received lower priority (90) advert from 10.0.0.11 - discarding",
)


# --- any line at all --------------------------------------------------------------------------------


@given(st.text(max_size=300) | st.from_regex(r"\(VI_1\):? [A-Za-z ]{0,40}", fullmatch=True))
@example("Keepalived_vrrp[" * 200)
@example("Feb 30 25:61:61 h Keepalived_vrrp[1]: (VI_1) Entering MASTER STATE")
@example("<30>1 9999-99-99T99:99:99Z h Keepalived_vrrp 1 - - (VI_1) Entering MASTER STATE")
@example("Fri Nov 27 11:43:47 0000: (VI_1) Entering MASTER STATE")
@example('INSTANCE "VI_1" MASTER 99999999')
@example("(VI_1) Changing effective priority from 1 to ٣")
def test_any_line_gives_a_word_or_none_and_never_an_exception(line: str) -> None:
    word = read_log_line(line, now=NOON)
    assert word is None or isinstance(word, Word)
    assert read_message(line) is None or line.strip()
    assert isinstance(read_fifo_line(line), tuple)
    assert read_journal_entry(line) is None or line
    entry = json.dumps({"MESSAGE": line, "SYSLOG_IDENTIFIER": "Keepalived_vrrp", "__REALTIME_TIMESTAMP": "1"})
    assert read_journal_entry(entry) is None or read_message(line) is not None


@given(st.binary(max_size=2 * LONGEST_BYTES), st.integers(1, 700))
def test_lines_are_split_the_same_however_they_are_cut(data: bytes, size: int) -> None:
    whole, pieces = Splitter(), Splitter()
    cut = [line for at in range(0, len(data), size) for line in pieces.split(data[at : at + size])]
    assert cut == whole.split(data)
    assert all(len(line) <= LONGEST_BYTES for line in cut)


def test_of_a_line_that_is_too_long_nothing_is_kept_and_the_next_one_is_whole() -> None:
    splitter = Splitter()
    assert splitter.split(b"x" * (LONGEST_BYTES + 1)) == []
    assert splitter.split(b"y" * 10_000_000) == []
    assert splitter.split(b"\nnext\n") == [b"next"]
    assert read_message("(VI_1) Entering MASTER STATE" + " " * LONGEST + "x") is None


@pytest.mark.parametrize(
    "text",
    [
        "(VI_1) Truncating auth_pass to 8 characters: s3cret",
        "   Password = s3cret",
        "/etc/check.sh --password s3cret exited with status 1",
        "Script `/etc/check.sh --password s3cret` now returning 1",
        "VRRP_Script(/etc/check.sh s3cret) failed (exited with status 1)",
        "(VI_1) received an invalid passwd s3cret!",
        "(/etc/keepalived/keepalived.conf: Line 9) Unknown keyword 's3cret'",
        "(VI_1) Entering MASTER STATE s3cret",
        "Command line: 'keepalived' 's3cret'",
    ],
)
def test_a_line_with_a_command_or_a_password_in_it_does_not_pass(text: str) -> None:
    assert read_message(text) is None


# --- whose line, and when ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "at", "within"),
    [
        ("Nov 27 11:59:47 lb01 Keepalived_vrrp[812]: {}", NOON - 13, 1.0),
        ("<30>Nov  7 12:00:00 lb01 Keepalived_vrrp[812]: {}", NOON - 20 * 86400, 1.0),
        ("2026-11-27T12:59:47.123456+01:00 lb01 Keepalived_vrrp[812]: {}", NOON - 13 + 0.123456, 1e-6),
        ("2026-11-27T11:59:47Z lb01 Keepalived_vrrp[812]: {}", NOON - 13, 1.0),
        ("<30>1 2026-11-27T11:59:47.5Z lb01 Keepalived_vrrp 812 - - {}", NOON - 12.5, 0.1),
        (
            '<30>1 2026-11-27T11:59:47.50Z lb01 Keepalived_vrrp 812 - [t a="1"] {}',
            NOON - 12.5,
            0.01,
        ),
        ("Fri Nov 27 11:59:47 2026: {}", NOON - 13, 1.0),
        ("Nov 27 11:59:47.250 lb01 Keepalived_vrrp: {}", NOON - 12.75, 0.001),
    ],
)
def test_a_line_has_the_time_that_stands_before_it(line: str, at: float, within: float) -> None:
    word = read_log_line(line.format("(VI_1) Entering MASTER STATE"), now=NOON, zone=UTC)
    assert word is not None
    assert word.saying == MASTER
    assert word.text == "(VI_1) Entering MASTER STATE"
    assert word.at == pytest.approx(at, abs=1e-5)
    assert word.within == pytest.approx(within)


def test_a_time_without_a_zone_is_the_readers_own() -> None:
    line = "Nov 27 12:59:47 lb01 Keepalived_vrrp[812]: (VI_1) Entering MASTER STATE"
    word = read_log_line(line, now=NOON, zone=BERLIN_WINTER)
    assert word is not None
    assert word.at == NOON - 13


def test_a_line_of_the_old_year_that_is_read_in_the_new_one_is_of_the_old_year() -> None:
    new_year = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC).timestamp()
    old = "Dec 31 23:59:58 lb01 Keepalived_vrrp[812]: (VI_1) Entering MASTER STATE"
    word = read_log_line(old, now=new_year, zone=UTC)
    assert word is not None
    assert word.at == new_year - 7
    # and one of the new year by a clock that is behind
    word = read_log_line(old.replace("Dec 31 23:59:58", "Jan  1 00:00:02"), now=new_year - 10, zone=UTC)
    assert word is not None
    assert word.at == new_year - 3


@pytest.mark.parametrize(
    "head",
    [
        "Nov 27 11:59:47 lb01 sshd[812]: ",
        "Nov 27 11:59:47 lb01 Keepalivedx[812]: ",
        "Nov 27 11:59:47 lb01 kernel: Keepalived_vrrp: ",
        "Foo 27 11:59:47 lb01 Keepalived_vrrp[812]: ",
        "Feb 30 11:59:47 lb01 Keepalived_vrrp[812]: ",
        "",
        "Keepalived_vrrp[812]: ",
    ],
)
def test_lines_of_other_programs_and_lines_without_a_time_are_nobodys(head: str) -> None:
    assert read_log_line(f"{head}(VI_1) Entering MASTER STATE", now=NOON, zone=UTC) is None


def test_a_journal_entry_has_the_senders_own_time() -> None:
    entry = {
        "MESSAGE": "(VI_1) Entering MASTER STATE",
        "SYSLOG_IDENTIFIER": "Keepalived_vrrp",
        "_SOURCE_REALTIME_TIMESTAMP": str(int(NOON * 1e6) - 2_000_000),
        "__REALTIME_TIMESTAMP": str(int(NOON * 1e6)),
    }
    word = read_journal_entry(json.dumps(entry))
    assert word is not None
    assert (word.saying, word.at) == (MASTER, NOON - 2)
    assert read_journal_entry(json.dumps({**entry, "MESSAGE": [40, 86, 255]})) is None
    assert read_journal_entry(json.dumps({**entry, "SYSLOG_IDENTIFIER": "check.sh"})) is None
    assert read_journal_entry(json.dumps({**entry, "_SOURCE_REALTIME_TIMESTAMP": "-1"})).at == NOON  # type: ignore[union-attr]
    assert read_journal_entry("[" * 100_000) is None


def test_what_the_fifo_says_is_understood() -> None:
    assert read_fifo_line('INSTANCE "VI_1" MASTER 150\n') == (MASTER,)
    assert read_fifo_line('GROUP "G1" FAULT 0') == (GroupStateChanged(group="G1", state=SaidState.FAULT),)
    assert read_fifo_line('INSTANCE "VI_1" BACKUP_PRIORITY 90') == (
        PriorityChanged(instance="VI_1", priority=90),
    )
    assert read_fifo_line('INSTANCE "VI_1" MASTER_RX_LOWER_PRI 150') == (
        AdvertisementWeighed(instance="VI_1", better=False),
    )
    assert read_fifo_line("VS [192.168.201.15]:tcp:80 UP") == ()


# --- how much of it -----------------------------------------------------------------------------------


def word(number: int = 0) -> Word:
    return Word(
        saying=PriorityChanged(instance="VI_1", priority=number), text=f"prio {number}", at=NOON, within=1.0
    )


def test_what_is_said_again_within_a_second_is_told_at_once_and_counted_afterwards() -> None:
    intake = Intake()
    assert list(intake.close(100.0, NOON)) == []
    told = [each for _ in range(50) for each in intake.take(word())]
    assert told == [(word(), 1)]
    assert list(intake.close(100.5, NOON)) == []
    assert list(intake.close(101.0, NOON)) == [(word(), 49)]
    assert list(intake.close(103.0, NOON)) == []


def test_a_storm_is_counted_and_no_more_of_it_is_looked_at_than_a_host_can_spare() -> None:
    intake = Intake()
    list(intake.close(100.0, NOON))
    looked_at = sum(intake.admits() for _ in range(10_000))
    assert looked_at == MOST_LINES
    passed = [each for number in range(looked_at) for each in intake.take(word(number % 250))]
    assert len(passed) == MOST_WORDS
    (*_, (last, _)) = intake.close(101.0, NOON)
    assert isinstance(last.saying, LinesUnread)
    assert last.saying.count >= 10_000 - MOST_LINES
    assert intake.admits()


def test_a_line_from_the_future_is_of_now_and_a_late_one_keeps_its_time() -> None:
    future = heard(word(), 1, at=1000.0, wall=NOON - 500, mouth=Mouth.LOG)
    assert future.said_at == 1000.0
    late = heard(word(), 1, at=1000.0, wall=NOON + 600, mouth=Mouth.LOG)
    assert (late.at, late.said_at) == (1000.0, 400.0)


@given(st.sampled_from([*OF_OTHERS.values(), LinesUnread(count=3), *recorded()]))
def test_evidence_of_words_goes_into_the_journal_and_comes_out_the_same(saying: Saying) -> None:
    said = KeepalivedSaid(
        at=2.0, said_at=1.5, within=1.0, mouth=Mouth.FIFO, saying=saying, text="…\udcff", count=2
    )
    form = codec(Evidence)
    assert form.decode(json.loads(json.dumps(form.encode(said)))) == said
