"""The picture that is drawn of a situation."""

from __future__ import annotations

from hawatch.evidence import ConfigRead, CountersRead, Started
from hawatch.judge import Judge
from hawatch.picture import draw
from hawatch.snapshot import CountersView
from hawatch.verdict import Cause, Severity
from tests.story import master


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


def test_keepalived_s_counters_are_shown_while_they_are_fresh() -> None:
    story = master()
    story.tell(CountersRead(at=story.now, counters={"VI_1": {"advert_rcvd": 7}, "VI_2": {"advert_rcvd": 8}}))
    (router,) = draw(story.judge, story.now + 60).routers
    assert router.keepalived_counters == CountersView(at=story.now, values=(("advert_rcvd", 7),))
    (router,) = draw(story.judge, story.now + 120).routers
    assert router.keepalived_counters is None
    story.tell(CountersRead(at=story.now, counters=None, problem="hawatch-helper does not run"))
    (router,) = draw(story.judge, story.now).routers
    assert router.keepalived_counters is None
