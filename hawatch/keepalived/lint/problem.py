"""What lint has to say, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad it is; `exit_code` is what the command ends with where nothing worse is found."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def exit_code(self) -> int:
        """0 for what is only good to know."""
        return {"error": 2, "warning": 1, "info": 0}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding in a file: a sentence, and a remedy that is a line to write wherever there is one.

    `line` is None where the whole file is meant. Neither text ever holds a password.
    """

    file: str
    line: int | None
    severity: Severity
    rule: str
    sentence: str
    remedy: str
