"""The serial cables to the peers: the device, who else uses it, who may open it, and what its speed is good for."""

from __future__ import annotations

import grp
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from hawatch.config import SerialLink
from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown, warning
from hawatch.errors import DecodeError
from hawatch.kernel.process_rights import read_process_rights
from hawatch.wire.serial_pacing import Pacing

NAME = "serial"
_ROUTER_BYTES = 150
"""About what one virtual router takes in the rotation, frames and seals included."""
_SLOW = 30.0
_USB = ("ttyUSB", "ttyACM")


def examine(case: Case) -> Iterator[Line]:
    """One line for each serial link and trouble."""
    for peer in case.config.peers:
        for link in peer.links:
            if isinstance(link, SerialLink):
                troubles = list(_troubles(case, link))
                yield from troubles or [_well(case, link)]


def _troubles(case: Case, link: SerialLink) -> Iterator[Line]:
    name, device = f"{NAME} {link.name}", link.device
    path = case.host.path(device)
    if not path.exists():
        plug = "dmesg | grep tty  # which serial ports this host has; a USB adapter is best named by /dev/serial/by-id/"
        yield failure(name, f"{device} is not there", plug)
        return
    if not path.is_char_device():
        yield failure(name, f"{device} is no serial port")
        return
    tty = path.resolve().name
    if case.host.read_or_nothing(f"/sys/class/tty/{tty}/type").strip() == "0":
        yield failure(
            name, f"{device} has a name and no hardware: this host has no such port", "dmesg | grep tty"
        )
    yield from _others(case, name, tty)
    yield from _rights(case, name, device)
    seconds = _rotation(case, link)
    if seconds > _SLOW:
        yield warning(
            name,
            f"at {link.baud} baud all of {len(case.routers)} virtual routers are told anew in {seconds:.0f} s; what "
            "changes goes at once",
            f"# a higher baud on both nodes, as [[peer.link]] {link.name} in /etc/hawatch/hawatch.toml",
        )


def _others(case: Case, name: str, tty: str) -> Iterator[Line]:
    """Programs that would read the line as well, or write on it."""
    unit = f"serial-getty@{tty}.service"
    wanted = case.host.path(f"/etc/systemd/system/getty.target.wants/{unit}").is_symlink()
    if wanted or any(case.host.processes(lambda arguments: _is_getty(arguments, tty))):
        yield failure(
            name,
            f"a login prompt runs on {tty}: it takes half of what comes, and answers it",
            f"systemctl disable --now {unit}\nsystemctl mask {unit}",
        )
    consoles = [
        word.removeprefix("console=").partition(",")[0]
        for word in case.host.read_or_nothing("/proc/cmdline").split()
        if word.startswith("console=")
    ]
    if tty in consoles:
        yield warning(
            name,
            f"the kernel writes its messages to {tty} (console= at boot): they are noise on the line",
            f"# take console={tty} out of GRUB_CMDLINE_LINUX in /etc/default/grub\nupdate-grub  # and reboot",
        )
    if tty.startswith(_USB) and any(case.host.processes(_is_modem_manager)):
        yield warning(
            name,
            f"ModemManager tries every new {tty} for a modem, and writes to it",
            "systemctl disable --now ModemManager",
        )


def _is_getty(arguments: list[str], tty: str) -> bool:
    words = " ".join(arguments).split()
    return bool(words) and Path(words[0]).name in {"agetty", "getty", "mgetty"} and tty in words


def _is_modem_manager(arguments: list[str]) -> bool:
    return Path(arguments[0]).name == "ModemManager"


def _rights(case: Case, name: str, device: str) -> Iterator[Line]:
    """Whether the running agent is in the device's group."""
    try:
        found = case.host.path(device).stat()
    except OSError:
        return
    group = str(found.st_gid)
    with suppress(KeyError):
        group = grp.getgrgid(found.st_gid).gr_name
    for pid in case.host.processes(_is_agent):
        text = case.host.read_or_nothing(f"/proc/{pid}/status")
        try:
            uid = read_process_rights(text).uid
        except DecodeError:
            continue
        fields = dict(line.partition(":")[::2] for line in text.splitlines())
        groups = {*fields.get("Groups", "").split(), *fields.get("Gid", "").split()[1:2]}
        may = uid in (0, found.st_uid) or (found.st_mode & 0o060 == 0o060 and str(found.st_gid) in groups)
        if not may and found.st_mode & 0o006 != 0o006:
            yield failure(
                name,
                f"the agent (process {pid}) may not open {device}: it is not in the group {group}",
                "mkdir -p /etc/systemd/system/hawatch.service.d\n"
                f"printf '[Service]\\nPrivateDevices=no\\nDeviceAllow={device} rw\\nSupplementaryGroups={group}\\n' "
                ">/etc/systemd/system/hawatch.service.d/serial.conf\n"
                "systemctl daemon-reload\nsystemctl restart hawatch",
            )


def _is_agent(arguments: list[str]) -> bool:
    names = [Path(argument).name for argument in arguments[:4]]
    return ("hawatch", "agent") in pairwise(names)


def _rotation(case: Case, link: SerialLink) -> float:
    return len(case.routers) * _ROUTER_BYTES / Pacing(link.baud).share


def _well(case: Case, link: SerialLink) -> Line:
    name = f"{NAME} {link.name}"
    if not any(case.host.processes(_is_agent)):
        return unknown(name, f"{link.device} is there; whether the agent may open it is known when it runs")
    return fine(name, f"{link.device} is there, the agent may open it, and nobody else is seen on it")
