"""How the lab's record of addresses becomes spans, overlaps and gaps."""

from __future__ import annotations

from deploy.lab.truth import Change, Span, canonical, merge, spans

A, B, C = "lb01", "lb02", "lb03"


def change(time: float, node: str, held: bool) -> Change:
    return Change(time=time, node=node, address="10.0.0.100", held=held)


def span(start: float, end: float | None, *nodes: str) -> Span:
    return Span(start=start, end=end, nodes=frozenset(nodes))


def test_changes_become_spans_without_a_hole() -> None:
    story = [change(1, A, True), change(4, B, True), change(5, A, False), change(7, B, False)]
    assert spans(story) == [span(1, 4, A), span(4, 5, A, B), span(5, 7, B), span(7, None)]


def test_changes_at_the_same_moment_leave_no_empty_span() -> None:
    story = [change(1, A, True), change(4, A, False), change(4, B, True)]
    assert spans(story) == [span(1, 4, A), span(4, None, B)]


def test_spans_are_cut_to_the_time_asked_for() -> None:
    story = [change(1, A, True), change(4, B, True), change(5, A, False)]
    assert spans(story, since=2, until=4.5) == [span(2, 4, A), span(4, 4.5, A, B)]
    assert spans(story, since=6) == [span(6, None, B)]
    assert spans(story, until=1) == []


def test_an_overlap_goes_on_when_its_members_change() -> None:
    assert merge([span(1, 2, A, B), span(2, 3, B, C), span(4, None, A, C)]) == [
        span(1, 3, A, B, C),
        span(4, None, A, C),
    ]


def test_an_address_is_known_by_its_shortest_form() -> None:
    assert canonical("10.0.0.100/24 dev eth1") == "10.0.0.100"
    assert canonical("FD00:0::0100/64") == "fd00::100"
