"""What a node has found about itself, as the bytes of FINDING sections; what does not fit a datagram stays at home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hawatch.wire.report import ReportedFinding
from hawatch.wire.sections import Cursor, text, varint

MOST_BYTES = 1000
"""For all findings of one virtual router: with the router itself that is one unfragmented datagram."""


def write_findings(findings: Iterable[ReportedFinding]) -> Iterator[bytes]:
    """One value for each finding while there is room; the more there are, the less is said of each.

    Each is told with all that is known if the names of those after it still have room; else without its evidence, and
    then without its remedy.
    """
    forms = [_forms(finding) for finding in findings]
    room, kept_for_the_rest = MOST_BYTES, sum(len(each[-1]) for each in forms)
    for longest_first in forms:
        kept_for_the_rest -= len(longest_first[-1])
        fitting = [form for form in longest_first if len(form) + kept_for_the_rest <= room]
        chosen = fitting[0] if fitting else longest_first[-1]
        if len(chosen) <= room:
            room -= len(chosen)
            yield chosen


def _forms(finding: ReportedFinding) -> list[bytes]:
    """The ways to tell it, the longest first."""
    brief = replace(finding, evidence=(), tell_apart="")
    return [_finding(each) for each in (finding, brief, replace(brief, remedy=""))]


def _finding(finding: ReportedFinding) -> bytes:
    words = (finding.cause, finding.severity, finding.summary, finding.remedy, finding.tell_apart)
    pairs = b"".join(text(name) + text(value) for name, value in finding.evidence)
    return b"".join(map(text, words)) + varint(len(finding.evidence)) + pairs


def read_finding(value: Cursor) -> ReportedFinding:
    """The record; raises DecodeError for what is cut off or no text."""
    cause, severity, summary, remedy, tell_apart = (value.text() for _ in range(5))
    evidence = tuple((value.text(), value.text()) for _ in range(value.varint()))
    return ReportedFinding(
        cause=cause,
        severity=severity,
        summary=summary,
        remedy=remedy,
        evidence=evidence,
        tell_apart=tell_apart,
    )
