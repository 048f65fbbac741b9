r"""A result's text as Nagios's command file has it: line breaks as `\n`, a backslash doubled; as much as there is room.

Checked against nagios4 4.4.6: it takes both back, shows a `;` of the first line as `:` (as it does after an active
check), and keeps it in the further lines and in performance data.
"""

from __future__ import annotations

from hawatch.passive.result import PassiveResult


def nagios_text(result: PassiveResult, room: int) -> bytes:
    """All of it as one line of at most `room` bytes."""
    return rb"\n".join(map(escaped, lines_within(result, room)))


def lines_within(result: PassiveResult, room: int) -> list[str]:
    """First line with performance data, further lines: whole ones, as many as `room` bytes hold once they are escaped.

    Of a first line that is too long, the beginning.
    """
    first = _cut(result.output, room)
    left = room - len(escaped(first))
    bar = " | "
    for value in result.perfdata:
        left -= len(escaped(bar + value))
        if left < 0:
            return [first]
        first += bar + value
        bar = " "
    lines = [first]
    for line in result.details:
        left -= len(escaped("\n" + line))
        if left < 0:
            break
        lines.append(line)
    return lines


def escaped(text: str) -> bytes:
    """One line of it, or several, as one."""
    return text.replace("\\", r"\\").replace("\n", r"\n").encode(errors="replace")


def _cut(text: str, room: int) -> str:
    if len(escaped(text)) <= room:
        return text
    length = 0
    for place, each in enumerate(text):
        length += len(escaped(each))
        if length > room:
            return text[:place]
    return text
