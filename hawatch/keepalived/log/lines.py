"""One line of a log, of the journal or of the notify FIFO, understood or not; no line raises anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from hawatch.keepalived.log.pattern import NAME
from hawatch.keepalived.log.patterns import PATTERNS
from hawatch.keepalived.log.sayings import (
    AdvertisementWeighed,
    GroupStateChanged,
    PriorityChanged,
    SaidState,
    Saying,
    StateChanged,
)
from hawatch.keepalived.log.stamps import OWN_FORMAT, read_head

LONGEST = 1024
"""Characters of a line that are looked at; keepalived's own lines are shorter, a longer one is none of them."""
_PROGRAM = re.compile(r"Keepalived(?:_vrrp|_healthcheckers|_bfd)?(?:[_-][\w.-]{1,48})?", re.ASCII)
_FIFO = re.compile(
    rf'(?P<what>INSTANCE|GROUP) "(?P<name>{NAME})" (?P<event>MASTER|BACKUP|FAULT|STOP|MASTER_RX_LOWER_PRI'
    r"|MASTER_PRIORITY|BACKUP_PRIORITY) (?P<priority>\d{1,3})(?: \d{1,10})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What was said, in keepalived's words, when (epoch seconds), give or take `within` seconds."""

    saying: Saying
    text: str
    at: float
    within: float


def is_keepalived(program: str) -> bool:
    """Whether this sender of syslog is one of keepalived's processes."""
    return _PROGRAM.fullmatch(program) is not None


def read_message(text: str) -> Saying | None:
    """What keepalived says by a message, its time and sender taken away; None: nothing that is understood."""
    text = text.rstrip()
    if len(text) > LONGEST:
        return None
    for pattern in PATTERNS:
        found = pattern.line.fullmatch(text)
        if found is not None:
            return pattern.make(found)
    return None


def read_log_line(line: str, *, now: float, zone: tzinfo | None = None) -> Word | None:
    """A line of a log file, whoever wrote it; `now` is in epoch seconds, `zone` None is this host's."""
    if len(line) > LONGEST:
        return None
    head = read_head(line.rstrip(), now=now, zone=zone)
    if head is None or not (head.program == OWN_FORMAT or is_keepalived(head.program)):
        return None
    saying = read_message(head.text)
    if saying is None:
        return None
    return Word(saying=saying, text=head.text, at=head.at, within=head.within)


def read_fifo_line(line: str) -> tuple[Saying, ...]:
    """What a line of the notify FIFO says; empty: nothing that is understood."""
    found = _FIFO.fullmatch(line.rstrip()) if len(line) <= LONGEST else None
    return () if found is None else tuple(_of_fifo(found))


def _of_fifo(found: re.Match[str]) -> Iterator[Saying]:
    event, name = found["event"], found["name"]
    if found["what"] == "GROUP":
        if event in SaidState.__members__:
            yield GroupStateChanged(group=name, state=SaidState(event))
    elif event in SaidState.__members__:
        yield StateChanged(instance=name, state=SaidState(event))
    elif event == "MASTER_RX_LOWER_PRI":
        yield AdvertisementWeighed(instance=name, better=False)
    else:
        yield PriorityChanged(instance=name, priority=int(found["priority"]))
