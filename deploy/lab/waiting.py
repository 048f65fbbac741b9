"""Waiting for what gives no event of its own: /proc and files. All other waits of the lab are events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from deploy.lab.errors import LabTimeout

INTERVAL = 0.005  # seconds between two looks

Seen = TypeVar("Seen")


def wait_until(look: Callable[[], Seen | None], *, what: str, timeout: float) -> Seen:
    """The first thing that `look` gives which is not None; LabTimeout names `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if seen is not None:
            return seen
        if time.monotonic() > deadline:
            raise LabTimeout(f"waited {timeout:g} s for {what}")
        time.sleep(INTERVAL)
