"""The answer to `47 0`: what is known of an incident, in as much as three messages hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hawatch.notification.text.brief import Brief, Occasion
from hawatch.notification.text.carrier import carrier_word
from hawatch.notification.text.language import Language
from hawatch.notification.text.length import fits
from hawatch.notification.text.letters import shorten
from hawatch.notification.text.menu import LONGEST_LABEL, choices
from hawatch.notification.text.room import Room, View, look, rooms
from hawatch.notification.text.sentences import reason, sentences, statement
from hawatch.notification.text.tag import LONGEST_PAIR, tag
from hawatch.verdict import Cause, Finding

_SUMMARY_LENGTHS = (200, 140, 100, 60, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How much is told beside the statement: causes by number, the verdict's own sentence in characters, the remedy."""

    room: Room
    causes: int
    summary: int
    remedy: str


def details(
    language: Language, brief: Brief, summary: str, findings: tuple[Finding, ...] = (), segments: int = 3
) -> str:
    """The incident in words, its causes, the first line of the first remedy, and the verdict's own sentence (English).

    `findings` come the most telling first. A remedy is told whole or not at all: half a command is worse than none.
    """
    causes = _causes(brief, findings)
    nodes = [node for _, node in causes if node is not None]
    text = ""
    for extent in _extents(brief, len(causes), _remedy(language, findings)):
        view = look(language, brief, extent.room, nodes)
        text = _text(view, extent, causes, summary)
        if fits(text, segments):
            return text
    whole = text
    for limit in range(len(whole), 0, -1):
        text = shorten(whole, limit)
        if fits(text, segments):
            break
    return text


def _causes(brief: Brief, findings: tuple[Finding, ...]) -> list[tuple[Cause, str | None]]:
    """Each once: the brief's, then the findings'."""
    told: dict[tuple[Cause, str | None], None] = {}
    if brief.cause is not None:
        told[brief.cause, brief.cause_node] = None
    told |= {(finding.cause, finding.node): None for finding in findings}
    return list(told)


def _remedy(language: Language, findings: tuple[Finding, ...]) -> str:
    """Without its comment; none that holds a word for carriers."""
    written = next((finding.remedy for finding in findings if finding.remedy.strip()), "")
    line = written.strip().partition("\n")[0].partition("  # ")[0].strip()
    return "" if carrier_word(line) else language.legible(line)


def _extents(brief: Brief, causes: int, remedy: str) -> Iterator[_Extent]:
    """Ever less: the verdict's own sentence goes first, then the causes but one, then long names, then the remedy."""
    roomy, *smaller = rooms(brief)
    extent = _Extent(room=roomy, causes=causes, summary=max(_SUMMARY_LENGTHS), remedy=remedy)
    for length in _SUMMARY_LENGTHS:
        yield (extent := replace(extent, summary=length))
    while extent.causes > 1:
        yield (extent := replace(extent, causes=extent.causes - 1))
    for room in smaller:
        yield (extent := replace(extent, room=room))
        yield replace(extent, remedy="")


def _text(view: View, extent: _Extent, causes: list[tuple[Cause, str | None]], summary: str) -> str:
    language, code = view.language, view.brief.code
    told = [statement(view, Occasion.FIRST)]
    told += [reason(view, cause, node) for cause, node in causes[: extent.causes]]
    if extent.remedy:
        told.append(language.fill("message.remedy", {"remedy": extent.remedy}))
    if extent.summary and summary and not carrier_word(summary):
        told.append(shorten(language.legible(summary), extent.summary))
    if code is not None and view.options:
        longest = min(view.room.names, LONGEST_LABEL)
        told.append(choices(language, code, view.options, view.nodes, longest))
    head = tag(language, view.brief.pair, min(view.room.names, LONGEST_PAIR))
    return " ".join([head, *([code] if code is not None else []), sentences(language, told)])
