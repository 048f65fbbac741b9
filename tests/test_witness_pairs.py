"""Many pairs, one witness: whose key seals a datagram decides whom it is about, and nobody else ever hears of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawatch.config.witness import WatchedMember, WatchedPair, WitnessConfig
from hawatch.observers.peer_link.endpoint import Arrival, Endpoint
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter, ReportedVip
from hawatch.wire.report_datagram import Envelope, encode
from hawatch.wire.witness_datagram import decode
from hawatch.witness import Witness
from hawatch.witness.app import build_app
from hawatch.witness.pair import Pair
from hawatch.witness.text import render_witness

BOOTS = {"lb01": "11" * 8, "lb02": "22" * 8}


class PlayedClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at + 1e9


class Wire(Endpoint):
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, str]] = []

    def open(self) -> None:
        """There is nothing to bind."""

    def send(self, datagram: bytes, address: tuple[Any, ...]) -> None:
        self.sent.append((datagram, address[0]))


def key_of(name: str) -> bytes:
    return f"the key of the pair {name}".encode()


class Stage:
    """A witness of pairs, whose members play by hand."""

    def __init__(self, *names: str, shared_addresses: bool = False) -> None:
        self.clock, self.wire, self.sequence = PlayedClock(), Wire(), 0
        pairs = tuple(
            WatchedPair(
                name=name,
                key_file=f"/{name}.key",
                members=tuple(
                    WatchedMember(name=node, addresses=(self.address(0 if shared_addresses else n, node),))
                    for node in ("lb01", "lb02")
                ),
            )
            for n, name in enumerate(names)
        )
        self.numbers = {name: 0 if shared_addresses else n for n, name in enumerate(names)}
        self.witness = Witness(
            WitnessConfig(name="w", pairs=pairs),
            {name: key_of(name) for name in names},
            boot_id="b",
            clock=self.clock,
        )

    @staticmethod
    def address(number: int, node: str) -> str:
        return f"10.{number}.0.{11 if node == 'lb01' else 12}"

    def pair(self, name: str) -> Pair:
        return next(each for each in self.witness.pairs if each.config.name == name)

    def say(
        self,
        pair: str,
        node: str,
        *,
        held: bool | None = True,
        key: bytes | None = None,
        source: str | None = None,
        echoed: int | None = None,
        vip: str = "10.0.0.100",
        **flags: bool,
    ) -> None:
        """A member's agent sends its report; the witness gets it from `source`."""
        self.sequence += 1
        router = ReportedRouter(
            vrid=51,
            family=Family.IPV4,
            configured_priority=100,
            advertised_priority=None,
            vips=(ReportedVip(address=vip, held=held, for_seconds=1.0 if held else 0.0),),
            advertising=held,
        )
        envelope = Envelope(
            boot_id=BOOTS[node], sequence=self.sequence, stamp=self.sequence, echoed_stamp=echoed, **flags
        )
        (datagram,) = encode(envelope, NodeReport(node=node, routers=(router,)), key or key_of(pair))
        src = source or self.address(self.numbers[pair], node)
        arrival = Arrival(data=datagram, address=(src, 10112), at=self.clock.at)
        self.witness.correspondence.receive(self.wire, arrival)

    def stamp_for(self, pair: str) -> int:
        """What the witness sent last to a member of this pair, to be echoed."""
        datagram = self.wire.sent[-1][0]
        return decode(datagram, key_of(pair))[0].stamp

    def introduce(self, pair: str, node: str, **said: Any) -> None:
        """A first report, the answer, and a second one that echoes it: from then on the run is believed."""
        self.say(pair, node, **said)
        self.say(pair, node, echoed=self.stamp_for(pair), **said)


def picture(pair: Pair) -> object:
    """All that a pair knows."""
    return [(m.name, m.report, m.report_at, dict(m.held), sorted(m.ways)) for m in pair.members.values()]


async def on_stage(play: Callable[[], None]) -> None:
    play()


