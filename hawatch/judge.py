"""The judge: evidence in, changes of verdict and wishes out. Agent and replay run this same step.

It reads no clock: time comes with the evidence, ticks included.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hawatch.causes import attribute, find_causes, to_report
from hawatch.evidence import Evidence, Tick
from hawatch.rules import Rule, first_match
from hawatch.situation import MAY_RECONFIGURE, RouterState, Situation
from hawatch.situation.facts import Facts, facts_of
from hawatch.situation.inquiry import NOTHING, Wants, take_wants
from hawatch.situation.node import Node
from hawatch.situation.refresh import refresh
from hawatch.situation.rest import begin_rest
from hawatch.situation.router import Owner
from hawatch.situation.signs import first_sign
from hawatch.situation.wake import next_wake
from hawatch.situation.wording import Wording, owners_of
from hawatch.verdict import Finding, Severity, Verdict, VerdictKind


@dataclass(slots=True)
class Standing:
    """The verdict that stands for one virtual router, with the facts and findings it rests on."""

    verdict: Verdict
    facts: Facts
    findings: tuple[Finding, ...] = ()
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that became another one at `at`.

    `sign` is when the trouble that it tells of first showed, None where it tells of none or that is not known.
    """

    at: float
    instance: str
    vrid: int
    family: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    sign: float | None = None

    def in_short(self, time: float | str) -> dict[str, Any]:
        """Its fields as they are written down, `time` being its moment as the reader has it."""
        return {
            "time": time,
            "instance": self.instance,
            "vrid": self.vrid,
            "family": self.family,
            "verdict": self.verdict.kind.value,
            "rule": self.verdict.rule,
            "summary": self.verdict.summary,
            "causes": sorted({finding.cause.value for finding in self.findings}),
        }


