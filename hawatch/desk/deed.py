"""One action that a person has asked for, from the asking to its outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hawatch.permit import Gone, Trace
from hawatch.refusal import Refusal

PATIENCE = 12.0
"""Seconds within which a deed must begin; what comes later is not done, since it was told that it was not."""


class DeedState(StrEnum):
    """Where a deed stands; `unknown` was interrupted in the middle, `expired` never began."""

    ASKED = "asked"
    EXPIRED = "expired"
    BEGUN = "begun"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DONE = "done"


_FURTHER = {state: number for number, state in enumerate(DeedState)}
FINAL = frozenset(DeedState) - {DeedState.ASKED, DeedState.BEGUN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """`id` is the once-key: the node `node` runs a deed of one id once, whoever asks, and however often.

    `person` wants it (`second` has agreed, where two are needed), `asked_by` is the node that took the request and
    tells the outcome. `code` is that person's code of the incident. Of a fence, `gone` is the evidence of its end, and
    `trace` what was still seen when the fence device had said that it was done. `drill` and `leg` say for which part
    of a drill it is; it is not begun before `not_before`, unless the drill is broken off.
    """

    id: str
    incidents: tuple[str, ...]
    instances: tuple[str, ...]
    action: str
    node: str
    vip: str | None = None
    label: str | None = None
    person: str
    second: str | None = None
    asked_by: str
    asked_at: float
    until: float
    code: int | None = None
    state: DeedState = DeedState.ASKED
    changed_at: float = 0.0
    text: str = ""
    refusal: Refusal | None = None
    gone: Gone | None = None
    trace: Trace | None = None
    drill: str | None = None
    leg: int = 0
    not_before: float = 0.0

    @property
    def progress(self) -> int:
        """What has come further counts."""
        return _FURTHER[self.state]

    @property
    def final(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in FINAL

    def moved_to(
        self, state: DeedState, at: float, *, text: str = "", refusal: Refusal | None = None
    ) -> Deed:
        """The same, come so far."""
        return replace(self, state=state, changed_at=at, text=text or self.text, refusal=refusal)
