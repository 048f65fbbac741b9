"""How much work an input makes, in lines of Python that are run: what is twice as long may take about twice as many.

Seconds would tell of the machine as well. What the interpreter does inside one line (a regular expression, a search) is
not seen here; of that, the fuzzing's own time limit tells.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from types import FrameType
from typing import Any

SHORT = 2000
"""Bytes of the shorter one, about."""


def steps(run: Callable[[], object]) -> int:
    """Lines that are run until it ends, in whatever way."""
    count = 0

    def line(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def grown(data: bytes, short: int = SHORT) -> Iterator[tuple[bytes, bytes]]:
    """The input made long and twice as long: each run of its quarters again and again, or the items of its lists."""
    ends = [len(data) * quarter // 4 for quarter in range(5)]
    for begin, end in combinations(ends, 2):
        times = max(2, short // max(end - begin, 1))
        head, middle, tail = data[:begin], data[begin:end], data[end:]
        yield head + middle * times + tail, head + middle * times * 2 + tail
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        return
    times = max(2, short // max(len(data), 1))
    yield json.dumps(_longer(plain, times)).encode(), json.dumps(_longer(plain, times * 2)).encode()


def _longer(plain: Any, times: int) -> Any:
    if isinstance(plain, dict):
        return {name: _longer(each, times) for name, each in plain.items()}
    return plain * times if isinstance(plain, list) else plain
