"""Reports as datagrams: what one agent writes another reads, and nothing else passes for a report."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire.family import Family
from hawatch.wire.replay_window import ReplayWindow
from hawatch.wire.report import (
    DaemonState,
    NodeReport,
    ReportedFinding,
    ReportedRouter,
    ReportedService,
    ReportedSettings,
    ReportedVip,
)
from hawatch.wire.report_datagram import MAC_BYTES, SLICE_BYTES, Envelope, decode, encode
from hawatch.wire.report_sections import Kind, read
from hawatch.wire.sections import Cursor, section, varint

KEY = b"the key of this pair"
ENVELOPE = Envelope(boot_id="0123456789abcdef", sequence=7)
ROUTER = ReportedRouter(
    vrid=51,
    family=Family.IPV4,
    configured_priority=150,
    advertised_priority=150,
    vips=(ReportedVip(address="192.0.2.100", held=True, for_seconds=12.345),),
    advertising=True,
    heard_priority=100,
    heard_age=0.5,
    ready=True,
)
REPORT = NodeReport(node="lb01", routers=(ROUTER,))

milliseconds = st.integers(0, 10**12).map(lambda number: number / 1000)
tristate = st.sampled_from([True, False, None])
ipv4 = st.integers(0, 2**32 - 1).map(lambda number: str(ipaddress.IPv4Address(number)))
ipv6 = st.integers(2**64, 2**128 - 1).map(lambda number: str(ipaddress.IPv6Address(number)))
octet = st.integers(0, 255)
words = st.text(min_size=1, max_size=20)
settings = st.builds(
    ReportedSettings,
    version=octet,
    auth_type=words,
    auth_fingerprint=st.none() | words,
    destination=words,
    source=st.none() | words,
    unicast_peers=st.lists(words, max_size=3).map(tuple),
    checksum_as_v2=st.booleans(),
    nopreempt=st.booleans(),
)
findings = st.builds(
    ReportedFinding,
    cause=words,
    severity=words,
    summary=words,
    remedy=st.text(max_size=20),
    evidence=st.lists(st.tuples(words, words), max_size=2).map(tuple),
    tell_apart=st.text(max_size=20),
)
routers = st.builds(
    ReportedRouter,
    vrid=octet,
    family=st.sampled_from(Family),
    configured_priority=octet,
    advertised_priority=st.none() | octet,
    vips=st.lists(
        st.builds(ReportedVip, address=ipv4 | ipv6, held=tristate, for_seconds=milliseconds), max_size=5
    ).map(tuple),
    advertising=tristate,
    heard_priority=st.none() | octet,
    heard_age=st.none() | milliseconds,
    ready=tristate,
    advert_interval=milliseconds,
    delivered_age=st.none() | milliseconds,
    settings=st.none() | settings,
    findings=st.lists(findings, max_size=2).map(tuple),
)
reports = st.builds(
    NodeReport,
    node=st.text(min_size=1, max_size=80),
    routers=st.lists(routers, max_size=5).map(tuple),
    addresses=st.lists(ipv4 | ipv6, max_size=5).map(tuple),
    macs=st.lists(st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":")), max_size=3).map(tuple),
    daemon=st.none() | st.sampled_from(DaemonState),
    leaving=st.booleans(),
    expected_return=st.none() | milliseconds,
    version=st.text(max_size=20),
    wall_time=st.none() | st.integers(0, 2**41).map(lambda number: number / 1000),
    going_down=st.booleans(),
    services=st.lists(st.builds(ReportedService, name=words, up=tristate), max_size=3).map(tuple),
)
stamps = st.integers(0, 2**48 - 1)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    echoed = draw(st.none() | stamps)
    return Envelope(
        boot_id=draw(st.binary(min_size=8, max_size=8)).hex(),
        sequence=draw(st.integers(0, 2**64 - 1)),
        stamp=draw(stamps),
        echoed_stamp=echoed,
        held=0 if echoed is None else draw(st.integers(0, 2**40)),
        asks=draw(st.booleans()),
        answers=draw(st.booleans()),
        takes_letters=draw(st.booleans()),
    )


def _signed(body: bytes, key: bytes = KEY) -> bytes:
    return body + hmac.new(key, body, hashlib.sha256).digest()[:MAC_BYTES]


@given(envelopes(), reports)
def test_what_is_encoded_is_decoded_as_it_was(envelope: Envelope, report: NodeReport) -> None:
    (datagram,) = encode(envelope, report, KEY, limit=65_000)
    assert decode(datagram, KEY) == (envelope, report)


@given(st.binary(max_size=200))
@example(b"hW")
def test_any_bytes_are_refused_with_a_reason(junk: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(junk, KEY)


@given(st.binary(max_size=300))
def test_any_sections_with_the_right_key_decode_or_are_refused(body: bytes) -> None:
    header = encode(ENVELOPE, REPORT, KEY)[0][:21]
    try:
        envelope, report = decode(_signed(header + body), KEY)
    except DecodeError:
        return
    assert envelope.boot_id == ENVELOPE.boot_id
    assert encode(envelope, replace(report, slice_number=0, slices=1), KEY)


@given(st.data())
def test_no_bit_can_be_changed_unnoticed(data: st.DataObject) -> None:
    (datagram,) = encode(ENVELOPE, REPORT, KEY)
    changed = bytearray(datagram)
    changed[data.draw(st.integers(0, len(datagram) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DecodeError):
        decode(bytes(changed), KEY)


@given(st.data())
def test_no_datagram_can_be_shortened_unnoticed(data: st.DataObject) -> None:
    (datagram,) = encode(ENVELOPE, REPORT, KEY)
    with pytest.raises(DecodeError):
        decode(datagram[: data.draw(st.integers(0, len(datagram) - 1))], KEY)


def test_each_refusal_has_its_own_reason() -> None:
    (datagram,) = encode(ENVELOPE, REPORT, KEY)
    newer = _signed(datagram[:2] + b"\x02" + datagram[3:-MAC_BYTES])
    older = _signed(datagram[:2] + b"\x00" + datagram[3:-MAC_BYTES])
    nameless = _signed(datagram[:21])
    cut_inside = _signed(datagram[: -MAC_BYTES - 1])
    cases = {
        "wrong key": encode(ENVELOPE, REPORT, b"another key")[0],
        "truncated": datagram[:20],
        "not a hawatch report": b"\x21" + datagram[1:],
        "newer major version": newer,
        "older major version": older,
        "malformed node name": nameless,
    }
    reasons = {}
    for expected, case in cases.items():
        with pytest.raises(DecodeError) as caught:
            decode(case, KEY)
        reasons[expected] = caught.value.reason
    assert reasons == {reason: reason for reason in cases}
    with pytest.raises(DecodeError, match="truncated"):
        decode(cut_inside, KEY)


def test_a_newer_minor_version_with_more_in_it_is_read_by_this_one() -> None:
    body = encode(ENVELOPE, REPORT, KEY)[0][:-MAC_BYTES]
    body = body[:3] + b"\x09" + body[4:]
    cursor = Cursor(body[21:])
    longer = b""
    while not cursor.exhausted:
        kind, value = cursor.section()
        open_ended = kind == 3  # a router with something more behind what is known today
        longer += section(kind, value + b"\x01\x02\x03" * open_ended)
    longer += section(200, b"something that nobody knows today")
    envelope, report = decode(_signed(body[:21] + longer), KEY)
    assert (envelope.minor, report) == (9, REPORT)


def test_an_older_minor_version_with_less_in_it_is_read_by_this_one() -> None:
    header = encode(ENVELOPE, REPORT, KEY)[0][:21]
    name_only = section(1, b"\x02" + varint(4) + b"lb02")
    envelope, report = decode(_signed(header + name_only), KEY)
    assert report == NodeReport(node="lb02", routers=(), daemon=DaemonState.FROZEN)
    assert envelope.echoed_stamp is None


def test_a_state_that_nobody_knows_yet_is_unknown_and_neither_yes_nor_no() -> None:
    header = encode(ENVELOPE, REPORT, KEY)[0][:21]
    node = section(1, b"\x09" + varint(4) + b"lb02")
    router = section(3, bytes((0b11110, 51, 100)) + varint(1000) + varint(1) + b"\x03" + varint(5) + bytes(4))
    _, report = decode(_signed(header + node + router), KEY)
    assert report.daemon is None
    (only,) = report.routers
    assert (only.advertising, only.ready, only.vips[0].held) == (None, None, None)


@given(st.lists(routers, min_size=1, max_size=4), st.integers(1, 20))
def test_slices_together_are_the_whole_report(some: list[ReportedRouter], times: int) -> None:
    report = replace(
        REPORT, routers=tuple(some * times), addresses=("192.0.2.1",), daemon=DaemonState.RUNNING
    )
    datagrams = encode(replace(ENVELOPE, asks=True), report, KEY, limit=400)
    decoded = [decode(datagram, KEY) for datagram in datagrams]
    assert [one.routers for _, one in decoded if not one.routers] == []
    assert tuple(router for _, one in decoded for router in one.routers) == report.routers
    assert [envelope.sequence for envelope, _ in decoded] == list(range(7, 7 + len(decoded)))
    assert [envelope.asks for envelope, _ in decoded] == [False] * (len(decoded) - 1) + [True]
    assert {(one.node, one.addresses, one.daemon) for _, one in decoded} == {
        ("lb01", ("192.0.2.1",), DaemonState.RUNNING)
    }
    if len(decoded) > 1:
        assert [(one.slice_number, one.slices) for _, one in decoded] == [
            (number, len(decoded)) for number in range(len(decoded))
        ]


def test_255_routers_pass_any_path_unfragmented() -> None:
    many = tuple(replace(ROUTER, vrid=vrid) for vrid in range(1, 256))
    datagrams = encode(ENVELOPE, replace(REPORT, routers=many), KEY)
    assert max(map(len, datagrams)) <= SLICE_BYTES
    assert len(datagrams) <= 6


def test_one_more_router_costs_a_serial_line_about_twenty_bytes() -> None:
    one = len(encode(ENVELOPE, REPORT, KEY)[0])
    two = len(encode(ENVELOPE, replace(REPORT, routers=(ROUTER, ROUTER)), KEY)[0])
    assert two - one <= 25
    assert one <= 90


def test_a_router_with_more_vips_than_a_datagram_holds_tells_of_those_that_fit() -> None:
    vips = tuple(
        ReportedVip(address=str(ipaddress.IPv6Address(2**64 + number)), held=True, for_seconds=1.0)
        for number in range(5000)
    )
    (datagram,) = encode(ENVELOPE, replace(REPORT, routers=(replace(ROUTER, vips=vips),)), KEY)
    assert len(datagram) < 65_507
    told = decode(datagram, KEY)[1].routers[0].vips
    assert len(told) > 3000
    assert told == vips[: len(told)]


def test_a_hold_is_never_told_longer_than_it_was() -> None:
    vip = ReportedVip(address="192.0.2.100", held=True, for_seconds=1.2349)
    (datagram,) = encode(ENVELOPE, replace(REPORT, routers=(replace(ROUTER, vips=(vip,)),)), KEY)
    assert decode(datagram, KEY)[1].routers[0].vips[0].for_seconds == pytest.approx(1.234)


def test_a_zone_is_left_out_since_it_means_nothing_elsewhere() -> None:
    (datagram,) = encode(ENVELOPE, replace(REPORT, addresses=("fe80::1%eth0",)), KEY)
    assert decode(datagram, KEY)[1].addresses == ("fe80::1",)


@pytest.mark.parametrize(
    ("report", "named"),
    [
        (replace(REPORT, addresses=("lb01.example",)), "lb01.example"),
        (replace(REPORT, macs=("02:00",)), "02:00"),
        (replace(REPORT, routers=(replace(ROUTER, vrid=256),)), "256"),
    ],
)
def test_a_report_that_no_datagram_can_hold_names_what_is_wrong(report: NodeReport, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        encode(ENVELOPE, report, KEY)


def test_an_empty_key_protects_nothing_and_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        encode(ENVELOPE, REPORT, b"")


@given(st.integers(0, 2**63 - 1))
def test_a_variable_length_integer_is_read_back(number: int) -> None:
    cursor = Cursor(varint(number))
    assert cursor.varint() == number
    assert cursor.exhausted


# --- the replay window ---------------------------------------------------------------------------


def _opened(boot_id: str = "a", sequence: int = 1000) -> ReplayWindow:
    window = ReplayWindow()
    assert window.accept(boot_id, sequence, proved=True) is None
    return window


@given(st.lists(st.integers(937, 1200), min_size=1))
def test_no_sequence_number_is_ever_taken_twice(sequences: list[int]) -> None:
    window = _opened()
    taken = [number for number in [*sequences, *sequences] if window.accept("a", number, proved=True) is None]
    assert len(taken) == len(set(taken))
    assert 1000 not in taken


@given(st.permutations(range(2000, 2064)))
def test_datagrams_that_overtake_each_other_within_the_window_are_all_taken(order: list[int]) -> None:
    window = _opened(sequence=1999)
    assert [window.accept("a", number, proved=False) for number in order] == [None] * 64


def test_a_datagram_from_before_the_window_is_too_old() -> None:
    window = _opened(sequence=1000)
    assert window.accept("a", 1000 - 64, proved=True) == "too old"
    assert window.accept("a", 1000 - 63, proved=True) is None
    assert window.accept("a", 1000 - 63, proved=True) == "replayed"
    assert window.accept("a", 10**9, proved=True) is None
    assert window.accept("a", 1001, proved=True) == "too old"


def test_a_run_that_has_been_replaced_is_never_listened_to_again() -> None:
    window = _opened("a")
    assert window.accept("b", 1, proved=True) is None
    assert window.accept("a", 5000, proved=True) == "old boot id"
    assert window.accept("b", 2, proved=False) is None


def test_a_recording_cannot_pass_for_a_restarted_peer() -> None:
    window = _opened("a")
    assert window.accept("recorded last week", 1, proved=False) == "unproved boot id"
    assert window.accept("a", 1001, proved=False) is None


def test_a_stranger_must_prove_that_it_is_not_a_recording() -> None:
    window = ReplayWindow()
    assert window.accept("a", 1, proved=False) == "unproved boot id"
    assert window.accept("a", 2, proved=True) is None


def test_findings_too_large_for_a_datagram_go_without_their_evidence_and_then_not_at_all() -> None:
    large = ReportedFinding(
        cause="rp_filter", severity="warning", summary="s" * 300, evidence=(("rule", "r" * 900),)
    )
    told = replace(REPORT, routers=(replace(ROUTER, findings=(large, replace(large, summary="t" * 900))),))
    (datagram,) = encode(ENVELOPE, told, KEY)
    _, read = decode(datagram, KEY)
    assert read.routers[0].findings == (replace(large, evidence=()),)


def test_the_more_findings_there_are_the_less_is_said_of_each_and_none_is_left_out() -> None:
    causes = ("host_paused", "keepalived_starved", "blind")
    each = [
        ReportedFinding(
            cause=cause,
            severity="warning",
            summary="s" * 150,
            remedy="r" * 250,
            evidence=(("seen", "e" * 90),),
        )
        for cause in causes
    ]
    told = replace(REPORT, routers=(replace(ROUTER, findings=tuple(each)),))
    (datagram,) = encode(ENVELOPE, told, KEY)
    read = decode(datagram, KEY)[1].routers[0].findings
    assert read == (
        each[0],
        replace(each[1], evidence=(), remedy=""),
        replace(each[2], evidence=(), remedy=""),
    )


def test_a_finding_without_a_router_before_it_is_malformed() -> None:
    with pytest.raises(DecodeError, match="malformed finding"):
        read(Cursor(section(Kind.FINDING, b"\x00" * 6)))
