"""One entry of systemd's journal as `journalctl --output=json` prints it (systemd's journal export fields)."""

from __future__ import annotations

import json

from hawatch.keepalived.log.lines import LONGEST, Word, is_keepalived, read_message

WITHIN = 0.01
"""Seconds: glibc's syslog() stamps no finer, journald takes it in at once."""
FIELDS = ("MESSAGE", "SYSLOG_IDENTIFIER", "_SOURCE_REALTIME_TIMESTAMP")
"""What is asked of journalctl; it adds the time at which the journal took the entry in."""
_TIMES = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP")  # microseconds, in decimal digits


def read_journal_entry(line: str | bytes) -> Word | None:
    """What keepalived says in an entry; None where it is none, or is not understood."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    text, program, at = entry.get("MESSAGE"), entry.get("SYSLOG_IDENTIFIER"), _moment(entry)
    # A text that is not UTF-8 comes as a list of bytes: none of keepalived's.
    if not isinstance(text, str) or not isinstance(program, str) or at is None:
        return None
    if len(text) > LONGEST or not is_keepalived(program):
        return None
    saying = read_message(text)
    return None if saying is None else Word(saying=saying, text=text.rstrip(), at=at, within=WITHIN)


def _moment(entry: dict[str, object]) -> float | None:
    for name in _TIMES:
        written = entry.get(name)
        if isinstance(written, str) and len(written) <= 20 and written.isascii() and written.isdecimal():
            return int(written) / 1e6
    return None
