"""A command at a terminal, and somebody who answers its questions."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from collections.abc import Mapping, Sequence

from tests.lab.scene import HANG_GUARD


def at_terminal(argv: Sequence[str], answers: Mapping[str, str], env: Mapping[str, str]) -> str:
    """Run it; `answers` by a part of the question, else Enter. All that was shown, once it has ended well."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
    )
    os.close(theirs)
    shown, asked = "", 0
    while select.select([ours], [], [], HANG_GUARD)[0]:
        try:
            shown += os.read(ours, 4096).decode(errors="replace")
        except OSError:
            break
        if shown.endswith(": ") and len(shown) > asked:
            asked = len(shown)
            question = shown.splitlines()[-1]
            answer = next((text for part, text in answers.items() if part in question), "")
            os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    assert process.wait(HANG_GUARD) == 0, shown
    return shown.replace("\r\n", "\n")
