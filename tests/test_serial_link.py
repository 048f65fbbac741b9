"""Two agents at the ends of a serial cable that is as slow as a real one: pseudo terminals and the lab's relay."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.lab.serial_cable import SerialCable
from hawatch import clock
from hawatch.evidence import EchoResult, LinkState, PeerReport, ReportRefused
from hawatch.heartbeat import Heart, live_by
from hawatch.observers.peer_link.post import Post
from hawatch.observers.peer_link.serial_wire import SerialWire
from hawatch.targets import SerialTarget
from hawatch.wire.letter import Letter
from hawatch.wire.report_sections import Kind
from hawatch.wire.sections import Cursor
from hawatch.wire.serial_datagram import ItemKind, decode, is_slow_report
from hawatch.wire.serial_frame import Assembly, FrameReader
from tests.peer_agents import KEY, Addresses, Node, Stories, link, told


def end(directory: Path, mine: str, *, baud: int = 115200) -> SerialTarget:
    peer = "lb02" if mine == "lb01" else "lb01"
    return SerialTarget(peer=peer, link="serial", device=str(directory / mine), baud=baud)


@contextlib.asynccontextmanager
async def cabled(
    stories: Stories,
    *,
    baud: int = 115200,
    interval: float = 0.1,
    keys: tuple[bytes, bytes] = (KEY, KEY),
    posts: tuple[Post | None, Post | None] = (None, None),
    addresses: Addresses | None = None,
    routers: int = 1,
) -> AsyncIterator[tuple[Node, SerialCable, Node]]:
    """lb01 and lb02 at a cable; with addresses they hear each other by UDP, too."""
    with TemporaryDirectory() as place:
        directory = Path(place)
        ends = {name: directory / name for name in ("lb01", "lb02")}
        with SerialCable(ends, baud=baud) as cable:
            nodes = [
                stories.agent(
                    name,
                    *([link(addresses[number], addresses[3 - number], peer=other)] if addresses else []),
                    interval=interval,
                    key=key,
                    post=post,
                    routers=routers,
                    cables=(end(directory, name, baud=baud),),
                )
                for number, name, other, key, post in zip(
                    (1, 2), ends, reversed(ends), keys, posts, strict=True
                )
            ]
            yield nodes[0], cable, nodes[1]
            await stories.end()


@contextlib.asynccontextmanager
async def halves(stories: Stories) -> AsyncIterator[tuple[Node, Path]]:
    """Two agents with half a cable each, whose other ends, `far` and `near`, are somebody's in between."""
    with TemporaryDirectory() as place:
        directory = Path(place)
        ends = {name: directory / name for name in ("lb01", "far")}
        others = {name: directory / name for name in ("near", "lb02")}
        with SerialCable(ends, baud=115200), SerialCable(others, baud=115200):
            first = stories.agent("lb01", interval=0.1, cables=(end(directory, "lb01"),))
            stories.agent("lb02", interval=0.1, cables=(end(directory, "lb02"),))
            yield first, directory
            await stories.end()


def told_without_addresses(story: Callable[[Stories], Coroutine[None, None, None]]) -> Callable[[], None]:
    """A test that needs no network."""

    @wraps(story)
    async def whole(stories: Stories, addresses: Addresses) -> None:
        del addresses
        await story(stories)

    return told(whole)


def over_cable(heard: PeerReport) -> bool:
    return heard.link == "serial"


def of_cable(state: LinkState) -> bool:
    return state.link == "serial"


@told_without_addresses
async def test_over_a_cable_alone_two_agents_hear_each_other(stories: Stories) -> None:
    async with cabled(stories) as (first, _cable, second):
        heard = await first.sees(PeerReport)
        assert (heard.link, heard.src, heard.report.node, heard.report.slices) == ("serial", "", "lb02", 1)
        assert heard.report.routers[0].vips[0].held is True
        await second.sees(PeerReport)
        echo = await first.sees(EchoResult, lambda each: each.replied is True)
        assert (echo.target, echo.link, echo.address) == ("lb02", "serial", "")
        state = await first.sees(LinkState, of_cable)
        assert state.up is True
        assert state.device.endswith("/lb01")


