"""Two agents and the wire between them: real sockets on the loopback network, each story on addresses of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from itertools import pairwise

import pytest

from hawatch import clock
from hawatch.evidence import LinkState, PeerReport, ReportRefused
from hawatch.observers.peer_link.path import Path
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope, decode, encode
from tests.peer_agents import KEY, Addresses, Stories, Wire, bound_to, link, told, wired

GUARD = 30.0


@told
async def test_two_agents_hear_each_other_and_measure_the_round_trip(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2], peer="lb02"))
    second = stories.agent("lb02", link(addresses[2], addresses[1], peer="lb01"))
    heard = await first.sees(PeerReport)
    assert (heard.link, heard.src, heard.report.node) == ("lan", addresses[2], "lb02")
    assert heard.round_trip is not None
    assert 0 <= heard.round_trip < 60
    await second.sees(PeerReport)
    assert first.of(LinkState) == [LinkState(at=first.of(LinkState)[0].at, peer="lb02", link="lan", up=True)]


@told
async def test_a_report_is_as_of_the_moment_it_is_sent_and_the_round_trip_bounds_its_way(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses) as (first, _wire, second):
        for _ in range(20):
            heard = await first.sees_afresh(PeerReport)
            sent_at = second.started + heard.report.routers[0].vips[0].for_seconds
            assert heard.round_trip is not None
            assert heard.at - heard.round_trip - 0.000_5 <= sent_at + 0.001
            assert sent_at <= heard.at + 0.000_5


@told
async def test_reports_keep_coming_each_of_them_once_and_in_order(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses) as (first, _wire, _second):
        latest = (await first.sees_afresh(PeerReport)).sequence
        await first.sees(PeerReport, lambda heard: heard.sequence >= latest + 5)
        sequences = [heard.sequence for heard in first.of(PeerReport)]
        # On a busy machine one may miss the other for a moment: what it then asks to be passed on takes a number, too.
        assert sequences == sorted(set(sequences))


@told
async def test_what_was_to_be_sent_once_all_is_read_opens_no_socket_after_the_link_has_ended(
    stories: Stories, addresses: Addresses
) -> None:
    waiting: list[Callable[[], None]] = []
    wanted = asyncio.Event()

    def later(do: Callable[[], None]) -> None:
        waiting.append(do)
        wanted.set()

    stories.agent("lb01", link(addresses[1], addresses[2]), once_read=later)
    await asyncio.wait_for(wanted.wait(), GUARD)
    await stories.end()
    for do in waiting:
        do()
    successor = stories.agent("lb01", link(addresses[1], addresses[2]))
    assert (await successor.sees(LinkState)).up


def test_an_end_that_was_never_heard_is_spoken_to_seldom_until_it_answers() -> None:
    path = Path(peer="lb02", link="lan", remote="192.0.2.2")
    assert [path.is_due() for _ in range(15)].count(True) == 5 + 2
    path.heard_at = 1.0
    assert all(path.is_due() for _ in range(5))


@told
async def test_a_question_is_answered_at_once_with_a_fresh_report(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]), interval=3600)
    second = stories.agent("lb02", link(addresses[2], addresses[1]), interval=3600)
    await first.sees(PeerReport)
    await second.sees(PeerReport)
    for _ in range(3):
        asked_at = clock.monotonic()
        first.link.push(ask=True)
        answer = await first.sees_afresh(PeerReport)
        told_at = second.started + answer.report.routers[0].vips[0].for_seconds
        assert told_at >= asked_at - 0.001


@told
async def test_a_push_that_does_not_ask_gets_no_answer(stories: Stories, addresses: Addresses) -> None:
    async with wired(stories, addresses, interval=3600) as (first, wire, second):
        first.link.push(ask=False)
        await second.sees_afresh(PeerReport)
        first.link.push(ask=True)
        (answer,) = await wire.carried("2", 1)
        pushed, asked = (decode(datagram, KEY)[0] for datagram in wire.sent["1"][-2:])
        assert (pushed.asks, asked.asks) == (False, True)
        assert decode(answer, KEY)[0].echoed_stamp == asked.stamp


@told
async def test_a_question_without_answer_is_repeated_three_times_and_no_more(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses, interval=3600) as (first, wire, _):
        wire.passes = {"1": False, "2": False}
        before = len(wire.sent["1"])
        first.link.push(ask=True)
        await wire.carried("1", 4)
        await first.settled()
        await wire.quiet()
        questions = [decode(datagram, KEY)[0] for datagram in wire.sent["1"][before:]]
        assert [question.asks for question in questions] == [True] * 4
        assert len({question.sequence for question in questions}) == 4


@told
async def test_a_lost_question_is_made_good_by_its_repetition(stories: Stories, addresses: Addresses) -> None:
    async with wired(stories, addresses, interval=3600) as (first, wire, _):
        first.seen.clear()
        wire.passes["1"] = False
        first.link.push(ask=True)
        await wire.carried("1", 1)
        wire.passes["1"] = True
        await first.sees(PeerReport)


@told
async def test_a_wrong_key_is_refused_and_counted_and_nothing_else_happens(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]))
    stories.agent("lb02", link(addresses[2], addresses[1]), key=b"another key")
    refused = await first.sees(ReportRefused)
    assert (refused.link, refused.src, refused.reason) == ("lan", addresses[2], "wrong key")
    assert first.of(PeerReport) == []


@told
async def test_a_flood_of_junk_is_folded_by_sender_and_reason(stories: Stories, addresses: Addresses) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]))
    await first.sees(LinkState)
    with bound_to(addresses[2], stories.port) as attacker:
        for _ in range(40):
            attacker.sendto(b"hW\x01\x00 short", (addresses[1], stories.port))
            attacker.sendto(b"something else altogether, of any length", (addresses[1], stories.port))
    counts = {"truncated": 0, "not a hawatch report": 0}
    while sum(counts.values()) < 80:
        refused = await first.sees(ReportRefused)
        first.seen.remove(refused)
        counts[refused.reason] += refused.count
    assert counts == {"truncated": 40, "not a hawatch report": 40}


@told
async def test_a_recorded_datagram_is_not_taken_again(stories: Stories, addresses: Addresses) -> None:
    async with wired(stories, addresses) as (first, wire, _second):
        recorded = (await wire.carried("2", 1))[0]
        sequence = decode(recorded, KEY)[0].sequence
        await first.sees(PeerReport, lambda heard: heard.sequence == sequence)
        wire.deliver("2", recorded)
        refused = await first.sees(ReportRefused)
        assert refused.reason == "replayed"
        assert [each.sequence for each in first.of(PeerReport)].count(sequence) == 1


@told
async def test_datagrams_that_overtake_each_other_are_all_taken(
    stories: Stories, addresses: Addresses
) -> None:
    async with wired(stories, addresses) as (first, wire, _second):
        wire.passes["2"] = False
        held_back = await wire.carried("2", 5)
        first.seen.clear()
        for datagram in reversed(held_back):
            wire.deliver("2", datagram)
        wanted = [decode(datagram, KEY)[0].sequence for datagram in reversed(held_back)]
        await first.sees(PeerReport, lambda heard: heard.sequence == wanted[-1])
        assert [heard.sequence for heard in first.of(PeerReport)] == wanted
        assert first.of(ReportRefused) == []


@told
async def test_a_restarted_peer_is_heard_and_its_former_run_never_again(
    stories: Stories, addresses: Addresses
) -> None:
    wire = Wire(addresses, stories.port)
    first = stories.agent("lb01", link(addresses[1], addresses[11]))
    stories.agent("lb02", link(addresses[2], addresses[12]))
    former = await first.sees(PeerReport)
    recorded = wire.sent["2"][-1]
    running = stories.tasks.pop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    stories.agent("lb02", link(addresses[2], addresses[12]))
    latter = await first.sees(PeerReport, lambda heard: heard.boot_id != former.boot_id)
    wire.deliver("2", recorded)
    await first.sees(ReportRefused, lambda refused: refused.reason == "old boot id")
    assert {each.boot_id for each in first.of(PeerReport)} == {former.boot_id, latter.boot_id}
    wire.close()


@told
async def test_a_recording_does_not_bring_a_dead_peer_to_life(stories: Stories, addresses: Addresses) -> None:
    async with wired(stories, addresses) as (_first, wire, _second):
        recorded = await wire.carried("2", 3)
    await stories.end()
    restarted = stories.agent("lb01", link(addresses[1], addresses[11]))
    await restarted.sees(LinkState)
    with bound_to(addresses[11], stories.port) as attacker:
        for datagram in recorded * 2:
            attacker.sendto(datagram, (addresses[1], stories.port))
            await asyncio.sleep(0.11)  # past the pause between two greetings
    refused = await restarted.sees(ReportRefused)
    assert refused.reason == "unproved boot id"
    assert restarted.of(PeerReport) == []


@told
async def test_a_goodbye_tells_the_expected_return_and_waits_until_it_was_heard(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]), interval=3600)
    second = stories.agent("lb02", link(addresses[2], addresses[1]), interval=3600)
    await first.sees(PeerReport)
    await second.sees(PeerReport)
    await second.link.goodbye(120.0)
    leaving = [heard for heard in first.of(PeerReport) if heard.report.leaving]
    assert {heard.report.expected_return for heard in leaving} == {120.0}


@told
async def test_a_goodbye_to_nobody_ends(stories: Stories, addresses: Addresses) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]))
    await first.sees(LinkState)
    await asyncio.wait_for(first.link.goodbye(None), 60)


@told
async def test_a_peer_that_nobody_listed_is_learned_and_spoken_to(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]))
    await first.sees(LinkState)
    unlisted = stories.agent("lb03", link(addresses[3], addresses[1], peer="lb01"))
    heard = await first.sees(PeerReport)
    assert (heard.report.node, heard.link) == ("lb03", addresses[3])
    assert (await unlisted.sees(PeerReport)).report.node == "lb01"
    before = len(unlisted.of(PeerReport))
    await unlisted.sees(PeerReport, lambda _: len(unlisted.of(PeerReport)) > before + 2)


@told
async def test_a_peer_that_speaks_from_another_of_its_addresses_is_known_by_its_name(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2], peer="lb02"))
    await first.sees(LinkState)
    stories.agent("lb02", link(addresses[9], addresses[1]))
    heard = await first.sees(PeerReport)
    assert (heard.link, heard.src) == ("lan", addresses[9])


@told
async def test_a_peer_that_speaks_from_a_vip_is_answered_at_its_own_address(
    stories: Stories, addresses: Addresses
) -> None:
    vip = addresses[9]
    first = stories.agent("lb01", link(addresses[1], addresses[2], peer="lb02"), vips=frozenset({vip}))
    await first.sees(LinkState)
    own, at_vip = bound_to(addresses[2], stories.port), bound_to(vip, stories.port)
    loop, report = asyncio.get_running_loop(), NodeReport(node="lb02", routers=())
    with own, at_vip:
        for number in range(1, 4):
            envelope, _ = decode(await asyncio.wait_for(loop.sock_recv(own, 65_535), 60), KEY)
            hello = Envelope(
                boot_id="00" * 8, sequence=number, stamp=4711, echoed_stamp=envelope.stamp, asks=True
            )
            (datagram,) = encode(hello, report, KEY)
            at_vip.sendto(datagram, (addresses[1], stories.port))
        heard = await first.sees(PeerReport)
        assert (heard.link, heard.src) == ("lan", vip)
        assert first.link is not None
        (path,) = first.link._paths
        assert [address[0] for _, address in path.ways()] == [addresses[2]], "letters go there, too"
        with pytest.raises(BlockingIOError):
            at_vip.recv(65_535)


@told
async def test_a_vip_is_learned_as_nobodys_address(stories: Stories, addresses: Addresses) -> None:
    vip = addresses[9]
    first = stories.agent("lb01", link(addresses[1], addresses[2], peer="lb02"), vips=frozenset({vip}))
    await first.sees(LinkState)
    stories.agent("lb03", link(vip, addresses[1], peer="lb01"))
    refused = await first.sees(ReportRefused)
    assert (refused.src, refused.reason) == (vip, "sent from a VIP")
    assert first.of(PeerReport) == []


@told
async def test_an_agent_that_knows_no_peer_hears_those_that_know_it(
    stories: Stories, addresses: Addresses
) -> None:
    lonely = stories.agent("lb01")
    assert (await lonely.sees(LinkState)).up
    report = NodeReport(node="lb02", routers=())
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as peer:
        peer.bind((addresses[2], 0))
        hello = Envelope(boot_id="00" * 8, sequence=1, stamp=4711)
        peer.sendto(encode(hello, report, KEY)[0], (addresses[1], stories.port))
        greeting, _ = decode(await loop.sock_recv(peer, 65_535), KEY)
        assert (greeting.asks, greeting.echoed_stamp) == (True, 4711)
        proof = Envelope(boot_id="00" * 8, sequence=2, echoed_stamp=greeting.stamp, answers=True)
        peer.sendto(encode(proof, report, KEY)[0], (addresses[1], stories.port))
        heard = await lonely.sees(PeerReport)
    assert (heard.report.node, heard.link, heard.sequence) == ("lb02", addresses[2], 2)
    assert heard.round_trip is not None


@told
async def test_a_link_whose_address_is_not_here_is_down_and_the_others_go_on(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent(
        "lb01",
        link(addresses[1], addresses[2]),
        link("203.0.113.77", addresses[2], name="heartbeat"),
        link(addresses[1], "x" * 64 + ".invalid", name="named"),
        link("nosuchif0", addresses[2], name="device"),
    )
    stories.agent("lb02", link(addresses[2], addresses[1]))
    await first.sees(PeerReport, lambda heard: heard.link == "lan")
    problems = {}
    for name in ("heartbeat", "named", "device"):
        state = await first.sees(LinkState, lambda state, name=name: state.link == name)  # type: ignore[misc]
        assert state.up is False
        problems[name] = state.problem
    assert problems == {
        "heartbeat": "address 203.0.113.77 is not on this host",
        "named": "x" * 64 + ".invalid: not a host name",
        "device": "interface nosuchif0 does not exist",
    }


@told
async def test_a_port_in_use_is_told_once_and_the_link_comes_up_when_it_is_free(
    stories: Stories, addresses: Addresses
) -> None:
    with bound_to(addresses[1], stories.port):
        first = stories.agent("lb01", link(addresses[1], addresses[2]))
        state = await first.sees(LinkState)
        assert (state.up, state.problem) == (False, f"UDP port {stories.port} is in use on {addresses[1]}")
    await first.sees(LinkState, lambda state: state.up)
    assert [state.up for state in first.of(LinkState)] == [False, True]


@told
async def test_a_link_to_oneself_proves_nothing(stories: Stories, addresses: Addresses) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[1]))
    assert (await first.sees(ReportRefused)).reason == "own datagram"
    stories.agent("lb01", link(addresses[2], addresses[1]))
    await first.sees(ReportRefused, lambda refused: refused.reason == "own node name")
    assert first.of(PeerReport) == []


@told
async def test_a_large_report_comes_in_slices(stories: Stories, addresses: Addresses) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]), routers=200, interval=3600)
    second = stories.agent("lb02", link(addresses[2], addresses[1]), interval=3600)
    await second.sees(PeerReport)
    await first.settled()
    second.seen.clear()
    first.link.push(ask=False)

    def whole(last: PeerReport) -> list[NodeReport]:
        """The slices that came last, if they are one report."""
        count = last.report.slices
        slices = [heard.report for heard in second.of(PeerReport)][-count:]
        return slices if [each.slice_number for each in slices] == list(range(count)) else []

    slices = whole(await second.sees(PeerReport, lambda heard: bool(whole(heard))))
    assert [router.vrid for each in slices for router in each.routers] == list(range(1, 201))
    assert len(slices) > 1


@told
async def test_a_report_larger_than_any_socket_buffer_arrives_whole_at_every_interval(
    stories: Stories, addresses: Addresses
) -> None:
    count = 255
    stories.agent("lb01", link(addresses[1], addresses[2]), interval=0.5, routers=count, vips_each=120)
    second = stories.agent("lb02", link(addresses[2], addresses[1]))

    def begins() -> list[int]:
        return [each.sequence for each in second.of(PeerReport) if each.report.slice_number == 0]

    await second.sees(PeerReport, lambda _: len(begins()) == 3)
    for begin, end in pairwise(begins()):
        told = [each.report for each in second.of(PeerReport) if begin <= each.sequence < end]
        assert {router.vrid for each in told for router in each.routers} == set(range(1, count + 1))
        assert len(told) > 200


@told
async def test_a_question_in_many_datagrams_is_not_repeated_before_it_is_out(
    stories: Stories, addresses: Addresses
) -> None:
    first = stories.agent("lb01", link(addresses[1], addresses[2]), interval=3600, routers=255, vips_each=120)
    second = stories.agent("lb02", link(addresses[2], addresses[1]), interval=3600)
    await first.settled()
    second.seen.clear()
    first.link.push(ask=True)
    first.link.push(ask=True)
    first.link.push(ask=False)
    await second.sees(PeerReport, lambda heard: heard.report.slice_number == heard.report.slices - 1)
    await first.settled()
    told = second.of(PeerReport)
    assert len(told) <= 2 * told[0].report.slices
