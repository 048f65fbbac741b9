"""Names of incidents: short, and unique on a pair whose nodes cannot talk, because the node's own name is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_STRANGE = re.compile(r"[^A-Za-z0-9_.]+")


def next_id(node: str, at: float, taken: Iterable[str]) -> str:
    """The next free name of a node's day (UTC), such as `261122-lb01-3`; `at` is in epoch seconds."""
    day = datetime.fromtimestamp(at, UTC).strftime("%y%m%d")
    beginning = f"{day}-{_STRANGE.sub('_', node)}-"
    numbers = [each.removeprefix(beginning) for each in taken if each.startswith(beginning)]
    return f"{beginning}{1 + max((int(number) for number in numbers if number.isdecimal()), default=0)}"
