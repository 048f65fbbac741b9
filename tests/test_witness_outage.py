"""An outage as a witness measures it: from the first request lost to the first served again, as they were sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hawatch.witness.outage import Measure, Request


def played(*served: bool, every: float = 0.2, first: float = 100.0) -> Measure:
    measure = Measure("10.0.0.100")
    for number, ok in enumerate(served):
        measure.judge(measure.sent(first + number * every), served=ok)
    return measure


def test_an_outage_lasts_from_the_first_loss_to_the_first_that_is_served_again() -> None:
    measure = played(True, True, False, False, False, True, True)
    (outage,) = measure.outages
    assert (round(outage.began_at, 3), round(outage.seconds or 0, 3), outage.lost) == (100.4, 0.6, 3)
    assert round(outage.within, 3) == 0.2
    assert (measure.up, measure.current, measure.count) == (True, None, 1)


def test_while_it_goes_on_it_has_no_length() -> None:
    measure = played(True, False, False)
    assert measure.current is not None
    assert measure.current.seconds is None
    assert measure.up is False


def test_what_never_worked_is_no_outage() -> None:
    assert (played(False, False).outages, played(False, False).up) == (played().outages, None)
    assert played(False, False, True).count == 0


def test_a_loss_is_as_wrong_as_the_pause_before_it() -> None:
    measure = Measure("v")
    for at, ok in ((10.0, True), (11.0, False), (11.2, False), (11.4, True)):
        measure.judge(measure.sent(at), served=ok)
    assert measure.outages[0].within == 1.0


def test_an_answer_that_overtakes_a_loss_waits_for_it() -> None:
    measure = Measure("v")
    measure.judge(measure.sent(1.0), served=True)
    slow, quick = measure.sent(2.0), measure.sent(2.2)
    assert measure.judge(quick, served=True) is False
    assert measure.count == 0
    measure.judge(slow, served=False)
    assert (measure.count, measure.outages[0].lost, measure.up) == (1, 1, True)
    assert measure.under_way == 0


@given(st.lists(st.booleans(), max_size=40), st.permutations(range(40)))
def test_in_whatever_order_results_come_the_outages_are_the_same(
    served: list[bool], order: list[int]
) -> None:
    in_order = played(*served)
    measure = Measure("v")
    requests: list[Request] = [measure.sent(100.0 + n * 0.2) for n in range(len(served))]
    for number in (n for n in order if n < len(served)):
        measure.judge(requests[number], served=served[number])
    assert measure.outages == in_order.outages
    assert (measure.up, measure.count) == (in_order.up, in_order.count)
    assert measure.under_way == 0
    lost = sum(outage.lost for outage in measure.outages)
    if True in served and measure.count <= 4:
        assert lost == served[served.index(True) :].count(False)
