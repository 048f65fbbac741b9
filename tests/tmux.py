"""A real terminal: tmux on a socket of its own, whose screen is read and whose keys are pressed.

with terminal(80, 24) as tmux:
    tmux.start(["hawatch", "watch"])
    tmux.await_text("live")
    tmux.press("q")
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.lab.errors import LabTimeout
from deploy.lab.waiting import wait_until

HANG = 60.0
TIMEOUT = 20.0
"""Seconds for one command of tmux; a hang guard."""


class Tmux:
    """One session with one pane."""

    def __init__(self, socket: Path, columns: int, lines: int) -> None:
        self._socket = socket
        self._size = (columns, lines)

    def start(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run a program in the pane; when it has ended, what it left there can still be read."""
        columns, lines = self._size
        settings = [f"{name}={value}" for name, value in (env or {}).items()]
        command = shlex.join(["env", *settings, *argv])
        self._tmux(
            "new-session",
            "-d",
            "-x",
            str(columns),
            "-y",
            str(lines),
            "--",
            "sh",
            "-c",
            f"trap : INT; {command}; code=$?; stty -a; echo ended $code; sleep {HANG}",
        )

    def lines(self) -> list[str]:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p").split("\n")[: self._size[1]]

    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.lines())

    def press(self, *keys: str) -> None:
        """Keys by tmux's names, such as `a`, `Down`, `C-c`."""
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        """Another size of the terminal."""
        self._size = (columns, lines)
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def await_screen(self, wanted: Callable[[list[str]], bool], what: str) -> list[str]:
        """The screen once it is as wanted. AssertionError with the screen when it never is."""
        last: list[str] = []

        def look() -> list[str] | None:
            last[:] = self.lines()
            return last if wanted(last) else None

        try:
            return list(wait_until(look, what=what, timeout=HANG))
        except LabTimeout as error:
            shown = "\n".join(last)
            raise AssertionError(f"{error}; the screen:\n{shown}") from None

    def await_text(self, text: str) -> list[str]:
        """The screen once this text stands on it."""
        return self.await_screen(lambda lines: any(text in line for line in lines), text)

    def end(self) -> None:
        """End the session and the server with it."""
        subprocess.run(
            ["tmux", "-S", str(self._socket), "kill-server"],
            check=False,
            capture_output=True,
            timeout=TIMEOUT,
        )

    def _tmux(self, *words: str) -> str:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", "/dev/null", "-u", *words],
            env={**kept, "LANG": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh"},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, f"tmux {words[0]}: {done.stderr}"
        return done.stdout


@contextmanager
def terminal(columns: int, lines: int) -> Iterator[Tmux]:
    """A terminal of this size; ended in any case."""
    with tempfile.TemporaryDirectory(prefix="hawatch-tmux-") as directory:
        tmux = Tmux(Path(directory) / "socket", columns, lines)
        try:
            yield tmux
        finally:
            tmux.end()
