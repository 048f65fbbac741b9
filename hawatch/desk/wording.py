"""What keepalived said in the course of an incident, put into its timeline: for people, and judged by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.word_note import WordNote
from hawatch.incident import Entry, EntryKind, Incident
from hawatch.snapshot import RouterView, SaidView, Snapshot

BEFORE = 10.0
"""Seconds before an incident opens from which it counts: what leads to a verdict is said before it."""
MOST = 40
"""Lines of one node in one incident; after them a night of flapping says no more."""


def note_words(incidents: Sequence[Incident], ledger: Ledger, around: Around) -> None:
    """Note what this node's keepalived has said about each incident, once."""
    for incident in incidents:
        noted = sum(each.node == around.node for each in ledger.about(WordNote, incident.names))
        for note in _of(incident, around):
            known = ledger.get(WordNote, note.id)
            if known is not None and not set(known.incidents).isdisjoint(incident.names):
                continue
            if noted >= MOST:
                break
            noted += 1
            ledger.put(note if known is None else replace(known, incidents=(*known.incidents, incident.id)))


def entries(ledger: Ledger, names: Iterable[str]) -> Iterator[Entry]:
    """The lines of the timeline that they become."""
    for each in ledger.about(WordNote, names):
        ref = f"said/{each.id}"
        yield Entry(at=each.at, kind=EntryKind.KEEPALIVED_SAID, who=each.node, text=each.text, ref=ref)


def _of(incident: Incident, around: Around) -> Iterator[WordNote]:
    ended = incident.resolved_at
    for said, instance in _said_about(incident, around.snapshot):
        at = said.at + around.now - around.snapshot.at
        if incident.opened_at - BEFORE <= at and (ended is None or at <= ended):
            yield WordNote(
                id=_name(around.node, instance, said),
                node=around.node,
                instance=instance,
                at=at,
                within=said.within,
                text=said.text,
                incidents=(incident.id,),
            )


def _said_about(incident: Incident, snapshot: Snapshot) -> Iterator[tuple[SaidView, str]]:
    """About its virtual routers, whatever the node that has it calls them, and about none in particular."""
    concerned = [each for each in snapshot.routers if _concerns(each, incident)]
    for router in concerned:
        for said in router.said:
            yield said, router.instance
    if concerned:
        for said in snapshot.said:
            yield said, ""


def _concerns(router: RouterView, incident: Incident) -> bool:
    return f"{router.vrid}/{router.family.value}" in incident.routers


def _name(node: str, instance: str, said: SaidView) -> str:
    """The same for the same line, also when the same is said again."""
    told = f"{instance}\0{said.text}\0{said.at:.3f}".encode(errors="surrogatepass")
    return f"{node}-{sha256(told).hexdigest()[:16]}"
