r"""A result's text as one line, the way Nagios's command file wants it: line breaks as `\n`, a backslash doubled.

Checked against nagios4 4.4.6: it takes both back, shows a `;` of the first line as `:` (as it does after an active
check), and keeps it in the further lines and in performance data.
"""

from __future__ import annotations

from hawatch.passive.result import PassiveResult


def nagios_text(result: PassiveResult, room: int) -> bytes:
    """First line, performance data, further lines: whole ones, as many as `room` bytes hold, and never more."""
    text = _cut(_escaped(result.output), room)
    bar = b" | "
    for value in result.perfdata:
        more = bar + _escaped(value)
        if len(text) + len(more) > room:
            break
        text += more
        bar = b" "
    for line in result.details:
        more = rb"\n" + _escaped(line)
        if len(text) + len(more) > room:
            break
        text += more
    return text


def _escaped(text: str) -> bytes:
    return text.replace("\\", r"\\").replace("\n", r"\n").encode(errors="replace")


def _cut(text: bytes, room: int) -> bytes:
    """No half character, and no backslash that would take the next one with it."""
    if len(text) <= room:
        return text
    cut = text[:room].decode(errors="ignore").encode()
    trailing = len(cut) - len(cut.rstrip(b"\\"))
    return cut[:-1] if trailing % 2 else cut
