"""A witness's word on the wire: what is told comes through, nothing gets fresher, other keys and bytes are refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.report_datagram import decode as decode_report
from hawatch.wire.report_datagram import encode as encode_report
from hawatch.wire.sealed import MOST_BYTES
from hawatch.wire.witness import (
    Relayed,
    WitnessedAdverts,
    WitnessedAnswer,
    WitnessedMember,
    WitnessedOutage,
    WitnessedRound,
    WitnessedService,
    WitnessedVip,
    WitnessWord,
)
from hawatch.wire.witness_datagram import WitnessEnvelope, decode, encode, is_witness_word

KEY = b"the key of the pair web"
BOOT = "0123456789abcdef"
milliseconds = st.integers(0, 10**7).map(lambda number: number / 1000)
maybe = st.none() | milliseconds
names = st.text(min_size=1, max_size=20)
addresses = st.ip_addresses().map(lambda address: address_text(address.packed))
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
answers = st.lists(st.builds(WitnessedAnswer, mac=macs, count=st.integers(1, 255)), max_size=3).map(tuple)
rounds = st.builds(
    WitnessedRound,
    age=milliseconds,
    answers=answers,
    control_address=st.none() | addresses,
    control_answers=answers,
)
words = st.builds(
    WitnessWord,
    witness=names,
    version=st.sampled_from(["", "0.1.0"]),
    members=st.lists(
        st.builds(
            WitnessedMember,
            node=names,
            reachable=st.sampled_from([True, False, None]),
            asked_age=maybe,
            reached_age=maybe,
            report_age=maybe,
        ),
        max_size=3,
    ).map(tuple),
    vips=st.lists(
        st.builds(WitnessedVip, address=addresses, rounds=st.lists(rounds, max_size=4).map(tuple)), max_size=3
    ).map(tuple),
    adverts=st.lists(
        addresses.flatmap(
            lambda src: st.builds(
                WitnessedAdverts,
                family=st.just(Family.IPV6 if ":" in src else Family.IPV4),
                vrid=st.integers(0, 255),
                src=st.just(src),
                priority=st.integers(0, 255),
                age=milliseconds,
            )
        ),
        max_size=2,
    ).map(tuple),
    services=st.lists(
        st.builds(WitnessedService, name=names, up=st.sampled_from([True, False, None]), age=maybe),
        max_size=2,
    ).map(tuple),
    outages=st.lists(
        st.builds(
            WitnessedOutage,
            number=st.integers(0, 10**6),
            service=names,
            vip=addresses,
            began_age=milliseconds,
            seconds=maybe,
            lost=st.integers(0, 10**6),
            within=milliseconds,
        ),
        max_size=2,
    ).map(tuple),
)


def joined(datagrams: list[bytes]) -> WitnessWord:
    pieces = [decode(each, KEY)[1] for each in datagrams]
    first = pieces[0]
    return WitnessWord(
        witness=first.witness,
        version=first.version,
        members=first.members,
        vips=tuple(vip for piece in pieces for vip in piece.vips),
        adverts=tuple(advert for piece in pieces for advert in piece.adverts),
        services=tuple(service for piece in pieces for service in piece.services),
        outages=tuple(outage for piece in pieces for outage in piece.outages),
    )


@given(words, st.integers(0, 2**40), st.none() | st.integers(0, 2**48 - 1))
def test_what_a_witness_says_comes_through(word: WitnessWord, sequence: int, echoed: int | None) -> None:
    envelope = WitnessEnvelope(
        boot_id=BOOT, sequence=sequence, stamp=7, echoed_stamp=echoed, held=3 if echoed else 0
    )
    datagrams = encode(envelope, word, KEY)
    assert joined(datagrams) == word
    assert all(map(is_witness_word, datagrams))
    decoded = decode(datagrams[0], KEY)[0]
    assert (decoded.stamp, decoded.echoed_stamp, decoded.sequence) == (7, echoed, sequence)


@given(st.floats(0, 1000))
def test_nothing_gets_fresher_and_no_outage_longer_on_the_wire(age: float) -> None:
    word = WitnessWord(
        witness="w",
        members=(
            WitnessedMember(node="lb01", reachable=True, asked_age=age, reached_age=age, report_age=age),
        ),
        outages=(
            WitnessedOutage(
                number=1, service="web", vip="10.0.0.100", began_age=age, seconds=age, lost=2, within=0.2
            ),
        ),
    )
    told = joined(encode(WitnessEnvelope(boot_id=BOOT, sequence=1), word, KEY))
    assert age - 1e-8 <= (told.members[0].asked_age or 0.0) < age + 0.002
    seconds = told.outages[0].seconds
    assert seconds is not None
    assert age - 0.002 < seconds <= age + 1e-8


def test_twenty_vips_go_in_pieces_and_only_the_last_answers() -> None:
    told = WitnessedRound(
        age=0.1,
        answers=(
            WitnessedAnswer(mac="02:00:00:00:00:01", count=1),
            WitnessedAnswer(mac="02:00:00:00:00:02", count=1),
        ),
        control_address="10.0.0.1",
        control_answers=(WitnessedAnswer(mac="02:00:00:00:00:01", count=1),),
    )
    vips = tuple(WitnessedVip(address=f"10.0.0.{n}", rounds=(told,) * 4) for n in range(100, 120))
    word = WitnessWord(witness="w", vips=vips)
    datagrams = encode(WitnessEnvelope(boot_id=BOOT, sequence=5, answers=True), word, KEY)
    assert len(datagrams) > 1
    assert all(len(each) <= MOST_BYTES for each in datagrams)
    envelopes = [decode(each, KEY)[0] for each in datagrams]
    assert [each.sequence for each in envelopes] == [*range(5, 5 + len(datagrams))]
    assert [each.answers for each in envelopes] == [False] * (len(datagrams) - 1) + [True]
    assert joined(datagrams).vips == vips


def test_services_of_fifty_vips_are_said_once_and_not_beside_each_vip() -> None:
    vips = tuple(f"fd00::{n:x}" for n in range(0x100, 0x132))
    word = WitnessWord(
        witness="w",
        vips=tuple(WitnessedVip(address=vip) for vip in vips),
        services=tuple(WitnessedService(name=f"ping {vip}", up=True, age=0.5) for vip in vips),
    )
    datagrams = encode(WitnessEnvelope(boot_id=BOOT, sequence=1), word, KEY)
    assert len(datagrams) <= 4
    assert joined(datagrams) == word


def test_what_is_passed_on_is_the_members_own_datagram() -> None:
    (own,) = encode_report(Envelope(boot_id=BOOT, sequence=9), NodeReport(node="lb01", routers=()), KEY)
    word = WitnessWord(witness="w")
    datagrams = encode(
        WitnessEnvelope(boot_id=BOOT, sequence=1),
        word,
        KEY,
        [Relayed(age=0.25, round_trip=0.001, datagram=own), Relayed(age=1, round_trip=None, datagram=own)],
    )
    assert len(datagrams) == 3
    (relayed,) = decode(datagrams[1], KEY)[2]
    assert (relayed.age, relayed.round_trip) == (0.25, 0.001)
    assert decode_report(relayed.datagram, KEY)[1].node == "lb01"
    assert decode(datagrams[2], KEY)[2][0].round_trip is None


@given(st.binary(max_size=60))
def test_whatever_else_arrives_is_refused_in_words(data: bytes) -> None:
    for datagram in (
        data,
        b"hV" + data,
        encode(WitnessEnvelope(boot_id=BOOT, sequence=1), WitnessWord(witness="w"), KEY)[0][: len(data)],
    ):
        with pytest.raises(DecodeError):
            decode(datagram, KEY)


@given(st.integers(0, 1000), st.integers(1, 255))
def test_a_changed_byte_is_a_wrong_key(at: int, change: int) -> None:
    (datagram,) = encode(WitnessEnvelope(boot_id=BOOT, sequence=1), WitnessWord(witness="w"), KEY)
    at %= len(datagram)
    changed = datagram[:at] + bytes((datagram[at] ^ change,)) + datagram[at + 1 :]
    with pytest.raises(DecodeError):
        decode(changed, KEY)


def test_another_pairs_key_opens_nothing() -> None:
    (datagram,) = encode(WitnessEnvelope(boot_id=BOOT, sequence=1), WitnessWord(witness="w"), KEY)
    with pytest.raises(DecodeError, match="wrong key"):
        decode(datagram, b"the key of the pair mail")


@given(st.binary(max_size=80))
def test_sealed_nonsense_of_a_key_holder_is_refused_or_read_and_never_crashes(body: bytes) -> None:
    from hawatch.wire.sealed import Sealed, seal

    datagram = seal(b"hV", Sealed(boot_id=BOOT, sequence=1, body=body), KEY)
    with contextlib.suppress(DecodeError):
        assert decode(datagram, KEY)[1].witness
