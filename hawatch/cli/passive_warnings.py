"""What in the [[passive]] tables of hawatch.toml can be read, and will not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hawatch.cli.secret_file import secret_warnings
from hawatch.config import Passive


def passive_warnings(targets: Sequence[Passive]) -> Iterator[str]:
    """One line for each; looks at this host's files and pushes nothing."""
    seen: dict[tuple[str, str | None, str], int] = {}
    for n, target in enumerate(targets):
        for problem in _target(target):
            yield f"passive[{n}].{problem}"
        first = seen.setdefault((target.way, target.host, target.service), n)
        if first != n:
            yield f"passive[{n}]: pushes to the same service as passive[{first}]"


def _target(target: Passive) -> Iterator[str]:
    if target.command_file is not None and not Path(target.command_file).is_fifo():
        yield f"command_file: {target.command_file} is not there, or no FIFO; is Nagios running on this host?"
    if target.spool is not None and not Path(target.spool).is_dir():
        yield f"spool: {target.spool} is not there, or no directory"
    if target.ca_file is not None and not Path(target.ca_file).is_file():
        yield f"ca_file: {target.ca_file} is not there"
    if target.password_file is not None:
        yield from secret_warnings("password_file", Path(target.password_file))
