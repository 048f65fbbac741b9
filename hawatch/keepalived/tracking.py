"""What virtual routers track: scripts, files, processes and BFD sessions as defined, and the lines that refer to them.

keepalived: vrrp_track.c, trackers/track_file.c, vrrp_parser.c, bfd_parser.c.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.keywords import OTHER_BFD, OTHER_SCRIPT, OTHER_TRACK_FILE, OTHER_TRACK_PROCESS
from hawatch.keepalived.model import TrackedInterface, TrackedScript
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.values import whole_number


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of tracker: its default weight, the greatest one, and what it cannot do without."""

    name: str
    weight: int
    greatest: int
    needs: str
    known: frozenset[str]


_SCRIPT = _Kind("script", 0, 253, "script", OTHER_SCRIPT)
_FILE = _Kind("file", 1, 254, "file", OTHER_TRACK_FILE)
_PROCESS = _Kind("process", 0, 254, "process", OTHER_TRACK_PROCESS)
_BFD = _Kind("bfd", 0, 253, "", OTHER_BFD)

DEFINITIONS = {
    "vrrp_script": _SCRIPT,
    "track_file": _FILE,
    "vrrp_track_file": _FILE,
    "vrrp_track_process": _PROCESS,
    "track_process": _PROCESS,
    "bfd_instance": _BFD,
}
"""The root keywords that define something to track."""
REFERENCES = {"track_script": _SCRIPT, "track_file": _FILE, "track_process": _PROCESS, "track_bfd": _BFD}
"""The blocks that refer to it, in an instance or a sync group."""


@dataclass(slots=True)
class Trackers:
    """All that has been defined so far; a line can refer only to what stands above it."""

    notes: Notes
    _known: dict[tuple[str, str], TrackedScript] = field(default_factory=dict)

    def define(self, block: Statement) -> None:
        """Take in a definition. ConfigError: no name, or text where a number belongs."""
        kind = DEFINITIONS[block.keyword]
        name, weight, reverse = block.parameter(), kind.weight, False
        for statement in block.block:
            if statement.keyword == "weight":
                weight = self._weight(statement, kind, weight)
                reverse = statement.words[2:3] == ("reverse",)
        self.notes.unknown_keywords(
            block.block, kind.known | {kind.needs, "weight"}, f"{block.keyword} {name}"
        )
        if kind.needs and not any(statement.keyword == kind.needs for statement in block.block):
            self.notes.add(block.where, f"{block.keyword} {name} without {kind.needs} is ignored")
        else:
            known = TrackedScript(name=name, kind=kind.name, weight=weight, reverse=reverse)
            self._known.setdefault((kind.name, name), known)

    def _weight(self, statement: Statement, kind: _Kind, otherwise: int) -> int:
        weight = whole_number(statement)
        if abs(weight) <= kind.greatest:
            return weight
        self.notes.add(statement.where, f"weight {weight} is beyond {kind.greatest}; ignored")
        return otherwise

    def refer(self, block: Statement, tracked: list[TrackedScript]) -> None:
        """Add what a track_script, track_file, track_process or track_bfd block names."""
        kind = REFERENCES[block.keyword]
        for entry in block.block:
            known = self._known.get((kind.name, entry.keyword))
            if known is None:
                text = f"{kind.name} {entry.keyword!r} is not defined above; ignored"
                self.notes.add(entry.where, text, "tracked_undefined")
            elif any((each.kind, each.name) == (known.kind, known.name) for each in tracked):
                self.notes.add(entry.where, f"{kind.name} {entry.keyword!r} is tracked already; ignored")
            elif changes := read_weight(entry, self.notes):
                weight, reverse = changes
                tracked.append(
                    TrackedScript(
                        name=known.name,
                        kind=known.kind,
                        weight=known.weight if weight is None else _within(weight, kind.greatest),
                        reverse=known.reverse if reverse is None else reverse,
                    )
                )


def _within(weight: int, greatest: int) -> int:
    return max(-greatest, min(greatest, weight))


def refer_interfaces(block: Statement, tracked: list[TrackedInterface], notes: Notes) -> None:
    """Add what a track_interface block names. ConfigError: text where a weight belongs."""
    for entry in block.block:
        if any(each.name == entry.keyword for each in tracked):
            notes.add(entry.where, f"interface {entry.keyword!r} is tracked already; ignored")
        elif changes := read_weight(entry, notes):
            weight, reverse = changes
            tracked.append(
                TrackedInterface(name=entry.keyword, weight=_within(weight or 0, 253), reverse=bool(reverse))
            )


def read_weight(entry: Statement, notes: Notes) -> tuple[int | None, bool | None] | None:
    """The `weight N [reverse|noreverse]` behind a tracked name; None for both if nothing stands there.

    None altogether: keepalived ignores the whole entry. ConfigError: text where the number belongs.
    """
    if len(entry.words) < 2:
        return None, None
    if entry.words[1] != "weight" or len(entry.words) < 3:
        notes.add(
            entry.where, f"{entry.keyword}: weight and a number are wanted, not {entry.words[1]!r}; ignored"
        )
        return None
    weight: int | None = whole_number(entry, 2)
    if weight is None or abs(weight) > 254:
        notes.add(entry.where, f"{entry.keyword}: weight {weight} is beyond 253; ignored")
        weight = None
    word = entry.words[3] if len(entry.words) > 3 else ""
    if word not in {"", "reverse", "noreverse", "no_reverse"}:
        notes.add(entry.where, f"{entry.keyword}: unknown option {word!r} is ignored")
    return weight, {"reverse": True, "noreverse": False, "no_reverse": False}.get(word)
