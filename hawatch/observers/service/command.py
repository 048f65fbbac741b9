"""What does a command say? As in a shell, 0 means that all is well."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.observers.service.plugin import run
from hawatch.observers.service.result import Result, fails, works


async def check_command(argv: Sequence[str], timeout: float) -> Result:  # noqa: ASYNC109
    """Run it, without a shell: 0 is up, every other exit code down; no start and no end say nothing."""
    ended = await run(argv, timeout)
    if isinstance(ended, Result):
        return ended
    said = ended.output if ended.output.strip() else f"{argv[0]} gave {ended.code}"
    return fails(said) if ended.code else works(said)
