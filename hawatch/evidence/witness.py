"""What a witness says: a host that owns nothing, and sees the pair from beside it."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.wire.witness import WitnessWord


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessSaid:
    """One datagram of a witness, by the name that this node's configuration has for it.

    `delay` bounds what its ages leave out, in seconds: the time from our own last question, whose stamp it echoes, to
    the datagram's arrival, less what it says to have kept the stamp. A witness whose clock stood still has a long one.
    """

    at: float
    witness: str
    link: str
    src: str
    delay: float
    word: WitnessWord
