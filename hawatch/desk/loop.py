"""One turn of the reply path: a probe that went out on a channel, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The latest probe of a node's channel: times are epoch seconds.

    `message` is what carries `token`. `back_at` is None until it is back; `failed_at` and `problem` are when and why it
    was given up. `seconds` and `succeeded_at` are of the last that came back, this one or one before.
    """

    id: str
    channel: str
    token: str
    message: str
    begun_at: float
    until: float
    back_at: float | None = None
    failed_at: float | None = None
    problem: str = ""
    seconds: float | None = None
    succeeded_at: float | None = None

    @property
    def progress(self) -> int:
        """The later turn counts."""
        return int(self.begun_at * 1000)

    @property
    def pending(self) -> bool:
        """Whether it is still on its way, as far as is known."""
        return self.back_at is None and self.failed_at is None

    @property
    def up(self) -> bool | None:
        """Whether the last that is decided came back; None before the first."""
        if self.pending:
            return None if self.seconds is None and not self.problem else not self.problem
        return self.back_at is not None

    def came_back(self, at: float) -> Loop:
        """The same, back now, late or not."""
        return replace(self, back_at=at, seconds=at - self.begun_at, succeeded_at=at, problem="")

    def given_up(self, at: float, problem: str) -> Loop:
        """The same, and nobody waits for it any longer."""
        return replace(self, failed_at=at, problem=problem)
