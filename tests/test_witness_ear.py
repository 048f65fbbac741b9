"""What a node's peer link takes from a witness: only what echoes this run of its own, and of a peer only if missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from hawatch.evidence import Evidence, PeerReport, WitnessSaid
from hawatch.observers.peer_link.endpoint import Arrival, Endpoint
from hawatch.observers.peer_link.path import Path
from hawatch.observers.peer_link.paths import Paths
from hawatch.observers.peer_link.stamps import Stamps
from hawatch.observers.peer_link.witness_ear import WitnessEar
from hawatch.targets import LinkTarget
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.report_datagram import encode as encode_report
from hawatch.wire.witness import Relayed, WitnessWord
from hawatch.wire.witness_datagram import WitnessEnvelope, encode

KEY = b"the key of the pair web"
HERE = cast("Endpoint", object())


@dataclass
class Node:
    """A node's ear, and what it told."""

    seen: list[Evidence] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    greeted: int = 0
    stamps: Stamps = field(default_factory=Stamps)
    sequence: int = 0

    def __post_init__(self) -> None:
        peer = LinkTarget(peer="lb02", link="lan", remote="10.0.0.12")
        witness = LinkTarget(peer="w", link="lan", remote="10.0.0.60")
        self.paths = Paths([peer], [witness])
        for path in self.paths:
            path.address, path.endpoint = (path.remote, 10112), HERE
        self.ear = WitnessEar(
            key=KEY,
            node="lb01",
            paths=self.paths,
            stamps=self.stamps,
            put=self.seen.append,
            missed_after=1.5,
            refuse=lambda _endpoint, _arrival, reason: self.refused.append(reason),
            greet=self.greet,
        )

    def greet(self, _path: Path) -> None:
        self.greeted += 1

    def hears(
        self,
        *,
        at: float = 100.0,
        echo: int | None = None,
        held: float = 0.0,
        key: bytes = KEY,
        src: str = "10.0.0.60",
        relayed: tuple[Relayed, ...] = (),
        boot: str = "11" * 8,
        again: bool = False,
    ) -> None:
        """A datagram of the witness arrives."""
        self.sequence += not again
        envelope = WitnessEnvelope(
            boot_id=boot, sequence=self.sequence, stamp=1, echoed_stamp=echo, held=int(held * 1e6)
        )
        for data in encode(envelope, WitnessWord(witness="w"), key, relayed)[-1:]:
            self.ear.receive(HERE, Arrival(data=data, address=(src, 10112), at=at))

    def said(self) -> list[WitnessSaid]:
        return [each for each in self.seen if isinstance(each, WitnessSaid)]


def of_peer(node: str = "lb02", age: float = 0.5, sequence: int = 9) -> Relayed:
    (data,) = encode_report(
        Envelope(boot_id="22" * 8, sequence=sequence), NodeReport(node=node, routers=()), KEY
    )
    return Relayed(age=age, round_trip=0.002, datagram=data)


def test_a_word_counts_once_it_echoes_this_run_and_is_as_old_as_the_echo_leaves_open() -> None:
    node = Node()
    node.hears(echo=None)
    assert (node.said(), node.greeted) == ([], 1)
    stamp = node.stamps.issue(99.0)
    node.hears(echo=stamp, held=0.9)
    assert round(node.said()[0].delay, 6) == 0.1
    assert (node.said()[0].witness, node.said()[0].at) == ("w", 100.0)


def test_a_witness_whose_clock_stood_still_has_a_long_delay_whatever_it_says_itself() -> None:
    node = Node()
    stamp = node.stamps.issue(70.0)
    node.hears(echo=stamp, held=0.2)
    assert round(node.said()[0].delay, 3) == 29.8


def test_recordings_strangers_and_other_keys_are_refused_in_words() -> None:
    node = Node()
    stamp = node.stamps.issue(99.9)
    node.hears(echo=stamp)
    node.hears(echo=stamp, again=True)
    node.hears(echo=stamp, key=b"the key of the pair mail")
    node.hears(echo=stamp, src="10.0.0.99")
    node.hears(echo=stamp, src="10.0.0.12")
    node.hears(echo=12345)
    assert len(node.said()) == 1  # a peer passes on, and is no witness
    assert node.refused == [
        "replayed",
        "wrong key",
        "not a configured witness",
        "no echo of ours",
    ]
    assert len(node.said()) == 1


def test_what_is_passed_on_of_a_peer_counts_once_and_only_while_the_peer_is_missed() -> None:
    node = Node()
    peer = node.paths.configured[0]
    peer.heard_at, peer.node = 99.0, "lb02"
    assert not node.ear.misses_somebody(100.0)
    stamp = node.stamps.issue(99.99)
    node.hears(echo=stamp, relayed=(of_peer(),))
    assert node.seen == []
    assert node.ear.misses_somebody(101.0)
    node.hears(at=101.0, echo=node.stamps.issue(100.99), relayed=(of_peer(),))
    node.hears(at=101.1, echo=node.stamps.issue(101.09), relayed=(of_peer(),))
    (report,) = node.seen
    assert isinstance(report, PeerReport)
    assert (report.witness, report.src, report.report.node) == ("w", "", "lb02")
    assert round(report.at, 6) == 100.5
    assert report.round_trip is not None
    assert 0.002 < report.round_trip < 0.02
    node.hears(at=102.0, echo=node.stamps.issue(101.99), relayed=(of_peer("lb01"),))
    assert len(node.seen) == 1


def test_what_is_passed_on_under_another_key_is_refused() -> None:
    node = Node()
    (data,) = encode_report(
        Envelope(boot_id="22" * 8, sequence=1),
        NodeReport(node="lb02", routers=()),
        b"the key of another pair",
    )
    node.hears(echo=node.stamps.issue(99.99), relayed=(Relayed(age=0.1, round_trip=None, datagram=data),))
    assert (node.seen, node.refused) == ([], ["passed on: wrong key"])
