"""What is wrong with a serial line, told from what comes and what does not; times are monotonic seconds, handed in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

SILENT_AFTER = 3.5
"""Seconds without a word after which a line that should bring one each second is silent."""
REFUSED_SPEAKS = 10.0
_TICKS = 30
_JUST_NOW = 3
_NOISY, _QUIET, _LEAST_DAMAGED = 0.2, 0.1, 5
_WHOLE_IN_A_ROW = 10
"""Frames that come whole after each other once a noise is over; one that comes and goes is watched for longer."""


@dataclass(slots=True, kw_only=True)
class LineWatch:
    """One line: `heard_at` the last word that was believed, `echo_sent_at` when the last was sent that came back."""

    device: str
    baud: int
    peer: str
    interval: float = 1.0
    begun_at: float = 0.0
    heard_at: float | None = None
    echo_sent_at: float | None = None
    refused_at: float | None = None
    refusal: str = ""
    noisy: bool = False
    _frames: int = 0
    _damaged: int = 0
    _whole_in_a_row: int = 0
    _healed: bool = False
    _relapsed: bool = False
    _lately: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_TICKS))

    def came(self, *, frames: int, damaged: int) -> None:
        """So many frames were whole, and so many were not."""
        self._frames += frames
        self._damaged += damaged

    def refused(self, reason: str, at: float) -> None:
        """A whole frame was not believed."""
        self.refused_at, self.refusal = at, reason

    def tick(self) -> None:
        """An interval is over."""
        self._lately.append((self._frames, self._damaged))
        self._whole_in_a_row = 0 if self._damaged else self._whole_in_a_row + self._frames
        self._frames = self._damaged = 0
        if self.noisy and not self._relapsed and self._whole_in_a_row >= _WHOLE_IN_A_ROW:
            self.noisy, self._healed = False, True
            self._lately.clear()
            return
        whole, damaged = (sum(each) for each in zip(*self._lately, strict=True))
        ratio = damaged / (whole + damaged) if whole + damaged else 0.0
        was_noisy = self.noisy
        self.noisy = ratio > (_QUIET if was_noisy else _NOISY) and damaged >= _LEAST_DAMAGED
        if self.noisy and not was_noisy:
            self._relapsed = self._healed
        elif not damaged and len(self._lately) == _TICKS:
            self._healed = self._relapsed = False

    def replied(self, now: float) -> bool | None:
        """Whether the line works both ways now: a word came lately, and it knew what was sent lately.

        None: it has just begun.
        """
        if self.heard_at is None and now - self.begun_at < 2 * self.interval:
            return None
        return self._is_heard(now) and not self._is_unheard(now)

    def problem(self, now: float) -> str | None:
        """What is wrong with the open line while the peer is heard on another one, in one line; None: nothing."""
        device, peer = self.device, self.peer
        since = self.begun_at if self.heard_at is None else self.heard_at
        if now - since > SILENT_AFTER + 2 * self.interval:
            return self._silence(now)
        if self._is_heard(now) and self._is_unheard(now):
            return (
                f"{peer} hears nothing over {device}, though it is heard: the wire from here to there is cut"
            )
        if self.noisy:
            return f"much of what comes over {device} is damaged: noise, or another program on the line"
        return None

    def _silence(self, now: float) -> str:
        device = self.device
        if self.refused_at is not None and now - self.refused_at <= REFUSED_SPEAKS:
            return f"what comes over {device} is refused: {self.refusal}"
        if any(damaged for _, damaged in list(self._lately)[-_JUST_NOW:]):
            return (
                f"what comes over {device} cannot be read: noise, a getty on the line, or another baud rate than "
                f"{self.baud} at the other end"
            )
        return f"nothing comes over {device} from {self.peer}, which is heard on another link"

    def _is_heard(self, now: float) -> bool:
        return self.heard_at is not None and now - self.heard_at <= 1.5 * self.interval + 0.2

    def _is_unheard(self, now: float) -> bool:
        since = self.begun_at if self.echo_sent_at is None else self.echo_sent_at
        return now - since > SILENT_AFTER + 2 * self.interval