@told_without_addresses
async def test_a_report_is_as_of_its_sending_and_the_round_trip_bounds_its_way(stories: Stories) -> None:
    async with cabled(stories, baud=9600, interval=0.5) as (first, _cable, second):
        for _ in range(6):
            heard = await first.sees_afresh(PeerReport, lambda each: each.round_trip is not None)
            assert heard.round_trip is not None
            sent_at = second.started + heard.report.routers[0].vips[0].for_seconds
            assert heard.at - heard.round_trip - 0.001 <= sent_at + 0.002
            assert sent_at <= heard.at + 0.001
            assert heard.round_trip > 0.1


@told_without_addresses
async def test_a_question_is_answered_at_once(stories: Stories) -> None:
    async with cabled(stories, interval=3600) as (first, _cable, second):
        await first.sees(PeerReport)
        await second.sees(PeerReport)
        for _ in range(3):
            await asyncio.sleep(0.3)
            asked_at = clock.monotonic()
            first.link.push(ask=True)
            answer = await first.sees_afresh(PeerReport)
            while second.started + answer.report.routers[0].vips[0].for_seconds < asked_at - 0.002:
                answer = await first.sees_afresh(PeerReport)


@told_without_addresses
async def test_a_wrong_key_on_the_cable_is_refused_and_named(stories: Stories) -> None:
    async with cabled(stories, keys=(KEY, b"another key")) as (first, _cable, second):
        for node in (first, second):
            refused = await node.sees(ReportRefused)
            assert (refused.link, refused.reason) == ("serial", "wrong key")
            assert refused.src.startswith("/")
            assert node.of(PeerReport) == []


@told_without_addresses
async def test_an_agent_that_was_restarted_is_believed_again_and_told_everything(stories: Stories) -> None:
    async with cabled(stories) as (first, cable, _second):
        before = await first.sees(PeerReport, lambda each: each.report.slices == 1)
        stories.tasks.pop().cancel()
        again = stories.agent("lb02", interval=0.1, cables=(end(cable.paths["lb02"].parent, "lb02"),))
        heard = await first.sees(PeerReport, lambda each: each.boot_id != before.boot_id)
        assert heard.report.routers[0].vips[0].held is True
        told_anew = await again.sees(PeerReport, lambda each: each.report.slices == 1)
        assert told_anew.report.node == "lb01"


@told_without_addresses
async def test_what_was_recorded_on_the_line_is_refused_when_it_comes_again(stories: Stories) -> None:
    async with halves(stories) as (first, directory):
        with spliced(directory / "far", directory / "near") as recorded:
            await first.sees(PeerReport)
            whole = bytes(recorded)
        with typing(directory / "far", whole):
            refused = await first.sees_afresh(ReportRefused)
            assert refused.reason in {"replayed", "too old"}


@told_without_addresses
async def test_an_agent_that_has_been_heard_is_told_vips_in_runs_which_its_version_can_read(
    stories: Stories,
) -> None:
    async with halves(stories) as (first, directory):
        with spliced(directory / "far", directory / "near") as recorded:
            async with asyncio.timeout(20):
                while Kind.VIP_RUNS not in kinds_told(bytes(recorded)):
                    await first.sees_afresh(PeerReport)
            heard = await first.sees_afresh(PeerReport)
            assert [vip.held for vip in heard.report.routers[0].vips] == [True]


def kinds_told(recorded: bytes) -> set[int]:
    """What sections the items of virtual routers are made of."""
    kinds, assembly = set(), Assembly()
    for datagram in map(assembly.add, FrameReader().feed(recorded)):
        for item in decode(datagram, KEY).items if datagram and is_slow_report(datagram) else ():
            cursor = Cursor(item.body if item.kind == ItemKind.ROUTER else b"")
            while not cursor.exhausted:
                kinds.add(cursor.section()[0])
    return kinds


@contextlib.contextmanager
def spliced(one: Path, other: Path) -> Iterator[bytearray]:
    """Two cables made one, by somebody who records what comes to the first end."""
    recorded = bytearray()
    loop = asyncio.get_running_loop()
    descriptors = [os.open(each, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) for each in (one, other)]

    def carry(source: int, sink: int) -> None:
        data = os.read(source, 4096)
        os.write(sink, data)
        if sink == descriptors[0]:
            recorded.extend(data)

    loop.add_reader(descriptors[0], carry, descriptors[0], descriptors[1])
    loop.add_reader(descriptors[1], carry, descriptors[1], descriptors[0])
    try:
        yield recorded
    finally:
        for descriptor in descriptors:
            loop.remove_reader(descriptor)
            os.close(descriptor)


