"""What reading one captured frame costs: hawatch with all validation, beside scapy, dpkt and os-ken.

    python -m tests.bench.decoding [--repeat N] [--frames N] [--json FILE]

The frames are those that keepalived sent (tests/keepalived_frames.py): versions 2 and 3, IPv4 and IPv6, with and
without passwords, AH. hawatch checks lengths, the IP header's checksum, VRRP's in every form in use, TTL, version,
type, authentication; dpkt, scapy and os-ken check no checksum on reading. A master repeats itself, and hawatch
remembers what a payload said: `hawatch, each frame a new one` reads frames of which no two have the same payload, so
that this does not help. `hawatch, frame to evidence` is what the sniffer does: the record that the judge is given.

The other libraries are no part of hawatch's environment. `deploy/setup.sh --bench` makes one that has them, whose
interpreter is `$(dirname $(deploy/setup.sh --env-path))/../../bench/bin/python`; what is not installed is told and left
out.

Processor time of this process for one frame, all in turn; medians over rounds. Exit code 0: every aim is met.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial

from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.wire import ethernet, ip, vrrp
from hawatch.wire.ethernet import ETHERTYPE_IPV4, Frame
from hawatch.wire.family import Family
from hawatch.wire.frame import VrrpFrame, decode_vrrp_frame
from hawatch.wire.ip import PROTOCOL_VRRP, Packet
from hawatch.wire.vrrp import Advertisement, ChecksumForm
from tests import keepalived_frames
from tests.bench.figures import Figure, parser, scaled, side_by_side, tell

AIM = 4.5
RECORDED = tuple(
    frame
    for name, frame in vars(keepalived_frames).items()
    if name.startswith("V") and isinstance(frame, bytes)
)
OURS, FRESH, EVIDENCE = "hawatch", "hawatch, each frame a new one", "hawatch, frame to evidence"
Decode = Callable[[bytes], object]


def new_frames(count: int) -> list[bytes]:
    """Advertisements that are all right, no two of them alike in what VRRP says."""
    return [ethernet.encode(_frame(number)) for number in range(count)]


def _frame(number: int) -> Frame:
    src, dst = "192.0.2.1", "224.0.0.18"
    said = Advertisement(
        version=3,
        vrid=1 + number % 255,
        priority=1 + number // 255 % 254,
        interval_seconds=1.0,
        addresses=("192.0.2.100",),
        checksum=ChecksumForm.PSEUDO_HEADER,
    )
    packet = Packet(
        family=Family.IPV4,
        src=src,
        dst=dst,
        ttl=255,
        protocol=PROTOCOL_VRRP,
        ip_id=number & 0xFFFF,
        payload=vrrp.encode(said, src=src, dst=dst),
    )
    return Frame(
        dst_mac="01:00:5e:00:00:12",
        src_mac="02:00:00:00:00:0a",
        vlans=(),
        ethertype=ETHERTYPE_IPV4,
        payload=ip.encode(packet),
    )


def others() -> dict[str, Decode]:
    """The other decoders that are installed here, each with its whole way from a frame to a VRRP object."""
    found: dict[str, Decode] = {}
    for name, module, prepare in (
        ("dpkt", "dpkt.ethernet", lambda module: module.Ethernet),
        ("scapy", "scapy.layers.l2", _scapy),
        ("os-ken", "os_ken.lib.packet.packet", lambda module: module.Packet),
    ):
        try:
            found[name] = prepare(importlib.import_module(module))
        except ImportError:
            print(f"{name} is not installed here (deploy/setup.sh --bench makes an environment that has it)")
    return found


def _scapy(module: object) -> Decode:
    for name in ("inet", "inet6", "vrrp"):
        importlib.import_module(f"scapy.layers.{name}")
    ether: Decode = vars(module)["Ether"]
    return ether


def over(decode: Decode, frames: list[bytes]) -> int:
    """Read them all; how many there were."""
    for frame in frames:
        decode(frame)
    return len(frames)


def must_be_read(frames: tuple[bytes, ...] | list[bytes]) -> None:
    """What is timed must be what it is said to be: each frame is read as an advertisement without a fault."""
    for frame in frames:
        read = decode_vrrp_frame(frame)
        if not isinstance(read, VrrpFrame) or not read.valid:
            raise AssertionError(f"not read as it ought to be: {read}")


def main() -> int:
    """Measure and print."""
    options = parser(__doc__, repeat=9)
    options.add_argument(
        "--frames", type=int, default=20_000, help="frames in a round (default: %(default)s)"
    )
    given = options.parse_args()
    recorded = list(RECORDED) * (given.frames // len(RECORDED))
    fresh = new_frames(given.frames)
    must_be_read(RECORDED)
    must_be_read(fresh[:1000])
    reader = FrameReader(interface="eth0", vips=frozenset(), fingerprint=None)
    works: dict[str, Callable[[], int]] = {
        OURS: partial(over, decode_vrrp_frame, recorded),
        FRESH: partial(over, decode_vrrp_frame, fresh),
        EVIDENCE: partial(over, lambda frame: reader.read(frame, at=1.0, outgoing=False), recorded),
    }
    slow = recorded[: max(len(RECORDED), len(recorded) // 10)]
    for name, decode in others().items():
        works[name] = partial(over, decode, recorded if name == "dpkt" else slow)
    seconds = side_by_side(works, given.repeat)
    figures = [
        Figure(what=name, unit="µs", values=scaled(values, "µs"), aim=AIM if name in (OURS, FRESH) else None)
        for name, values in seconds.items()
    ]
    if "dpkt" in seconds:
        shares = tuple(ours / dpkt for ours, dpkt in zip(seconds[OURS], seconds["dpkt"], strict=True))
        figures.append(Figure(what="hawatch / dpkt", unit="times", values=shares, aim=1.0))
    return tell("tests.bench.decoding", figures, given.json)


if __name__ == "__main__":
    sys.exit(main())
