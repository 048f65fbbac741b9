"""`hawatch doctor` on the serial port of a heartbeat wire, each before a host that the test has written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hawatch.config import Config, Peer, SerialLink, UdpLink
from hawatch.doctor import serial_lines
from hawatch.doctor.case import Case
from hawatch.doctor.host import Host
from hawatch.doctor.line import Line
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter

DEVICE = "/dev/ttyS0"


class World:
    """A host with a serial port, which is the one of all devices that every machine has."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("/proc/self/net/dev", "")
        (root / "dev").mkdir()

    def write(self, name: str, text: str) -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def has_port(self, name: str = "ttyS0", *, gid: int = 20) -> None:
        path = self.root / "dev" / name
        os.mknod(path, 0o20660, os.makedev(1, 3))
        os.chown(path, 0, gid)
        path.chmod(0o660)

    def runs(self, pid: int, *arguments: str, status: str = "") -> None:
        self.write(f"/proc/{pid}/cmdline", "\0".join(arguments) + "\0")
        self.write(f"/proc/{pid}/status", status)
        (self.root / f"proc/{pid}/net").symlink_to(self.root / "proc/self/net")

    def runs_agent(self, *, groups: str) -> None:
        status = f"Uid:\t999\t999\t999\t999\nGid:\t999\t999\t999\t999\nGroups:\t{groups}\nCapEff:\t0000000000002000\n"
        self.runs(8, "/usr/bin/python3", "-m", "hawatch", "agent", status=status)

    def lines(self, *, baud: int = 9600, routers: int = 1, device: str = DEVICE) -> list[Line]:
        link = SerialLink(name="serial", device=device, baud=baud)
        config = Config(peers=(Peer(name="lb02", links=(UdpLink(name="lan", remote="192.0.2.2"), link)),))
        several: Any = tuple(
            VirtualRouter(instance=f"VI_{n}", interface="eth0", vrid=n) for n in range(1, routers + 1)
        )
        case = Case(
            host=Host(self.root, is_root=False),
            config=config,
            keepalived=KeepalivedConfig(virtual_routers=several),
        )
        return list(serial_lines.examine(case))

    def told(self, **fields: Any) -> list[tuple[str, str]]:
        return [(line.outcome.value, line.sentence) for line in self.lines(**fields)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    if os.geteuid() != 0:
        pytest.skip("making a device needs root")
    return World(tmp_path)


def test_a_port_that_the_agent_may_open_is_fine(world: World) -> None:
    world.has_port()
    assert [outcome for outcome, _ in world.told()] == ["unknown"]
    world.runs_agent(groups="999 20")
    assert [outcome for outcome, _ in world.told()] == ["ok"]


def test_a_port_that_is_not_there_or_is_no_port_fails(world: World) -> None:
    assert world.told() == [("fail", f"{DEVICE} is not there")]
    world.write(DEVICE, "a file")
    assert world.told() == [("fail", f"{DEVICE} is no serial port")]


def test_a_port_without_hardware_fails(world: World) -> None:
    world.has_port()
    world.write("/sys/class/tty/ttyS0/type", "0\n")
    assert world.told() == [("fail", f"{DEVICE} has a name and no hardware: this host has no such port")]
    world.write("/sys/class/tty/ttyS0/type", "4\n")
    assert "fail" not in dict(world.told())


def test_an_agent_without_the_ports_group_fails_with_a_drop_in(world: World) -> None:
    world.has_port()
    world.runs_agent(groups="999")
    (line,) = world.lines()
    assert line.outcome.value == "fail"
    assert f"may not open {DEVICE}: it is not in the group dialout" in line.sentence
    assert f"DeviceAllow={DEVICE} rw\\nSupplementaryGroups=dialout" in line.remedy


@pytest.mark.parametrize("how", ["process", "unit"])
def test_a_login_prompt_on_the_line_fails(world: World, how: str) -> None:
    world.has_port()
    world.runs_agent(groups="20")
    if how == "process":
        world.runs(7, "/sbin/agetty", "-o", "-p -- \\u", "--keep-baud", "115200,9600", "ttyS0", "vt220")
    else:
        unit = world.root / "etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
        unit.parent.mkdir(parents=True)
        unit.symlink_to("/lib/systemd/system/serial-getty@.service")
    (line,) = world.lines()
    assert (line.outcome.value, "login prompt runs on ttyS0" in line.sentence) == ("fail", True)
    assert line.remedy.splitlines()[0] == "systemctl disable --now serial-getty@ttyS0.service"


def test_a_getty_on_another_line_does_no_harm(world: World) -> None:
    world.has_port()
    world.runs_agent(groups="20")
    world.runs(7, "/sbin/agetty", "-o", "-p -- \\u", "tty1", "linux")
    assert [outcome for outcome, _ in world.told()] == ["ok"]


def test_the_kernels_console_and_a_modem_manager_are_noise(world: World) -> None:
    world.has_port()
    world.has_port("ttyUSB0")
    world.runs_agent(groups="20")
    world.write("/proc/cmdline", "root=/dev/sda1 console=tty0 console=ttyS0,115200n8\n")
    assert "kernel writes its messages to ttyS0" in world.told()[0][1]
    world.runs(9, "/usr/sbin/ModemManager")
    (usb,) = world.told(device="/dev/ttyUSB0")
    assert usb[0] == "warn"
    assert "ModemManager" in usb[1]


def test_a_line_that_is_slow_for_so_many_routers_is_a_warning_with_a_computed_time(world: World) -> None:
    world.has_port()
    world.runs_agent(groups="20")
    assert dict(world.told(routers=255)) == {
        "warn": "at 9600 baud all of 255 virtual routers are told anew in 80 s; what changes goes at once"
    }
    assert [outcome for outcome, _ in world.told(routers=255, baud=115200)] == ["ok"]


def test_without_a_serial_link_there_is_no_line(tmp_path: Path) -> None:
    assert list(serial_lines.examine(Case(host=Host(tmp_path, is_root=False)))) == []
