"""All observers as the agent's user: with CAP_NET_RAW they see everything, without it they say what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

import hawatch
from deploy.lab.identity import agent_identity
from hawatch.wire import vrrp
from hawatch.wire.vrrp import Advertisement, ChecksumForm
from tests.lab.observer_wire import HERE, THERE, Wire

pytestmark = pytest.mark.lab

HOST, PEER, VIP = "192.0.2.1", "192.0.2.2", "192.0.2.100"
PROGRAM = Path(__file__).with_name("observe_everything.py")


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    wire.here(f"ip address add {HOST}/24 dev eth0")
    wire.there(f"ip address add {PEER}/24 dev far0")
    wire.there(f"ip address add {VIP}/24 dev far0")
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def readable_copy() -> Iterator[Path]:
    """hawatch where any user can read it; a clone may lie below a closed directory."""
    with tempfile.TemporaryDirectory(prefix="hawatch-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        source = Path(hawatch.__file__).parent
        shutil.copytree(source, directory / "hawatch", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROGRAM, directory)
        yield directory


@contextmanager
def observing(wire: Wire, copy: Path, prefix: Sequence[str]) -> Iterator[Iterator[str]]:
    """The lines that the program prints, while it runs in the namespace behind this command prefix."""
    enter = ["nsenter", f"--net={wire.path(HERE)}", *prefix]
    with subprocess.Popen(
        [*enter, sys.executable, str(copy / PROGRAM.name)],
        cwd=copy,
        env={"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.stdin.close()
            ended = process.wait(60)
        assert ended == 0


def advertisement() -> bytes:
    said = Advertisement(
        version=2,
        vrid=51,
        priority=100,
        interval_seconds=1.0,
        addresses=(VIP,),
        auth_data=bytes(8),
        checksum=ChecksumForm.PLAIN,
    )
    payload = vrrp.encode(said, src=PEER, dst="224.0.0.18")
    packet = IP(src=PEER, dst="224.0.0.18", ttl=255, proto=112) / Raw(payload)
    return bytes(Ether(src="02:00:00:00:00:02", dst="01:00:5e:00:00:12") / packet)


def until(lines: Iterator[str], *beginnings: str) -> list[str]:
    """Read until a line with each of these beginnings has come; what was read."""
    missing, read = set(beginnings), []
    while missing:
        read.append(next(lines, f"the program ended; missing: {missing}"))
        assert not read[-1].startswith("the program ended"), read
        missing -= {beginning for beginning in missing if read[-1].startswith(beginning)}
    return read


def test_with_the_one_capability_every_observer_sees(wire: Wire, readable_copy: Path) -> None:
    with observing(wire, readable_copy, agent_identity().prefix) as lines:
        read = until(lines, "VipHeld", "InterfaceState", "ProbeRound", "EchoResult", "ObserverState")
        for name in ("sniffer:eth0", "shadow:eth0"):
            while not any(name in line for line in read):
                read.append(next(lines))
        wire.send(THERE, "far0", advertisement())
        read += until(lines, "AdvertisementHeard", "AdvertisementDelivered")
        while not any(line.startswith("PressureSeen") for line in read):
            read.append(next(lines))
    assert len([line for line in read if line.startswith("GroupMembership")]) == 2
    assert len([line for line in read if line.startswith("ReversePathSeen")]) == 1
    (probe,) = [line for line in read if line.startswith("ProbeRound")]
    assert probe.count("ProbeAnswer(") == 2
    assert "replied=True" in next(line for line in read if line.startswith("EchoResult"))
    assert not any("ended:" in line for line in read)


def test_without_it_each_observer_says_what_is_missing_and_addresses_are_seen_all_the_same(
    wire: Wire, readable_copy: Path
) -> None:
    identity = agent_identity()
    powerless = [
        "setpriv",
        f"--reuid={identity.uid}",
        f"--regid={identity.gid}",
        "--clear-groups",
        "--no-new-privs",
    ]
    with observing(wire, readable_copy, powerless) as lines:
        ends = ("sniffer ended:", "shadow ended:", "arp_probe ended:", "icmp ended:")
        read = until(lines, "VipHeld", "InterfaceState", "GroupMembership", *ends)
    assert sorted(line.strip() for line in read if "ended:" in line) == [
        "arp_probe ended: packet sockets are refused: CAP_NET_RAW is missing",
        "icmp ended: raw ICMP sockets are refused: CAP_NET_RAW is missing",
        "shadow ended: raw sockets are refused: CAP_NET_RAW is missing",
        "sniffer ended: packet sockets are refused: CAP_NET_RAW is missing",
    ]