@dataclass(frozen=True, slots=True)
class FindingsChange:
    """The findings beside a verdict that became others at `at`: a cause came, went, or lies elsewhere."""

    at: float
    instance: str
    vrid: int
    family: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step led to: changes of verdict and of findings, and what to probe, tell and ask."""

    changes: tuple[Change, ...] = ()
    findings: tuple[FindingsChange, ...] = ()
    wants: tuple[tuple[str, Wants], ...] = ()


@dataclass(slots=True)
class Judge:
    """The situation and the verdicts that stand on it."""

    situation: Situation = field(default_factory=Situation)
    standing: dict[str, Standing] = field(default_factory=dict)
    now: float = 0.0
    _wakes: list[tuple[float, str]] = field(default_factory=list)
    _due: dict[str, float] = field(default_factory=dict)

    def step(self, evidence: Evidence) -> Outcome:
        """Fold one input, judge what it touches, and say what follows; evidence may come slightly out of order."""
        self.now = now = max(self.now, evidence.at)
        changes: list[Change] = []
        wants: list[tuple[str, Wants]] = []
        before_it = dict(self.situation.routers) if isinstance(evidence, MAY_RECONFIGURE) else {}
        touched = {router.config.instance: router for router in self.situation.fold(evidence)}
        if isinstance(evidence, Tick):
            touched |= self._awakened(now)
        findings = list(self._forget_gone(before_it, now)) if before_it else []
        for instance, router in touched.items():
            before = self.standing.get(instance)
            standing = self._judge(router, before, now)
            if before is None or before.verdict.kind is not standing.verdict.kind:
                changes.append(_change(router, self.situation.node, standing, now))
            if _lie_elsewhere(before, standing):
                findings.append(_findings_change(router, standing, now))
            want = take_wants(router, self.situation.node, now)
            if want is not NOTHING:
                wants.append((instance, want))
        return (
            Outcome(tuple(changes), tuple(findings), tuple(wants)) if changes or findings or wants else _QUIET
        )

    @property
    def next_wake_at(self) -> float | None:
        """When the judge wants the next tick at the latest."""
        while self._wakes and self._due.get(self._wakes[0][1]) != self._wakes[0][0]:
            heapq.heappop(self._wakes)
        return self._wakes[0][0] if self._wakes else None

    def _forget_gone(self, known: Mapping[str, RouterState], now: float) -> Iterator[FindingsChange]:
        """Of what the configuration had until now and has no more, nothing stands; what was found of it has an end."""
        for instance in [name for name in known if name not in self.situation.routers]:
            gone = self.standing.pop(instance, None)
            if gone is not None and gone.findings:
                config = known[instance].config
                yield FindingsChange(now, instance, config.vrid, config.family.value, ())

    def _awakened(self, now: float) -> dict[str, RouterState]:
        awakened: dict[str, RouterState] = {}
        while self._wakes and self._wakes[0][0] <= now:
            at, instance = heapq.heappop(self._wakes)
            router = self.situation.routers.get(instance)
            if router is not None and self._due.get(instance) == at:
                awakened[instance] = router
        return awakened

    def _judge(self, router: RouterState, before: Standing | None, now: float) -> Standing:
        node, instance = self.situation.node, router.config.instance
        refresh(router, node, now)
        facts = facts_of(router, node, now)
        verdict = self._verdict(router, first_match(facts), before, now)
        findings = find_causes(router, node, facts, now)
        changed = before is not None and before.verdict.kind is not verdict.kind
        self.standing[instance] = standing = Standing(
            verdict, facts, findings, (before.changes if before else 0) + changed
        )
        router.last_move = attribute(router.last_move, findings, now)
        router.last_departure = attribute(router.last_departure, findings, now)
        told = to_report(findings, node.name) if findings else ()
        if told is not router.reported_findings and [each.cause for each in told] != [
            each.cause for each in router.reported_findings
        ]:
            router.inquiry.push_now = True
        router.reported_findings = told
        self._schedule(router, now)
        if verdict.kind is VerdictKind.STEADY and all(each.severity is Severity.INFO for each in findings):
            begin_rest(router, now)
        else:
            router.rests_until = 0.0
        return standing

    def _schedule(self, router: RouterState, now: float) -> None:
        at = next_wake(router, self.situation.node, now)
        self._due[router.config.instance] = at
        heapq.heappush(self._wakes, (at, router.config.instance))

    def _verdict(self, router: RouterState, rule: Rule, before: Standing | None, now: float) -> Verdict:
        if rule.verdict is None:
            if before is not None:
                return before.verdict
            return Verdict(kind=VerdictKind.INDETERMINATE, rule=rule.name, summary=rule.sentence, since=now)
        same = before is not None and before.verdict.kind is rule.verdict
        since = before.verdict.since if before is not None and same else now
        summary = rule.sentence.format_map(Wording(self.situation.node, router, now))
        return Verdict(kind=rule.verdict, rule=rule.name, summary=summary, since=since)

    def owners(self, instance: str) -> tuple[str, ...]:
        """The names of those who own a virtual router now."""
        router = self.situation.routers[instance]
        known = router.ownership.owner is not Owner.UNKNOWN or router.proof
        return owners_of(router, self.situation.node) if known else ()


def _change(router: RouterState, node: Node, standing: Standing, now: float) -> Change:
    config, verdict = router.config, standing.verdict
    return Change(
        now,
        config.instance,
        config.vrid,
        config.family.value,
        verdict,
        standing.findings,
        first_sign(router, node, standing.facts, verdict.kind, now),
    )


def _findings_change(router: RouterState, standing: Standing, now: float) -> FindingsChange:
    config = router.config
    return FindingsChange(now, config.instance, config.vrid, config.family.value, standing.findings)


def _lie_elsewhere(before: Standing | None, standing: Standing) -> bool:
    """Whether causes came, went, or lie elsewhere: mostly the findings are the very same, and need no sorting."""
    known = before.findings if before is not None else ()
    return known != standing.findings and _places(known) != _places(standing.findings)


def _places(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """What makes findings other ones; their sentences may count seconds."""
    return sorted((each.cause.value, each.node, each.severity.value) for each in findings)


_QUIET = Outcome()
