"""What the daemons ask of Python itself, so that nothing of its own holds their loop up for long."""

from __future__ import annotations

import gc
import sys

COLLECT_AFTER = (10_000, 20, 20)
"""How seldom Python looks for objects that hold each other: of thousands of VIPs a look takes longer than agents may be
late, and next to nothing is ever found."""
THREADS_TURN = 0.000_5
"""Seconds after which a thread at work lets the loop go on; at Python's 5 ms the loop waits as long after each of its
system calls while a thread makes a large answer, or writes down what thousands of VIPs have led to."""


def settle_interpreter() -> None:
    """For an agent: look for lost objects seldom, and let the loop go on soon."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    share_turns()


def share_turns() -> None:
    """For whoever judges in a loop while threads work."""
    sys.setswitchinterval(THREADS_TURN)
