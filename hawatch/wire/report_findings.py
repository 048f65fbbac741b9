"""What a node has found about itself, as the bytes of FINDING sections; what does not fit a datagram stays at home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hawatch.wire.report import ReportedFinding
from hawatch.wire.sections import Cursor, text, varint

MOST_BYTES = 1000
"""For all findings of one virtual router: with the router itself that is one unfragmented datagram."""


def write_findings(findings: Iterable[ReportedFinding]) -> Iterator[bytes]:
    """One value for each finding while there is room; a large one goes without its evidence rather than not at all."""
    room = MOST_BYTES
    for finding in findings:
        for candidate in (finding, replace(finding, evidence=(), tell_apart="")):
            encoded = _finding(candidate)
            if len(encoded) <= room:
                room -= len(encoded)
                yield encoded
                break


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
