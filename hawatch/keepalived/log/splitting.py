"""Bytes as they come to lines, however long somebody makes them."""

from __future__ import annotations

LONGEST_BYTES = 4096
"""Bytes of a line that are kept; of a longer one nothing is."""


class Splitter:
    """Holds the beginning of a line until its end has come."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def split(self, data: bytes) -> list[bytes]:
        """The lines that have ended, without their ends; one that is too long is left out."""
        if self._skipping:
            _, end, data = data.partition(b"\n")
            if not end:
                return []
            self._skipping = False
        *lines, rest = (self._rest + data).split(b"\n")
        self._skipping = len(rest) > LONGEST_BYTES
        self._rest = b"" if self._skipping else rest
        return [line for line in lines if len(line) <= LONGEST_BYTES]
