"""The parts a report datagram is made of: variable-length integers and typed sections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hawatch.errors import DecodeError

_VARINT_BITS = 63


@lru_cache(maxsize=1024)
def varint(number: int) -> bytes:
    """A non-negative integer below 2**63 in as few bytes as it needs: seven bits each, the lowest first."""
    if not 0 <= number < 1 << _VARINT_BITS:
        raise ValueError(f"{number} does not fit a variable-length integer")
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def milliseconds(seconds: float) -> bytes:
    """Rounded down, after what binary fractions lose is made good: no hold is told longer than it was."""
    whole = int(seconds * 1000)
    if seconds * 1000 - whole > 0.999:
        whole = int(round(seconds * 1000, 3))
    return varint(whole if whole > 0 else 0)


def section(kind: int, value: bytes) -> bytes:
    """One section: its kind, the length of its value, the value. A reader skips kinds that it does not know."""
    return bytes((kind,)) + varint(len(value)) + value


def text(words: str) -> bytes:
    """A text: its length in bytes, then UTF-8."""
    encoded = words.encode()
    return varint(len(encoded)) + encoded


def text_of(encoded: bytes) -> str:
    """The text that bytes are; raises DecodeError("malformed text")."""
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        raise DecodeError("malformed text") from None


@dataclass(slots=True)
class Cursor:
    """Reads a byte string from front to back; whatever is not there raises DecodeError("truncated")."""

    data: bytes
    position: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether everything has been read."""
        return self.position >= len(self.data)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self.position + count
        if end > len(self.data):
            raise DecodeError("truncated")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def byte(self) -> int:
        """The next byte."""
        position = self.position
        if position >= len(self.data):
            raise DecodeError("truncated")
        self.position = position + 1
        return self.data[position]

    def number(self, count: int) -> int:
        """An unsigned integer of `count` bytes, the highest first."""
        return int.from_bytes(self.take(count), "big")

    def varint(self) -> int:
        """A variable-length integer."""
        position = self.position
        if position < len(self.data) and (byte := self.data[position]) < 0x80:
            self.position = position + 1
            return byte
        number = 0
        for shift in range(0, _VARINT_BITS, 7):
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise DecodeError("malformed number")

    def text(self) -> str:
        """A text with its length before it."""
        return text_of(self.take(self.varint()))

    def section(self) -> tuple[int, bytes]:
        """The next section's kind and value."""
        kind = self.byte()
        return kind, self.take(self.varint())