@told_without_addresses
async def test_a_loop_plug_is_told_from_a_peer(stories: Stories) -> None:
    with TemporaryDirectory() as place:
        directory = Path(place)
        with SerialCable({"lb01": directory / "lb01", "far": directory / "far"}, baud=115200):
            node = stories.agent("lb01", interval=0.05, cables=(end(directory, "lb01"),))
            await node.sees(LinkState)
            with looped(directory / "far"):
                refused = await node.sees(ReportRefused)
                assert refused.reason == "own datagram"
            await stories.end()


@contextlib.contextmanager
def looped(device: Path) -> Iterator[None]:
    """Whatever comes goes back."""
    descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, lambda: os.write(descriptor, os.read(descriptor, 4096)))
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


@told_without_addresses
async def test_a_device_that_is_not_there_is_named_and_used_when_it_comes(stories: Stories) -> None:
    with TemporaryDirectory() as place:
        directory = Path(place)
        node = stories.agent("lb01", interval=0.05, cables=(end(directory, "lb01"),))
        state = await node.sees(LinkState, of_cable)
        assert (state.up, state.problem) == (False, f"{directory}/lb01 is not there")
        with SerialCable({name: directory / name for name in ("lb01", "lb02")}, baud=115200):
            stories.agent("lb02", interval=0.05, cables=(end(directory, "lb02"),))
            await node.sees(PeerReport)
            assert [each for each in node.of(LinkState) if of_cable(each)][-1].up is True
            await stories.end()


@told_without_addresses
async def test_an_adapter_that_is_pulled_out_is_named_and_used_again_when_it_is_back(
    stories: Stories,
) -> None:
    async with cabled(stories) as (first, cable, _second):
        await first.sees(PeerReport)
        with cable.unplug("lb01"):
            gone = await first.sees_afresh(LinkState, of_cable)
            assert gone.up is False
            assert "is gone" in (gone.problem or "") or "is not there" in (gone.problem or "")
        await first.sees_afresh(PeerReport)
        assert (await first.sees(LinkState, lambda each: of_cable(each) and each.up)).problem is None


@told_without_addresses
async def test_a_file_that_is_no_serial_port_is_named(stories: Stories) -> None:
    with TemporaryDirectory() as place:
        device = Path(place) / "lb01"
        device.write_text("a file")
        node = stories.agent("lb01", interval=0.05, cables=(end(Path(place), "lb01"),))
        state = await node.sees(LinkState, of_cable)
        assert state.problem == f"{device} is no serial port that can have 115200 baud"


@told
async def test_the_half_of_a_cable_is_told_at_both_ends(stories: Stories, addresses: Addresses) -> None:
    async with cabled(stories, addresses=addresses) as (first, cable, second):
        for node in (first, second):
            await node.sees(PeerReport, over_cable)
        with cable.cut_from("lb01"):
            deaf = await second.sees(LinkState, lambda each: each.link == "serial" and not each.up)
            assert "nothing comes over" in (deaf.problem or "")
            mute = await first.sees(LinkState, lambda each: each.link == "serial" and not each.up)
            assert "hears nothing over" in (mute.problem or "")
            for node in (first, second):
                await node.sees_afresh(EchoResult, lambda each: each.replied is False)
        for node in (first, second):
            await node.sees_afresh(EchoResult, lambda each: each.replied is True)


@told
async def test_what_is_no_frame_is_told_as_such(stories: Stories, addresses: Addresses) -> None:
    with TemporaryDirectory() as place:
        directory = Path(place)
        with SerialCable({"lb01": directory / "lb01", "far": directory / "far"}, baud=115200):
            first = stories.agent(
                "lb01",
                link(addresses[1], addresses[2], peer="lb02"),
                interval=0.05,
                cables=(end(directory, "lb01"),),
            )
            stories.agent("lb02", link(addresses[2], addresses[1], peer="lb01"), interval=0.05)
            await first.sees(PeerReport)
            with typing(directory / "far", b"\0lb02 login: "):
                seen = await first.sees(LinkState, lambda each: each.link == "serial" and not each.up)
                while "cannot be read" not in (seen.problem or ""):
                    seen = await first.sees_afresh(LinkState, of_cable)
            await stories.end()


