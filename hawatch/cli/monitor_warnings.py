"""What in the [[monitor]] tables of hawatch.toml can be read, and will not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hawatch.cli.secret_file import secret_warnings
from hawatch.config.monitor import Monitor


def monitor_warnings(monitors: Sequence[Monitor]) -> Iterator[str]:
    """One line for each; looks at this host's files and asks no tool."""
    for n, monitor in enumerate(monitors):
        for problem in _monitor(monitor):
            yield f"monitor[{n}].{problem}"


def _monitor(monitor: Monitor) -> Iterator[str]:
    if monitor.command_file is not None:
        if not Path(monitor.command_file).is_fifo():
            yield (
                f"command_file: {monitor.command_file} is not there, or no FIFO; is Nagios running on this host?"
            )
        if monitor.status_file is None:
            yield "status_file: missing; what people acknowledge in Nagios is not seen here"
        elif not Path(monitor.status_file).is_file():
            yield f"status_file: {monitor.status_file} is not there"
    if monitor.ca_file is not None and not Path(monitor.ca_file).is_file():
        yield f"ca_file: {monitor.ca_file} is not there"
    secrets = {"password_file": monitor.password_file, "bearer_file": monitor.bearer_file}
    for key, path in secrets.items():
        if path is not None:
            yield from secret_warnings(key, Path(path))
            if monitor.way.startswith("http://"):
                yield f"{key}: goes to {monitor.way} in the open; https:// keeps it secret"
