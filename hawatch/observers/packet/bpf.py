"""Classic BPF: a few readable instructions, put together into the kernel's struct sock_filter.

A program sees a frame from its Ethernet header on. It ends with the number of bytes to keep, 0 to drop the frame; a
load beyond the frame's end drops it, too. Jumps go forward to a label. (Documentation/networking/filter.rst of Linux.)
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from socket import SOL_SOCKET, socket

SO_ATTACH_FILTER = 26
WHOLE_FRAME = 0x40000
MOST_RANGES = 80
"""Rows of numbers; a jump of the kernel's filters reaches over 255 instructions and no farther."""

# Classes, sizes, modes and operations of linux/bpf_common.h.
_LD, _LDX, _ALU, _JMP, _RET, _MISC = 0x00, 0x01, 0x04, 0x05, 0x06, 0x07
_WORD, _HALF, _BYTE = 0x00, 0x08, 0x10
_ABS, _IND, _MSH = 0x20, 0x40, 0xA0
_AND, _JEQ, _JGE, _JSET, _TAX = 0x50, 0x10, 0x30, 0x40, 0x00
_X = 0x08

# What the kernel knows of a frame besides its bytes (SKF_AD_OFF + SKF_AD_VLAN_TAG, SKF_AD_VLAN_TAG_PRESENT).
VLAN_TAG = 0xFFFFF000 + 44
VLAN_TAG_PRESENT = 0xFFFFF000 + 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction; `then` and `otherwise` name the labels that a jump goes to, None is the next instruction."""

    code: int
    k: int = 0
    then: str | None = None
    otherwise: str | None = None


def load_word(offset: int) -> Instruction:
    """A := the 4 bytes at `offset`."""
    return Instruction(code=_LD | _WORD | _ABS, k=offset)


def load_half(offset: int) -> Instruction:
    """A := the 2 bytes at `offset`."""
    return Instruction(code=_LD | _HALF | _ABS, k=offset)


def load_byte(offset: int) -> Instruction:
    """A := the byte at `offset`."""
    return Instruction(code=_LD | _BYTE | _ABS, k=offset)


def load_half_behind(offset: int) -> Instruction:
    """A := the 2 bytes at X + `offset`."""
    return Instruction(code=_LD | _HALF | _IND, k=offset)


def load_byte_behind(offset: int) -> Instruction:
    """A := the byte at X + `offset`."""
    return Instruction(code=_LD | _BYTE | _IND, k=offset)


def measure_ipv4_header(offset: int) -> Instruction:
    """X := the length of the IPv4 header that begins at `offset`."""
    return Instruction(code=_LDX | _BYTE | _MSH, k=offset)


def remember() -> Instruction:
    """X := A."""
    return Instruction(code=_MISC | _TAX)


def keep_bits(mask: int) -> Instruction:
    """A := A & `mask`."""
    return Instruction(code=_ALU | _AND, k=mask)


def if_equal(value: int, then: str | None = None, otherwise: str | None = None) -> Instruction:
    """Jump by A == `value`."""
    return Instruction(code=_JMP | _JEQ, k=value, then=then, otherwise=otherwise)


def if_at_least(value: int, then: str | None = None, otherwise: str | None = None) -> Instruction:
    """Jump by A >= `value`, without a sign."""
    return Instruction(code=_JMP | _JGE, k=value, then=then, otherwise=otherwise)


def if_remembered(then: str | None = None, otherwise: str | None = None) -> Instruction:
    """Jump by A == X."""
    return Instruction(code=_JMP | _JEQ | _X, then=then, otherwise=otherwise)


def if_any_bit(mask: int, then: str | None = None, otherwise: str | None = None) -> Instruction:
    """Jump by A & `mask` != 0."""
    return Instruction(code=_JMP | _JSET, k=mask, then=then, otherwise=otherwise)


def finish(keep: int) -> Instruction:
    """End: keep so many bytes, 0 for none."""
    return Instruction(code=_RET, k=keep)


Step = Instruction | str
"""An instruction, or the label of the one that follows."""


def assemble(steps: Iterable[Step]) -> bytes:
    """The program as an array of struct sock_filter.

    KeyError for a label that is nowhere, struct.error for a jump backwards or over more than 255 instructions.
    """
    instructions: list[Instruction] = []
    places: dict[str, int] = {}
    for step in steps:
        if isinstance(step, str):
            places[step] = len(instructions)
        else:
            instructions.append(step)
    return b"".join(_encode(place, each, places) for place, each in enumerate(instructions))


def _encode(place: int, instruction: Instruction, places: dict[str, int]) -> bytes:
    def distance(label: str | None) -> int:
        return 0 if label is None else places[label] - place - 1

    jumps = distance(instruction.then), distance(instruction.otherwise)
    return struct.pack("=HBBI", instruction.code, *jumps, instruction.k)


def ranges(numbers: Collection[int]) -> list[tuple[int, int]]:
    """The numbers as the first and the last of each unbroken row."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def can_tell_apart(numbers: Collection[int]) -> bool:
    """Whether there are any, and a filter can be made of them."""
    return 0 < len(ranges(numbers)) <= MOST_RANGES


def among(numbers: Collection[int], *, then: str, otherwise: str) -> Iterator[Step]:
    """Jump by whether A is one of the numbers, which make no more than MOST_RANGES rows."""
    for first, last in ranges(numbers):
        yield from (if_at_least(first, otherwise=otherwise), if_at_least(last + 1, otherwise=then))
    yield if_at_least(0, then=otherwise)


def drop_other_vlans() -> list[Step]:
    """Go to "drop" for another VLAN's frames: the kernel takes the tag off first, so that they look like our own."""
    return [
        load_half(VLAN_TAG_PRESENT),
        if_equal(0, then="this device"),
        load_half(VLAN_TAG),
        keep_bits(0x0FFF),
        if_equal(0, otherwise="drop"),  # VID 0 is a priority, not a VLAN
        "this device",
    ]


def attach(sock: socket, program: bytes) -> None:
    """Give a socket its filter; it replaces the one before. OSError when the kernel refuses the program."""
    instructions = array("B", program)  # must live until setsockopt has returned
    address, length = instructions.buffer_info()
    sock.setsockopt(SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", length // 8, address))
