"""The clocks: incident times of both nodes are laid side by side, and keepalived's HMAC refuses what is too old."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown, warning

NAME = "clock"
UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)
ASTRAY, FAR_ASTRAY = 0.5, 5.0
"""Seconds between two nodes: from the first on their stories do not fit, beyond the second nothing fits at all."""
REMEDY = (
    "apt-get install --yes chrony || dnf install --assumeyes chrony\n"
    "systemctl enable --now chrony || systemctl enable --now chronyd"
)


def examine(case: Case) -> Iterator[Line]:
    """One line for this host's clock, and one for each peer that the agent knows."""
    yield _own(case)
    peers = list(case.peers_of_agent())
    for peer in peers:
        yield _towards(peer)
    if not peers:
        reason = "the agent knows no peer" if case.status else f"no agent to ask: {case.status_problem}"
        yield unknown(f"{NAME} peer", f"the offset to the peer is measured by the agents; {reason}")


def _own(case: Case) -> Line:
    offsets = [peer.get("clock_offset_seconds") for peer in case.peers_of_agent()]
    near = [each for each in offsets if isinstance(each, int | float) and abs(each) < ASTRAY]
    status = kernel_clock_status()
    if status is None:
        return unknown(NAME, "the kernel does not tell whether its clock is kept (adjtimex)")
    if not status & UNSYNCHRONISED:
        return fine(NAME, "the kernel's clock is kept in time")
    if near and len(near) == len(offsets):
        return fine(NAME, "nothing says that it keeps the kernel's clock, but it agrees with every peer's")
    return warning(NAME, "nothing keeps the kernel's clock in time (adjtimex: unsynchronised)", REMEDY)


def _towards(peer: Mapping[str, Any]) -> Line:
    name = f"{NAME} {peer.get('name')}"
    offset = peer.get("clock_offset_seconds")
    if isinstance(offset, bool) or not isinstance(offset, int | float):
        return unknown(name, f"the agents have not compared their clocks; is that of {peer.get('name')} up?")
    sentence = f"{abs(offset):.3f} s {'ahead of' if offset > 0 else 'behind'} ours"
    if abs(offset) < ASTRAY:
        return fine(name, sentence)
    judge = failure if abs(offset) > FAR_ASTRAY else warning
    return judge(name, f"{sentence}: one of the two is not kept in time", REMEDY)


def kernel_clock_status() -> int | None:
    """The status bits of adjtimex(2), which anybody may read; None when it cannot be asked."""
    buffer = ctypes.create_string_buffer(512)  # larger than any struct timex; modes 0 changes nothing
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.adjtimex(buffer) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    except (OSError, AttributeError):
        return None
    *_, status = struct.unpack_from("@Illlli", buffer.raw)
    return int(status)
