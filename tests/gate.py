"""Tests as the gates run them: `python -m tests.gate ARGUMENTS…` is `pytest ARGUMENTS…`, with a second look.

The lab's scenarios run real daemons on short intervals, several labs side by side on few cores. What fails there and
only there is told as that: at most three tests that failed are run once more, each alone with the machine, and have to
pass then. Which they were stands at the end of the output, with what failed the first time above it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

AT_MOST = 3
"""More than these are no accident of a busy machine."""


def main(arguments: Sequence[str]) -> int:
    """pytest's exit code: of the only run, or of the second look."""
    with tempfile.TemporaryDirectory(prefix="hawatch-gate-") as directory:
        first, failed = _look([*arguments], Path(directory) / "first")
        if first != pytest.ExitCode.TESTS_FAILED or not _is_worth_a_look(failed):
            return first
        _say(f"{len(failed)} failed beside others; once more, alone:", failed)
        second, again = _look([*failed, "-n", "0", "-q"], Path(directory) / "second")
    if second not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        again = failed  # it did not come to its end: nothing is known to have passed
    if passed := [each for each in failed if each not in again]:
        _say("failed beside others, passed alone:", passed)
    if again:
        _say("failed beside others, failed alone, too:", again)
    return second


def _look(arguments: Sequence[str], cache: Path) -> tuple[int, list[str]]:
    """pytest's exit code, and the ids of what failed."""
    return _run([*arguments, "-p", "cacheprovider", "-o", f"cache_dir={cache}"]), _failed(cache)


def _run(arguments: Sequence[str]) -> int:
    """Like a shell: whoever interrupts the gate interrupts pytest, which then takes its labs down before it ends."""
    running = subprocess.Popen([sys.executable, "-m", "pytest", *arguments])
    kept = {
        # A terminal interrupts both.
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: running.send_signal(signal.SIGINT)),
    }
    try:
        return running.wait()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _failed(cache: Path) -> list[str]:
    """The ids that pytest has noted as failed; a file that could not be read stands there without its tests."""
    noted = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(noted.read_text())) if noted.exists() else []


def _is_worth_a_look(failed: Sequence[str]) -> bool:
    return 0 < len(failed) <= AT_MOST and all("::" in each for each in failed)


def _say(headline: str, failed: Sequence[str]) -> None:
    print("", "=" * 80, headline, *(f"  {each}" for each in failed), "=" * 80, "", sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
