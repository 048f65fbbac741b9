"""Letters put together again from parts that come in any order, twice, or not at all."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from hawatch.wire.letter import MOST_BODY_BYTES, Letter, LetterPart, joined

MOST_INCOMPLETE = 32
MOST_INCOMPLETE_BYTES = 8 * MOST_BODY_BYTES


@dataclass(slots=True)
class _Incomplete:
    like: LetterPart
    sequence: int = 0
    pieces: dict[int, LetterPart] = field(default_factory=dict)

    def fits(self, part: LetterPart) -> bool:
        mine, other = ((each.version, each.parts, each.compressed) for each in (self.like, part))
        return mine == other

    @property
    def size(self) -> int:
        return sum(len(piece.data) for piece in self.pieces.values())


class LetterAssembly:
    """The incomplete letters of one sender's run, one version of each; beyond its bounds the oldest are given up."""

    def __init__(self) -> None:
        self._letters: OrderedDict[str, _Incomplete] = OrderedDict()
        self._size = 0

    def add(self, part: LetterPart, sequence: int) -> tuple[Letter, int] | None:
        """A part that came in this datagram; if it was the last one missing the letter, and its highest sequence.

        A part of another version counts only if it was sent later. Raises DecodeError when the parts make no letter.
        """
        letter = self._letters.get(part.id)
        if letter is None or not letter.fits(part):
            if letter and sequence < letter.sequence:
                return None
            self._forget(part.id)
            letter = self._letters[part.id] = _Incomplete(like=part)
        letter.sequence = max(letter.sequence, sequence)
        if part.number not in letter.pieces:
            letter.pieces[part.number] = part
            self._size += len(part.data)
        if len(letter.pieces) == part.parts:
            self._forget(part.id)
            return joined([letter.pieces[number] for number in range(part.parts)]), letter.sequence
        self._keep_within_bounds()
        return None

    def _forget(self, about: str) -> None:
        if letter := self._letters.pop(about, None):
            self._size -= letter.size

    def _keep_within_bounds(self) -> None:
        while len(self._letters) > MOST_INCOMPLETE or self._size > MOST_INCOMPLETE_BYTES:
            self._forget(next(iter(self._letters)))
