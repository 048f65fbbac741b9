"""Nagios on this host: acknowledgements go into its command file, and are seen in its status.dat.

Checked against nagios4 4.4.6: blocks of status.dat begin with host and service, and the file is renamed into place.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from hawatch.config.monitor import Monitor
from hawatch.errors import DeliveryError
from hawatch.mirror.mark import Mark, ServiceLook
from hawatch.mirror.wish import Acknowledge, Deed
from hawatch.reach.aside import Aside
from hawatch.reach.fifo import MOST_BYTES, write_at_once

PATIENCE = 5.0
STALE = 120.0
"""Seconds after which a status.dat that is not written any more says nothing."""
TAKES_UP = 0.3
"""Seconds that Nagios may need until a command has had its effect: what was asked for later is not in the file."""
STICKY, SILENT, FORGOTTEN_AT_RESTART = 2, 0, 0
ACKNOWLEDGEMENT = "4"
_SEPARATORS = re.compile(r"[;\r\n\x00-\x1f\x7f]+")

Block = dict[str, str]


class Nagios:
    """One command file, and the status.dat beside it, if it is known; `wall` gives epoch seconds."""

    def __init__(self, monitor: Monitor, wall: Callable[[], float]) -> None:
        self._monitor = monitor
        self._path = monitor.way
        self._status = monitor.status_file
        self._wall = wall
        self._aside = Aside(self._path, PATIENCE)
        self._read: tuple[tuple[int, int, int], str, ServiceLook] | None = None

    async def look(self, pair: str) -> ServiceLook:
        """What status.dat says. DeliveryError."""
        if self._status is None:
            return ServiceLook(at=self._wall(), problem=None)
        path, host = self._status, self._monitor.host or pair
        found = await self._aside.do(lambda: self._look(path, host))
        if self._wall() - found.at > STALE:
            problem = f"{path}: not written for {self._wall() - found.at:.0f} s; is Nagios running?"
            raise DeliveryError(problem, temporary=True)
        return found

    async def do(self, deed: Deed, pair: str) -> None:
        """Write one command. DeliveryError."""
        host = self._monitor.host or pair
        line = command(deed, host, self._monitor.service, self._wall())
        await self._aside.do(lambda: write_at_once(self._path, line))

    def _look(self, path: str, host: str) -> ServiceLook:
        try:
            with Path(path).open("rb") as file:
                stat = os.fstat(file.fileno())
                version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if self._read is not None and self._read[:2] == (version, host):
                    return self._read[2]
                text = file.read().decode(errors="replace")
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
            hint = "; is Nagios running on this host?" if isinstance(error, FileNotFoundError) else ""
            raise DeliveryError(f"{path}: {problem}{hint}", temporary=True) from None
        found = look_in(text, host, self._monitor.service, stat.st_mtime - TAKES_UP)
        if found is None:
            problem = f"{path}: it has no service {self._monitor.service} on a host {host}"
            raise DeliveryError(problem, temporary=False)
        self._read = (version, host, found)
        return found


def command(deed: Deed, host: str, service: str, wall: float) -> bytes:
    """The line, at most 4096 bytes with its end."""
    place = f"{_plain(host)};{_plain(service)}"
    if not isinstance(deed, Acknowledge):
        return f"[{int(wall)}] REMOVE_SVC_ACKNOWLEDGEMENT;{place}\n".encode()
    how = f"{STICKY};{SILENT};{FORGOTTEN_AT_RESTART}"
    author, text = _plain(deed.wish.author), _plain(deed.wish.text)
    line = f"[{int(wall)}] ACKNOWLEDGE_SVC_PROBLEM;{place};{how};{author};{text}".encode(errors="replace")
    return line[: MOST_BYTES - 1].decode(errors="ignore").encode() + b"\n"


def _plain(text: str) -> str:
    """Without what separates fields and lines."""
    return _SEPARATORS.sub(" ", text).strip() or "-"


def look_in(status: str, host: str, service: str, at: float) -> ServiceLook | None:
    """One service in the text of a status.dat as of then, None when it is not there."""
    place = f"\thost_name={host}\n\tservice_description={service}\n"
    found = next(_blocks(status, "servicestatus", place), None)
    if found is None:
        return None
    program = next(_blocks(status, "programstatus", ""), {})
    return ServiceLook(
        at=at,
        problem=found.get("current_state") != "0" and found.get("has_been_checked") == "1",
        well_at=_number(found, "last_time_ok") or None,
        started=_number(program, "program_start") or None,
        mark=_mark(status, place) if found.get("problem_has_been_acknowledged") == "1" else None,
    )


def _mark(status: str, place: str) -> Mark:
    """Who acknowledged it stands in a comment, the latest of its kind."""
    comments = [
        each for each in _blocks(status, "servicecomment", place) if each.get("entry_type") == ACKNOWLEDGEMENT
    ]
    last = max(
        comments, key=lambda each: (_number(each, "entry_time"), _number(each, "comment_id")), default={}
    )
    since = _number(last, "entry_time")
    return Mark(
        id=f"{last.get('author', '')}/{since:.0f}",
        author=last.get("author") or "somebody",
        text=last.get("comment_data", ""),
        since=since,
    )


def _blocks(status: str, kind: str, beginning: str) -> Iterator[Block]:
    start = f"{kind} {{\n{beginning}"
    at = status.find(start)
    while at >= 0:
        end = status.find("\n\t}", at)
        if end < 0:
            return
        lines = status[at:end].splitlines()[1:]
        yield {name.strip(): value for name, _, value in (line.partition("=") for line in lines)}
        at = status.find(start, end)


def _number(block: Block, name: str) -> float:
    """0 for what is no number: `nan` and `inf`, which float() takes, are none."""
    try:
        found = float(block.get(name, "0"))
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0