def test_a_member_is_believed_once_it_echoes_what_the_witness_sent() -> None:
    async def play() -> None:
        stage = Stage("web")
        stage.say("web", "lb01")
        assert stage.pair("web").members["lb01"].report is None
        stage.say("web", "lb01", echoed=stage.stamp_for("web"))
        assert stage.pair("web").members["lb01"].held == {"10.0.0.100": True}

    asyncio.run(play())


@pytest.mark.parametrize("shared", [False, True], ids=["own addresses", "the same addresses"])
def test_a_datagram_of_one_pair_never_changes_another(shared: bool) -> None:
    async def play() -> None:
        stage = Stage("web", "mail", shared_addresses=shared)
        stage.introduce("mail", "lb01", held=False)
        before = picture(stage.pair("mail"))
        stage.introduce("web", "lb01", held=True)
        stage.introduce("web", "lb02", held=True)
        assert picture(stage.pair("mail")) == before
        assert stage.pair("web").members["lb01"].held == {"10.0.0.100": True}

    asyncio.run(play())


def test_a_member_of_one_pair_with_the_key_of_another_is_refused_and_named_where_it_came_from() -> None:
    async def play() -> None:
        stage = Stage("web", "mail")
        stage.introduce("mail", "lb01", held=False)
        before = picture(stage.pair("mail"))
        stage.say("mail", "lb02", key=key_of("web"))
        stage.say("web", "lb01", source=stage.address(1, "lb01"))
        assert picture(stage.pair("mail")) == before
        assert picture(stage.pair("web")) == picture(Stage("web", "mail").pair("web"))
        assert dict(stage.pair("mail").refusals.counts) == {
            ("10.1.0.12", "wrong key"): 1,
            ("10.1.0.11", "wrong key"): 1,
        }

    asyncio.run(play())


def test_who_is_no_member_is_not_listened_to() -> None:
    async def play() -> None:
        stage = Stage("web")
        stage.say("web", "lb01", source="203.0.113.9")
        assert stage.witness.correspondence.strangers == 1
        assert stage.wire.sent == []
        stage.introduce("web", "lb01")
        stage.say("web", "lb01", key=b"some other key of a stranger")
        assert stage.pair("web").refusals.last is not None

    asyncio.run(play())


def test_a_recorded_datagram_is_refused() -> None:
    async def play() -> None:
        stage = Stage("web")
        stage.introduce("web", "lb01")
        stage.sequence -= 1
        stage.say("web", "lb01", held=False)
        assert stage.pair("web").members["lb01"].held == {"10.0.0.100": True}
        assert [reason for _, reason in stage.pair("web").refusals.counts] == ["replayed"]

    asyncio.run(play())


