"""The picture that is drawn of a situation."""

from __future__ import annotations

from hawatch.evidence import ConfigRead, Started
from hawatch.judge import Judge
from hawatch.picture import draw
from hawatch.verdict import Cause, Severity


def test_a_node_that_watches_nothing_says_why() -> None:
    judge = Judge()
    judge.step(
        Started(
            at=1.0, node="lb01", pair=None, boot_id="b", booted_at=0.0, wall_minus_monotonic=0.0, version="0"
        )
    )
    assert draw(judge, 1.0).severity is Severity.UNKNOWN
    judge.step(ConfigRead(at=1.0, config=None, problem="keepalived.conf:3: no such keyword"))
    picture = draw(judge, 1.0)
    assert [finding.cause for finding in picture.node_findings] == [Cause.BLIND]
    assert "keepalived.conf:3: no such keyword" in picture.node_findings[0].summary
    assert picture.severity is Severity.WARNING
