"""When which trouble tells people, and how: an ordered table, before which the site's own rules stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hawatch.config.oncall import Medium, NotifyRule
from hawatch.incident import Incident, Part
from hawatch.incident.changes import GRAVITY
from hawatch.notification.mute import Mute
from hawatch.verdict import Cause, Severity, VerdictKind

K = VerdictKind
AFTER_BOOT = 60.0
"""Seconds for which all but a split is held back when the host has just booted."""
CAUSE_LEVEL = GRAVITY.index(K.FLAPPING)
"""How grave a cause alone is that wakes people."""
_BAD = frozenset({Severity.WARNING, Severity.CRITICAL})


@dataclass(frozen=True, slots=True)
class Row:
    """These verdicts, or these causes on their own, tell people by `medium` once they have stood for some seconds.

    `alone`: only while the verdict is none that people are told of; else the cause is told with it. `words` stand in
    the documents.
    """

    id: str
    medium: Medium
    after: float
    words: str
    verdicts: frozenset[VerdictKind] = frozenset()
    causes: frozenset[Cause] = frozenset()
    alone: bool = False


POLICY = (
    Row(
        "two-owners",
        Medium.SMS,
        0.0,
        "`split_brain`, `conflict`",
        verdicts=frozenset({K.SPLIT_BRAIN, K.CONFLICT}),
    ),
    Row(
        "no-owner",
        Medium.SMS,
        10.0,
        "`no_owner`, `split_brain_suspected`",
        verdicts=frozenset({K.NO_OWNER, K.SPLIT_BRAIN_SUSPECTED}),
    ),
    Row("cut-off", Medium.SMS, 60.0, "`isolated`", verdicts=frozenset({K.ISOLATED})),
    Row(
        "warning",
        Medium.MAIL,
        120.0,
        "any other verdict that is a warning",
        verdicts=frozenset(kind for kind in K if kind.severity is Severity.WARNING),
    ),
    Row(
        "clients-lost",
        Medium.SMS,
        10.0,
        "the causes `stale_arp`, `virtual_service_missing`, `no_real_server`",
        causes=frozenset({Cause.STALE_ARP, Cause.VIRTUAL_SERVICE_MISSING, Cause.NO_REAL_SERVER}),
    ),
    Row(
        "finding",
        Medium.MAIL,
        600.0,
        "any other cause, while no verdict is bad",
        causes=frozenset(Cause),
        alone=True,
    ),
)
"""The first row that names the verdict or the cause counts; what no row names is told to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One reason to tell: of which virtual router, by which medium, from when, and how grave it is.

    It has been so since `since`, and is to be told from `due` on (epoch seconds).
    """

    instance: str
    medium: Medium
    since: float
    due: float
    level: int
    verdict: VerdictKind | None
    cause: str | None


def needs(
    incident: Incident,
    person: str,
    *,
    rules: Sequence[NotifyRule],
    mutes: Iterable[Mute],
    booted_at: float,
    boot_grace: float,
) -> tuple[Need, ...]:
    """Every reason that an incident gives to tell this person; `mutes` are those in force."""
    quiet = tuple(mutes)
    found = []
    for part in incident.parts:
        if part.calm_since is not None:
            continue
        for verdict, cause, since in _troubles(part):
            if any(each.covers(instance=part.instance, verdict=verdict, cause=cause) for each in quiet):
                continue
            how = _how(part, verdict, cause, person, rules)
            if how is None:
                continue
            medium, after = how
            if verdict is not K.SPLIT_BRAIN and 0 <= since - booted_at < boot_grace:
                after = max(after, AFTER_BOOT)
            level = CAUSE_LEVEL if verdict is None else GRAVITY.index(verdict)
            found.append(
                Need(
                    instance=part.instance,
                    medium=medium,
                    since=since,
                    due=max(since, _begun(part, since, verdict) + after),
                    level=level,
                    verdict=verdict,
                    cause=cause,
                )
            )
    return tuple(found)


def _troubles(part: Part) -> Iterator[tuple[VerdictKind | None, str | None, float]]:
    """The verdict if it is bad, and each cause on its own, with the time since when."""
    if part.verdict.severity in _BAD:
        yield part.verdict, None, part.since or part.fell_at
    times = part.caused_at or (part.fell_at,) * len(part.causes)
    for cause, since in zip(part.causes, times, strict=False):
        yield None, cause, since


def _begun(part: Part, since: float, verdict: VerdictKind | None) -> float:
    """From when it is counted: critical verdicts that take turns do not begin anew with each turn."""
    if verdict is None or part.critical_since is None:
        return since
    return part.critical_since


def _how(
    part: Part, verdict: VerdictKind | None, cause: str | None, person: str, rules: Sequence[NotifyRule]
) -> tuple[Medium, float] | None:
    name = None if cause is None else cause.partition("@")[0]
    for rule in rules:
        if rule.instance not in {None, part.instance} or rule.contact not in {None, person}:
            continue
        if (verdict is not None and rule.verdict == verdict.value) or (
            name is not None and rule.cause == name
        ):
            return None if rule.medium is None else (rule.medium, rule.after)
    for row in POLICY:
        if row.alone and part.verdict.severity in _BAD:
            continue
        if verdict in row.verdicts or (name is not None and name in row.causes):
            return row.medium, row.after
    return None


def table() -> str:
    """The defaults as Markdown, for the documents."""
    lines = ["| what | by | after |", "|---|---|---|"]
    for row in POLICY:
        medium = "SMS" if row.medium is Medium.SMS else "mail"
        lines.append(f"| {row.words} | {medium} | {row.after:g} s |")
    return "\n".join(lines) + "\n"
