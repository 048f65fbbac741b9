"""One table of a hawatch.toml that is proposed: active lines, and the keys that are left as comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hawatch.config.reference.key import Key, KeyTable

_COLUMN = 42
_NOTHING: Mapping[str, str] = {}
Row = tuple[str, str, str]


def note(text: str) -> str:
    """Lines of prose as comments."""
    return "".join(f"# {_printable(line)}".rstrip() + "\n" for line in text.splitlines())


def more_keys(table: KeyTable, examples: Mapping[str, str] = _NOTHING) -> str:
    """Keys that another kind of the same table has, without a heading of their own."""
    return note(_about(table)) + _lines(_rows(table, _NOTHING, examples))


def table_text(
    table: KeyTable, values: Mapping[str, str] = _NOTHING, *, examples: Mapping[str, str] = _NOTHING
) -> str:
    """A table with these values (TOML) and each of its other keys as a comment, with `examples` where they are better.

    Without values all of it is a comment.
    """
    heading = table.heading if values else f"#{table.heading}"
    if table.free:
        return note(f"{_about(table)} Entries: {table.free}.") + f"{heading}\n"
    rows = _rows(table, values, examples)
    return block(heading, rows) if values else note(_about(table)) + block(heading, rows)


def switched_off(table: KeyTable, values: Mapping[str, str]) -> str:
    """A table as comments with these values in it, and nothing else."""
    return block(
        f"#{table.heading}",
        [(f"#{key.name}", values[key.name], "") for key in table.keys if key.name in values],
    )


def block(heading: str, rows: Iterable[Row]) -> str:
    """A heading and its lines."""
    return f"{heading}\n{_lines(rows)}"


def _rows(table: KeyTable, values: Mapping[str, str], examples: Mapping[str, str]) -> list[Row]:
    return [
        (key.name, values[key.name], _meaning(key))
        if key.name in values
        else (f"#{key.name}", examples.get(key.name, key.shown), _explained(key))
        for key in table.keys
    ]


def _lines(rows: Iterable[Row]) -> str:
    """Key, value, and what it means, in columns."""
    lines = []
    for key, value, meaning in rows:
        line = f"{key} = {_printable(value)}"
        lines.append(f"{line:<{_COLUMN}}  # {meaning}\n" if meaning else f"{line}\n")
    return "".join(lines)


def _about(table: KeyTable) -> str:
    only = f"{table.only[0].upper()}{table.only[1:]}: " if table.only else ""
    return f"{only}{table.about}".replace("`", "")


def _meaning(key: Key) -> str:
    return key.meaning.replace("`", "")


def _explained(key: Key) -> str:
    if key.default:
        return _meaning(key)
    left_out = "needed" if key.needed else f"left out: {key.otherwise}"
    return f"{key.meaning}; {left_out}".replace("`", "")


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
