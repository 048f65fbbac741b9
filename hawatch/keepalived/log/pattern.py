"""What a pattern of the log is made of: one kind of line, the versions that write it, and the record it becomes.

What a pattern leaves open is narrow on purpose: nothing of a command line, of a password or of a foreign line can pass
through it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hawatch.keepalived.log.sayings import Saying

Found = re.Match[str]

NAME = r"[\w.:+@/-]{1,64}"
IN = rf"(?:VRRP_Instance)?\((?P<instance>{NAME})\):? "
"""VRRP_Instance(VI_1) in keepalived 1 and the first of 2.0, (VI_1) since; some lines have a colon."""
STATE = r"(?P<state>MASTER|BACKUP|FAULT)"
THEIRS = r"(?P<theirs>\d{1,3})"
ADDRESS = r"(?P<src>[0-9A-Fa-f.:]{2,45}(?:%[\w.-]{1,15})?)"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of line. `since` says which versions write it."""

    since: str
    line: re.Pattern[str]
    make: Callable[[Found], Saying]


def row(since: str, line: str, make: Callable[[Found], Saying]) -> Pattern:
    """A row of the table; the pattern is that of the whole line, without its head."""
    return Pattern(since, re.compile(line, re.ASCII), make)
