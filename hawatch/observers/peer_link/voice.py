"""What all links of one node's peer link have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hawatch.evidence import Sink
from hawatch.observers.peer_link.admission import Admission
from hawatch.observers.peer_link.endpoint import Clock
from hawatch.observers.peer_link.path import Path
from hawatch.observers.peer_link.run import Run
from hawatch.observers.peer_link.stamps import Stamps
from hawatch.observers.peer_link.when_read import OnceRead
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One run of one node, as a link of a kind of its own needs it.

    `report` is what is to be told now, to be asked for when `once_read` has called back; `letter` takes in a datagram
    of letters, and says why not with what it is given; `heard` is told of every report that was believed; `beside`
    says whether the peer of this path is heard on another.
    """

    run: Run
    key: bytes
    node: str
    clock: Clock
    put: Sink
    stamps: Stamps
    admission: Admission
    report: Callable[[float], NodeReport]
    once_read: OnceRead
    takes_letters: bool
    letter: Callable[[bytes, Callable[[str], None]], None]
    heard: Callable[[str, Envelope], None]
    refused: Callable[[str, str, str], None]
    beside: Callable[[Path, float], bool]
    interval: float = 1.0
