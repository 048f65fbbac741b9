"""The peer link among others: another pair, a clock that jumps, another version over there, what is cut short."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import pytest

from hawatch import clock
from hawatch.evidence import PeerReport, ReportRefused
from hawatch.wire.report_datagram import MAC_BYTES, decode
from hawatch.wire.sections import Cursor, section
from tests.peer_agents import KEY, Addresses, Node, Stories, bound_to, link, told, wired
from tests.story import master, standby

HEADER = 21
MAJOR_AT, MINOR_AT = 2, 3
OF_TODAY_ALONE = range(4, 256)
"""Sections that minor version 0 did not have: it knew the node, the timing and the virtual routers."""


def signed(body: bytes) -> bytes:
    """A body as whoever has the key would send it."""
    return body + hmac.new(KEY, body, hashlib.sha256).digest()[:MAC_BYTES]


def of_version(datagram: bytes, *, major: int | None = None, minor: int | None = None) -> bytes:
    """The same datagram from an agent of another version, sealed anew."""
    body = bytearray(datagram[:-MAC_BYTES])
    body[MAJOR_AT] = body[MAJOR_AT] if major is None else major
    body[MINOR_AT] = body[MINOR_AT] if minor is None else minor
    return signed(bytes(body))


def by_a_newer_minor(datagram: bytes) -> bytes:
    """With a section that nobody knows today, in front and behind, as a later minor version may send it."""
    unknown = section(200, b"something that nobody knows today")
    body = of_version(datagram, minor=9)[:-MAC_BYTES]
    return signed(body[:HEADER] + unknown + body[HEADER:] + unknown)


def by_the_oldest_minor(datagram: bytes) -> bytes:
    """Without the sections that came later."""
    body = of_version(datagram, minor=0)[:-MAC_BYTES]
    cursor, kept = Cursor(body[HEADER:]), b""
    while not cursor.exhausted:
        kind, value = cursor.section()
        kept += b"" if kind in OF_TODAY_ALONE else section(kind, value)
    return signed(body[:HEADER] + kept)


async def hears_afresh(node: Node) -> PeerReport:
    """The next report that comes."""
    return await node.sees_afresh(PeerReport)


# --- another pair on the same LAN -----------------------------------------------------------------


@told
async def test_another_pair_with_another_key_is_counted_and_disturbs_no_conversation(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses) as (first, _wire, second):
        stories.agent("lb03", link(addresses[3], addresses[1]), key=b"the key of another pair")
        refused = await first.sees(ReportRefused)
        assert (refused.src, refused.reason) == (addresses[3], "wrong key")
        for node, peer in ((first, "lb02"), (second, "lb01")):
            assert (await hears_afresh(node)).report.node == peer
        assert {heard.report.node for heard in first.of(PeerReport)} == {"lb02"}


@pytest.mark.parametrize(("vrid", "vip"), [(77, "10.0.0.201"), (51, "10.9.0.201")])
def test_another_pair_with_our_key_says_nothing_of_our_vips(vrid: int, vip: str) -> None:
    """One key for all pairs, and links that cross: its words are authentic, and about something else."""
    for story in (master(), standby()):
        peer, owner = ("lb02", "lb01") if story.me == "lb01" else ("lb01", "lb01")
        for _ in range(6):
            story.report("lb03", held=True, vrid=vrid, vips=(vip,))
            story.report(peer, held=peer == owner)
            story.advert(owner)
            story.wait(1.0)
        assert story.verdicts == []
        assert story.verdict == "steady"


# --- a clock that jumps ---------------------------------------------------------------------------


class JumpingClock:
    """The real clock, but for the time of day, which somebody sets."""

    ahead = 0.0

    def monotonic(self) -> float:
        return clock.monotonic()

    def wall(self) -> float:
        return clock.wall() + self.ahead


@told
async def test_a_time_of_day_that_jumps_on_one_side_is_told_by_both_and_costs_no_report(
    stories: Stories, addresses: Addresses
) -> None:
    jumping = JumpingClock()
    first = stories.agent("lb01", link(addresses[1], addresses[2]), own_clock=jumping)
    second = stories.agent("lb02", link(addresses[2], addresses[1]))
    for ahead in (0.0, 3600.0, -86_400.0, 0.0):
        jumping.ahead = ahead
        for node, wanted in ((first, -ahead), (second, ahead)):

            def tells(heard: PeerReport, wanted: float = wanted) -> bool:
                return heard.clock_offset is not None and abs(heard.clock_offset - wanted) < 30

            heard = await node.sees_afresh(PeerReport, tells)
            assert heard.round_trip is not None
            assert 0 <= heard.round_trip < 30, "the monotonic clock measures it"
    assert [*first.of(ReportRefused), *second.of(ReportRefused)] == []


# --- a rolling upgrade ----------------------------------------------------------------------------


@pytest.mark.parametrize("sent_by_another_version", [by_a_newer_minor, by_the_oldest_minor])
@pytest.mark.parametrize("upgraded", ["1", "2"])
def test_one_node_of_another_minor_version_is_heard_in_both_directions(
    sent_by_another_version: Callable[[bytes], bytes], upgraded: str
) -> None:
    @told
    async def story(stories: Stories, addresses: Addresses) -> None:
        async with wired(stories, addresses) as (first, wire, second):
            wire.fate = lambda sender, datagram: [
                sent_by_another_version(datagram) if sender == upgraded else datagram
            ]
            await wire.carried(upgraded, 1)
            for node, peer in ((first, "lb02"), (second, "lb01")):
                heard = await hears_afresh(node)
                assert heard.report.node == peer
                assert heard.report.routers[0].vips[0].held is True
                assert heard.round_trip is not None
            assert [*first.of(ReportRefused), *second.of(ReportRefused)] == []

    story()


@pytest.mark.parametrize(("major", "reason"), [(0, "older major version"), (2, "newer major version")])
@pytest.mark.parametrize("upgraded", ["1", "2"])
def test_another_major_version_is_refused_by_name_and_heard_again_after_the_upgrade(
    major: int, reason: str, upgraded: str
) -> None:
    @told
    async def story(stories: Stories, addresses: Addresses) -> None:
        async with wired(stories, addresses) as (first, wire, second):
            old, hearer = (first, second) if upgraded == "1" else (second, first)
            wire.fate = lambda sender, datagram: [
                of_version(datagram, major=major) if sender == upgraded else datagram
            ]
            assert (await hearer.sees_afresh(ReportRefused)).reason == reason
            hearer.seen.clear()
            await wire.carried(upgraded, 3)
            await hears_afresh(old)
            assert hearer.of(PeerReport) == []
            wire.fate = lambda _sender, datagram: [datagram]
            await hears_afresh(hearer)

    story()


# --- what is cut short ----------------------------------------------------------------------------


@told
async def test_a_datagram_that_is_cut_short_at_any_length_is_refused_and_the_whole_one_is_taken(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses) as (first, wire, _second):
        wire.passes["2"] = False
        (whole,) = await wire.carried("2", 1)
        first.seen.clear()
        for length in range(len(whole)):
            wire.deliver("2", whole[:length])
        wire.deliver("2", whole)
        sequence = decode(whole, KEY)[0].sequence
        await first.sees(PeerReport, lambda heard: heard.sequence == sequence)
        refused = 0
        while refused < len(whole):
            told_of = await first.sees(ReportRefused)
            first.seen.remove(told_of)
            assert told_of.reason in {"truncated", "wrong key"}
            refused += told_of.count
        assert refused == len(whole)
        assert [heard.sequence for heard in first.of(PeerReport)] == [sequence]


@told
async def test_pieces_of_real_datagrams_that_are_put_together_anew_are_refused(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses) as (first, wire, second):
        one, other = await wire.carried("2", 2)
        with bound_to(addresses[3], stories.port) as attacker:
            for at in range(HEADER, min(len(one), len(other)), 7):
                attacker.sendto(one[:at] + other[at:], (addresses[1], stories.port))
        refused = await first.sees(ReportRefused)
        assert refused.src == addresses[3]
        assert (await hears_afresh(first)).src == addresses[11]
        assert (await hears_afresh(second)).report.node == "lb01"