@contextlib.contextmanager
def typing(device: Path, words: bytes) -> Iterator[None]:
    """Somebody else on the line, who says this over and over."""
    descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    async def type_on() -> None:
        while True:
            with contextlib.suppress(BlockingIOError):
                os.write(descriptor, words)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(type_on())
    try:
        yield
    finally:
        task.cancel()
        os.close(descriptor)


@told
async def test_noise_costs_frames_and_never_makes_one(stories: Stories, addresses: Addresses) -> None:
    async with cabled(stories, interval=0.05, addresses=addresses) as (first, cable, _second):
        await first.sees(PeerReport, over_cable)
        with cable.noise(flip=0.004, rate=50):
            noisy = await first.sees(
                LinkState,
                lambda each: "damaged" in (each.problem or "") or "cannot be read" in (each.problem or ""),
            )
            assert noisy.up is False
            await first.sees_afresh(PeerReport, over_cable)
        assert not [each for each in first.of(ReportRefused) if each.reason == "wrong key"]
        assert all(each.report.node == "lb02" for each in first.of(PeerReport))


@told_without_addresses
async def test_letters_go_over_the_cable_when_there_is_nothing_else(stories: Stories) -> None:
    letters = [Letter(id=f"incident/{n}", version="1", body=bytes([n]) * 3000) for n in range(4)]
    waiting, taken, delivered = list(letters), [], asyncio.Event()

    async def take(_node: str, letter: Letter) -> None:
        taken.append(letter)

    def arrived(_node: str, about: str, _version: str) -> None:
        waiting[:] = [each for each in waiting if each.id != about]
        if not waiting:
            delivered.set()

    sender = Post(waiting=lambda _node: waiting, take=take, delivered=arrived)
    receiver = Post(waiting=lambda _node: [], take=take, delivered=lambda *_: None)
    async with cabled(stories, posts=(sender, receiver)):
        await asyncio.wait_for(delivered.wait(), 60)
    assert {letter.id for letter in taken} == {letter.id for letter in letters}


@told_without_addresses
async def test_with_fifty_routers_at_9600_baud_half_of_the_line_stays_free(stories: Stories) -> None:
    async with cabled(stories, baud=9600, interval=0.5, routers=50) as (first, cable, second):
        await second.sees(PeerReport)
        began, before = asyncio.get_running_loop().time(), cable.carried_from("lb01")
        await asyncio.sleep(3)
        seconds = asyncio.get_running_loop().time() - began
        sent = cable.carried_from("lb01") - before
        assert sent <= 480 * seconds + 2 * 400 + 100
        heard = await first.sees(PeerReport, lambda each: each.report.slices == 1)
        assert len(heard.report.routers) == 50


@told_without_addresses
async def test_an_end_in_order_is_said_over_the_cable(stories: Stories) -> None:
    async with cabled(stories, interval=0.3) as (first, _cable, second):
        await first.sees(PeerReport)
        await second.sees(PeerReport)
        await first.link.goodbye(20.0)
        heard = await second.sees(PeerReport, lambda each: each.report.leaving)
        assert heard.report.expected_return == 20.0


@told_without_addresses
async def test_a_cable_whose_writing_comes_round_no_more_is_missed(stories: Stories) -> None:
    heart = Heart()
    live_by(heart)
    over = asyncio.Event()

    async def until_over(_wire: SerialWire) -> None:
        await over.wait()

    async with cabled(stories) as (first, _cable, _second):
        for _ in range(5):
            await first.sees_afresh(EchoResult, lambda each: each.replied is True)
            assert heart.age(0.1) < 1.0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SerialWire, "_read_first", until_over)
            for _ in range(20):
                await first.sees_afresh(EchoResult)
                heart.age(0.1)
        assert heart.age(0.0) > 1.0, "the rhythm of the cable goes on, and its writing does not"
        over.set()
