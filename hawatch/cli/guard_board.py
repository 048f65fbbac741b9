"""The quick half of `hawatch guard`: reads the agent's notice board, and imports next to nothing for it."""

from __future__ import annotations

import time

from hawatch.guard.board import NAME, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SOCKET = "/run/hawatch/hawatch.sock"
UP, DOWN = 0, 1
LONGEST = 1 << 20


def quick_answer(words: Sequence[str]) -> int | None:
    """The exit code for `NAME` or `NAME --socket PATH`, after a line is printed; None: something else was asked."""
    named = [words[0], words[2]] if len(words) == 3 and words[1] == "--socket" else [*words, SOCKET]
    if len(named) != 2 or any(not each or each.startswith("-") for each in named):
        return None
    return answer(named[0], named[1])


def answer(name: str, socket: str) -> int:
    """0 while the service works, or nothing is known of it; 1 while it fails. Says so in one line."""
    works, why = look(name, socket)
    if works is None:
        print(f"{name} counts as up: {why}")
    else:
        print(why)
    return DOWN if works is False else UP


def look(name: str, socket: str) -> tuple[bool | None, str]:
    """Whether a service works, and in what words; None: it is not known, and why."""
    path = f"{socket.rpartition('/')[0] or '.'}/{NAME}"
    try:
        with open(path, encoding="utf-8", errors="replace") as board:  # noqa: PTH123 - pathlib takes its time
            text = board.read(LONGEST)
    except FileNotFoundError:
        return None, f"no agent is running here, or it looks at no service ({path} is not there)"
    except OSError as error:
        return None, f"{path}: {error.strerror or error}"
    return verdict(text, name, time.clock_gettime(time.CLOCK_MONOTONIC))  # noqa: TID251 - hawatch.clock takes its time
