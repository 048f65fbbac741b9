"""What one word changes in an incident: its parts, what it is called, its revision, and its timeline."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from hawatch.incident.record import Entry, EntryKind, Incident, Part, State
from hawatch.incident.transitions import wake
from hawatch.incident.word import BAD, Word
from hawatch.verdict import Finding, Severity, VerdictKind

MOST_ENTRIES = 500
"""Lines that changes alone may fill; after them a trouble that flaps all night only counts its revisions."""
REMARKED_BEFORE = 30.0
"""Seconds before an incident from which a remark may still be about it."""
IT_GOT_WORSE = "it got worse"
NO_LONGER_CONFIGURED = "no longer in keepalived.conf"
GRAVITY = (
    VerdictKind.INDETERMINATE,
    VerdictKind.STEADY,
    VerdictKind.FAILBACK,
    VerdictKind.DEGRADED,
    VerdictKind.SWITCHOVER,
    VerdictKind.FAILOVER,
    VerdictKind.FLAPPING,
    VerdictKind.ISOLATED,
    VerdictKind.SPLIT_BRAIN_SUSPECTED,
    VerdictKind.NO_OWNER,
    VerdictKind.CONFLICT,
    VerdictKind.SPLIT_BRAIN,
)
"""The verdicts, the gravest last: what an incident is called after."""


def opened(name: str, word: Word, now: float, *, node: str) -> Incident:
    """A new incident, of one virtual router."""
    part = _fresh(word, now)
    incident = Incident(
        id=name,
        node=node,
        opened_at=now,
        parts=(part,),
        verdict=word.verdict,
        severity=word.severity,
        causes=part.causes,
    )
    return _written(incident, now, node, [(EntryKind.OPENED, _headline(word)), *_news_of_causes((), word)])


def joined(incident: Incident, word: Word, now: float, *, node: str) -> Incident:
    """One more virtual router falls with the others."""
    lines = [(EntryKind.JOINED, _headline(word)), *_news_of_causes((), word)]
    return _changed(incident, (*incident.parts, _fresh(word, now)), word, now, node, lines)


def heard(incident: Incident, place: int, word: Word, now: float, *, node: str) -> Incident:
    """The same incident if the word says nothing new of the virtual router that is its part of that number."""
    part = incident.parts[place]
    lines: list[tuple[EntryKind, str]] = []
    if word.sure != part.sure or (word.sure and word.verdict is not part.verdict):
        lines.append((EntryKind.VERDICT, _headline(word)))
    lines += _news_of_causes(part.causes, word)
    after = _after(part, word, now)
    if after == part:
        return incident
    parts = (*incident.parts[:place], after, *incident.parts[place + 1 :])
    if (after.verdict, after.severity, after.causes) == (part.verdict, part.severity, part.causes):
        return _written(replace(incident, parts=parts), now, node, lines)
    return _changed(incident, parts, word, now, node, lines)


def noted(incident: Incident, word: Word, *, node: str) -> Incident:
    """With every remark in its timeline that belongs to its time, and stands there not yet."""
    if not word.remarks:
        return incident
    seen = {entry.ref for entry in incident.timeline if entry.ref}
    news = [
        Entry(at=each.at, kind=EntryKind.FOUND, who=node, text=each.text, ref=each.ref)
        for each in word.remarks
        if each.ref not in seen and each.at >= incident.opened_at - REMARKED_BEFORE
    ]
    return replace(incident, timeline=(*incident.timeline, *news)) if news else incident


def gone_from_configuration(
    incident: Incident, instances: Collection[str], now: float, *, node: str
) -> Incident:
    """Virtual routers that are configured no longer trouble nobody."""
    gone = {
        place: replace(part, severity=Severity.OK, causes=(), sure=True, calm_since=now)
        for place, part in enumerate(incident.parts)
        if part.instance in instances and part.calm_since is None
    }
    if not gone:
        return incident
    lines = [(EntryKind.GONE, f"{part.instance}: {NO_LONGER_CONFIGURED}") for part in gone.values()]
    return replace(
        _written(incident, now, node, lines),
        parts=tuple(gone.get(place, part) for place, part in enumerate(incident.parts)),
        revision=incident.revision + len(gone),
    )


def calmed(incident: Incident, spoken: Mapping[str, Word], now: float) -> bool:
    """Whether every part is surely well, and has been for one Master_Down_Interval."""
    for part in incident.parts:
        word = spoken.get(part.instance)
        wait = 0.0 if word is None else word.down_interval
        if part.calm_since is None or not part.sure or now - part.calm_since < wait:
            return False
    return True


def _fresh(word: Word, now: float) -> Part:
    return Part(
        instance=word.instance,
        verdict=word.verdict,
        severity=word.severity,
        summary=word.summary,
        causes=tuple(map(_place, word.blames)),
        sync_group=word.sync_group,
        fell_at=now,
        sure=word.sure,
        router=word.router,
        since=now,
        caused_at=(now,) * len(word.blames),
        critical_since=now if word.sure and word.verdict.severity is Severity.CRITICAL else None,
    )


def _after(part: Part, word: Word, now: float) -> Part:
    causes = tuple(map(_place, word.blames))
    if not word.sure:
        # What the evidence is silent about still stands; what it shows is added.
        more = tuple(cause for cause in causes if cause not in part.causes)
        severity = _worse(part.severity, word.severity)
        calm = part.calm_since if severity not in BAD else None
        return replace(
            part,
            sure=False,
            causes=part.causes + more,
            caused_at=_caused_at(part, part.causes + more, now),
            severity=severity,
            calm_since=calm,
        )
    severity = word.severity
    bad = severity in BAD
    same = word.verdict is part.verdict and (causes == part.causes or set(causes) == set(part.causes))
    calm = None if bad else now if part.calm_since is None else min(part.calm_since, now)
    return replace(
        part,
        verdict=word.verdict,
        severity=severity,
        summary=part.summary if same else word.summary,
        causes=part.causes if same else causes,
        caused_at=part.caused_at if same else _caused_at(part, causes, now),
        sync_group=word.sync_group,
        router=word.router,
        since=part.since if word.verdict is part.verdict else now,
        critical_since=_critical_since(part, word, now),
        fell_at=now if bad and part.calm_since is not None else part.fell_at,
        sure=True,
        calm_since=calm,
    )


def _critical_since(part: Part, word: Word, now: float) -> float | None:
    """Two critical verdicts that take turns are one trouble, which grows old all the same."""
    if word.verdict.severity is not Severity.CRITICAL:
        return None
    return now if part.critical_since is None else part.critical_since


def _caused_at(part: Part, causes: tuple[str, ...], now: float) -> tuple[float, ...]:
    """When each of the causes was found; one that was known goes on as it was."""
    known = dict(zip(part.causes, part.caused_at, strict=False))
    return tuple(known.get(cause, now) for cause in causes)


def _changed(
    incident: Incident,
    parts: tuple[Part, ...],
    word: Word,
    now: float,
    node: str,
    lines: list[tuple[EntryKind, str]],
) -> Incident:
    severity = _worse(incident.severity, word.severity)
    after = _written(incident, now, node, lines)
    after = replace(
        after,
        parts=parts,
        verdict=max(incident.verdict, word.verdict, key=GRAVITY.index),
        severity=severity,
        causes=tuple(dict.fromkeys((*incident.causes, *map(_place, word.blames)))),
        revision=incident.revision + 1,
    )
    # Whoever took clocks that differ has not taken the split that came after them.
    worse = severity is not incident.severity or _is_graver(word, incident)
    if worse and after.state in {State.SNOOZED, State.ACKNOWLEDGED}:
        after = wake(after, at=now, who=node, text=IT_GOT_WORSE)
    return after


def _written(incident: Incident, now: float, node: str, lines: list[tuple[EntryKind, str]]) -> Incident:
    room = max(MOST_ENTRIES - len(incident.timeline), 0)
    entries = [Entry(at=now, kind=kind, who=node, text=text) for kind, text in lines[:room]]
    return replace(incident, timeline=(*incident.timeline, *entries)) if entries else incident


def _worse(one: Severity, other: Severity) -> Severity:
    return other if other.badness > one.badness and other in BAD else one


def _is_graver(word: Word, incident: Incident) -> bool:
    """Whether the verdict is of a worse severity than any that the incident has had."""
    severity = word.verdict.severity
    return severity in BAD and severity.badness > max(incident.verdict.severity.badness, 1)


def _headline(word: Word) -> str:
    return f"{word.instance} {word.verdict.value}: {word.summary}"


def _news_of_causes(before: tuple[str, ...], word: Word) -> Iterator[tuple[EntryKind, str]]:
    """What was found and what is over; while the evidence does not decide, nothing is over."""
    now: dict[str, Finding] = {_place(finding): finding for finding in word.blames}
    for place, finding in now.items():
        if place not in before:
            yield EntryKind.FOUND, f"{word.instance} {place}: {finding.summary}"
    for place in before if word.sure else ():
        if place not in now:
            yield EntryKind.GONE, f"{word.instance} {place}"


def _place(finding: Finding) -> str:
    return f"{finding.cause.value}@{finding.node}"