def test_what_one_member_said_is_passed_on_to_one_that_misses_it_under_their_own_key_alone() -> None:
    async def play() -> None:
        stage = Stage("web", "mail")
        for name in ("web", "mail"):
            stage.introduce(name, "lb01")
        stage.introduce("web", "lb02", held=False)
        stage.wire.sent.clear()
        stage.say("web", "lb02", held=False, asks=True)
        assert all(not decode(each, key_of("web"))[2] for each, _ in stage.wire.sent)
        stage.wire.sent.clear()
        stage.say("web", "lb02", held=False, asks=True, wants_relay=True)
        relayed = [
            r for each, to in stage.wire.sent for r in decode(each, key_of("web"))[2] if to == "10.0.0.12"
        ]
        assert len(relayed) == 1
        assert {to for _, to in stage.wire.sent} == {"10.0.0.12"}
        stage.wire.sent.clear()
        stage.clock.at += 0.5
        stage.say("web", "lb01", held=True)
        at_once = [r for each, to in stage.wire.sent for r in decode(each, key_of("web"))[2]]
        assert [r.age for r in at_once] == [0.0]
        stage.wire.sent.clear()
        stage.clock.at += 4
        stage.say("web", "lb02", held=False, asks=True, wants_relay=True)
        assert [r for each, _ in stage.wire.sent for r in decode(each, key_of("web"))[2]] == []

    asyncio.run(play())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["web", "mail", "db"]),
            st.sampled_from(["web", "mail", "db"]),
            st.sampled_from(["lb01", "lb02"]),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_whatever_anybody_sends_from_anywhere_a_pair_knows_only_what_its_own_key_sealed(
    sent: list[tuple[str, str, str, bool]],
) -> None:
    async def play() -> None:
        stage = Stage("web", "mail", "db")
        for name in ("web", "mail", "db"):
            for node in ("lb01", "lb02"):
                stage.introduce(name, node, held=False, vip=f"10.0.0.{100 + stage.numbers[name]}")
        for sealed_by, comes_from, node, held in sent:
            stage.say(
                sealed_by,
                node,
                held=held,
                vip=f"10.0.0.{100 + stage.numbers[sealed_by]}",
                source=stage.address(stage.numbers[comes_from], node),
            )
        for name in ("web", "mail", "db"):
            pair = stage.pair(name)
            assert set(pair.vips) == {f"10.0.0.{100 + stage.numbers[name]}"}
            for node in ("lb01", "lb02"):
                own = [held for s, c, n, held in sent if s == c == name and n == node]
                assert pair.members[node].held[pair.vips[0]] is (own[-1] if own else False)

    asyncio.run(play())


def test_no_key_is_in_anything_that_is_shown() -> None:
    async def play() -> None:
        stage = Stage("web", "mail")
        stage.introduce("web", "lb01")
        stage.say("web", "lb01", key=key_of("mail"))
        shown = json.dumps(stage.witness.status()) + render_witness(stage.witness.status())
        status, _, body = await asked(build_app(stage.witness.status), "/metrics")
        assert status == 200
        shown += body
        for name in ("web", "mail"):
            assert key_of(name).decode() not in shown
            assert f"/{name}.key" not in shown
        assert '"name": "web"' in shown
        assert "wrong key" in shown
        for path, wanted in (("/", "witness of 2 pairs"), ("/healthz", "ok"), ("/api/v1/status", '"pairs"')):
            status, _, body = await asked(build_app(stage.witness.status), path)
            assert (status, wanted in body) == (200, True)

    asyncio.run(play())


async def asked(app: Any, path: str) -> tuple[int, dict[bytes, bytes], str]:
    """GET without a server."""
    events: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        events.append(event)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("h", 1),
        "client": ("c", 2),
        "root_path": "",
    }
    await app(scope, receive, send)
    start = events[0]
    body = b"".join(cast("bytes", e.get("body", b"")) for e in events[1:]).decode()
    return start["status"], dict(start["headers"]), body


def test_both_members_that_hold_are_looked_at_closely_at_once() -> None:
    async def play() -> None:
        stage = Stage("web")
        pair = stage.pair("web")
        stage.introduce("web", "lb01", held=True)
        stage.introduce("web", "lb02", held=False)
        pair.look(stage.clock.at)
        stage.clock.at += 60
        assert not pair.is_quick(stage.clock.at)
        stage.say("web", "lb01", held=True)
        stage.say("web", "lb02", held=True)
        assert pair.is_quick(stage.clock.at)
        assert not pair.is_calm(stage.clock.at)
        pair.probed_at = stage.clock.at
        assert not pair.probe_due(stage.clock.at + pair.release())
        assert pair.probe_due(stage.clock.at + pair.release() + 0.03)

    asyncio.run(play())


def test_questions_are_controlled_by_each_living_member_in_turn() -> None:
    stage = Stage("web")
    pair = stage.pair("web")
    assert {pair.control(Family.IPV4) for _ in range(4)} == {"10.0.0.11", "10.0.0.12"}
    pair.members["lb02"].echo.misses, pair.members["lb02"].echo.asked_at = 2, 1.0
    assert {pair.control(Family.IPV4) for _ in range(4)} == {"10.0.0.11"}
    assert pair.control(Family.IPV6) is None
