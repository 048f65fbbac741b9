from __future__ import annotations

import importlib.machinery
import importlib.util
import math
import types
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawatch.exporter.check_range import Range, RangeError

PLUGIN = Path(__file__).resolve().parent.parent / "nagios" / "check_hawatch"
NUMBERS = st.integers(-(10**6), 10**6) | st.decimals(-1000, 1000, places=3, allow_nan=False)


def plugin() -> types.ModuleType:
    """The plugin's own names."""
    loader = importlib.machinery.SourceFileLoader("check_hawatch", str(PLUGIN))
    spec = importlib.util.spec_from_loader("check_hawatch", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Not exec_module, which would leave a compiled copy beside the plugin.
    exec(loader.source_to_code(PLUGIN.read_bytes(), str(PLUGIN)), module.__dict__)  # noqa: S102  the plugin itself
    return module


CHECK_HAWATCH = plugin()


@pytest.mark.parametrize(
    ("text", "alerting", "quiet"),
    [
        ("10", (-0.5, 10.5, 11), (0, 5, 10)),
        ("10:", (9.9, -1), (10, 1e9)),
        ("~:10", (10.1,), (10, -1e9)),
        ("10:20", (9, 21), (10, 15, 20)),
        ("@10:20", (10, 15, 20), (9.9, 20.1)),
        ("@10", (0, 10), (-1, 11)),
        ("-5:-1.5", (-6, 0), (-5, -1.5)),
        ("~:", (), (-1e9, 0, 1e9)),
    ],
)
def test_a_range_of_the_guidelines_alerts_outside_or_with_an_at_inside(
    text: str, alerting: tuple[float, ...], quiet: tuple[float, ...]
) -> None:
    limit = Range.from_text(text)
    assert [limit.alerts(value) for value in alerting] == [True] * len(alerting)
    assert [limit.alerts(value) for value in quiet] == [False] * len(quiet)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        ":",
        "@:",
        ":10",
        "10:5",
        "~",
        "10:~",
        "10:20:30",
        "@@1",
        "x",
        "1e3",
        "nan",
        "inf",
        "1_0",
        " 1",
        "5%",
        ".",
        "--1",
        "1.2.3",
        "٣",
        "+1",
    ],
)
def test_what_is_no_range_is_named(text: str) -> None:
    with pytest.raises(RangeError, match=r"is no range such as 10, 10:, ~:10, 10:20 or @10:20$"):
        Range.from_text(text)


@given(
    low=NUMBERS | st.none(), high=NUMBERS | st.none(), inside=st.booleans(), value=st.floats(allow_nan=False)
)
def test_any_range_that_is_written_is_read_as_it_was_meant(
    low: float | None, high: float | None, inside: bool, value: float
) -> None:
    if low is not None and high is not None and low > high:
        low, high = high, low
    text = f"{'@' * inside}{'~' if low is None else low}:{'' if high is None else high}"
    limit = Range.from_text(text)
    bounds = -math.inf if low is None else float(low), math.inf if high is None else float(high)
    assert (limit.low, limit.high, limit.text) == (*bounds, text)
    assert limit.alerts(value) == ((bounds[0] <= value <= bounds[1]) == inside)


@given(text=st.text("0123456789@~:.-+e _x٣", max_size=9))
@example(":10")
@example("@~:")
def test_the_plugin_takes_what_the_agent_takes_and_nothing_else(text: str) -> None:
    try:
        Range.from_text(text)
        taken = True
    except RangeError:
        taken = False
    try:
        CHECK_HAWATCH.threshold("warning", text, "peers")
        assert taken, text
    except CHECK_HAWATCH.UsageError:
        assert not taken, text
