"""What stands for one virtual router at a moment, as far as incidents care."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.verdict import Finding, Severity, VerdictKind

BAD = frozenset({Severity.WARNING, Severity.CRITICAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A line for the timeline of an incident that was open at about `at` (epoch seconds); `ref` is told once."""

    at: float
    text: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The verdict on one virtual router, and the findings beside it, of which those that are only shown do not count.

    `down_interval` is its Master_Down_Interval in seconds; `sync_group` is keepalived's vrrp_sync_group; `router` is
    what other nodes know it by. `doubtful`: who is needed to be sure of it has not been heard yet. `drilled`: the
    verdict is what a drill brings about on purpose, and no trouble.
    """

    instance: str
    verdict: VerdictKind
    summary: str
    findings: tuple[Finding, ...] = ()
    sync_group: str | None = None
    down_interval: float = 3.6
    router: str = ""
    doubtful: bool = False
    remarks: tuple[Remark, ...] = ()
    drilled: bool = False

    @property
    def sure(self) -> bool:
        """Whether the evidence decides; if it does not, nothing ends by it."""
        return self.verdict is not VerdictKind.INDETERMINATE and not self.doubtful

    @property
    def blames(self) -> tuple[Finding, ...]:
        """The findings that somebody should do something about."""
        return tuple(each for each in self.findings if each.severity in BAD)

    @property
    def severity(self) -> Severity:
        """The worst of the verdict and its findings; of an undecided verdict, of its findings alone."""
        worst = self.verdict.severity if self.sure and not self.drilled else None
        for finding in self.findings:
            if finding.severity in BAD and (worst is None or finding.severity.badness > worst.badness):
                worst = finding.severity
        return Severity.UNKNOWN if worst is None else worst

    @property
    def bad(self) -> bool:
        """Whether this is trouble."""
        return self.severity in BAD
