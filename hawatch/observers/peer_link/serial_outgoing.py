"""The frames that are on their way out over a serial line: at most one datagram of each lane, cut into pieces."""

from __future__ import annotations

from collections import deque
from math import inf

from hawatch.wire.serial_frame import MOST_PIECES, REST, URGENT, cut, frame
from hawatch.wire.serial_pacing import Pacing


class SerialOutgoing:
    """When which frame may go; times are monotonic seconds and handed in."""

    def __init__(self, baud: int) -> None:
        self.pacing = Pacing(baud)
        self._frames: dict[int, deque[bytes]] = {URGENT: deque(), REST: deque()}
        self._messages = {URGENT: 0, REST: 0}

    def is_free(self, lane: int) -> bool:
        """Whether all of the lane's last datagram has gone."""
        return not self._frames[lane]

    def put(self, lane: int, datagram: bytes) -> None:
        """Send this next on its lane, which must be free; one that is too long for any line is left out."""
        room = self.pacing.piece_room
        if len(datagram) > MOST_PIECES * room:
            return
        pieces = cut(datagram, lane=lane, message=self._messages[lane], room=room)
        self._messages[lane] += 1
        self._frames[lane] = deque(map(frame, pieces))

    def clear(self) -> None:
        """What was on its way is not to go any more."""
        for frames in self._frames.values():
            frames.clear()

    def due_at(self, now: float) -> float:
        """When the next frame may go; infinity when there is none."""
        urgent, rest = self._frames[URGENT], self._frames[REST]
        if urgent:
            return self.pacing.urgent_at(len(urgent[0]), now)
        return self.pacing.rest_at(len(rest[0]), now) if rest else inf

    def take(self, now: float) -> bytes:
        """The next frame, which goes now."""
        frames = self._frames[URGENT] or self._frames[REST]
        taken = frames.popleft()
        self.pacing.sent(len(taken), now)
        return taken
