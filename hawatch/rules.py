"""The ordered rule table: facts in, one verdict out. First match wins; the last row matches everything.

The table is data: docs/verdicts.md is generated from it, and a golden dump of it changes only on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hawatch.situation.facts import Facts, Moving
from hawatch.situation.member import AgentState
from hawatch.situation.router import OutsiderKind, Owner, ProofKind
from hawatch.verdict import VerdictKind

Value = bool | Owner | ProofKind | OutsiderKind | Moving | AgentState | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: its name, the values each fact may have, the verdict, and a sentence for people.

    A verdict of None means that the standing verdict stands. The sentence may use {owner}, {owners}, {peer}, {node},
    {vips}, {interface}, {outsider} and {since_rule}.
    """

    name: str
    when: Mapping[str, frozenset[Value]]
    verdict: VerdictKind | None
    sentence: str

    def matches(self, facts: Facts) -> bool:
        """Whether every fact that the row names has one of its values."""
        return all(getattr(facts, fact) in allowed for fact, allowed in self.when.items())


def _is(*values: Value) -> frozenset[Value]:
    return frozenset(values)


_ONE_OWNER = _is(Owner.US, Owner.PEER)
_YES: frozenset[Value] = frozenset({True})
_NO: frozenset[Value] = frozenset({False})

RULES: tuple[Rule, ...] = (
    Rule(
        "SB1-overlap",
        {"proof": _is(ProofKind.S1)},
        VerdictKind.SPLIT_BRAIN,
        "{owners} both hold {vips}: their reports overlap for longer than any handover",
    ),
    Rule(
        "SB2-answers",
        {"proof": _is(ProofKind.S2)},
        VerdictKind.SPLIT_BRAIN,
        "{owners} both hold {vips}: two owners answer for it",
    ),
    Rule(
        "SB3-outranked",
        {"proof": _is(ProofKind.S3)},
        VerdictKind.SPLIT_BRAIN,
        "{owners} both hold {vips}: {node} keeps it although {peer} advertises a higher rank",
    ),
    Rule(
        "SB4-ignored",
        {"proof": _is(ProofKind.S4)},
        VerdictKind.SPLIT_BRAIN,
        "{owners} both hold {vips}: {peer} goes on advertising as if {node} were not there",
    ),
    Rule(
        "SB5-witnessed",
        {"proof": _is(ProofKind.S2W)},
        VerdictKind.SPLIT_BRAIN,
        "{owners} both hold {vips}: two owners answer a witness that asks for it",
    ),
    Rule(
        "CF1-foreign-router",
        {"outsider": _is(OutsiderKind.ROUTER)},
        VerdictKind.CONFLICT,
        "a router outside the pair, {outsider}, advertises our VRID on {interface}",
    ),
    Rule(
        "CF2-carp",
        {"outsider": _is(OutsiderKind.CARP)},
        VerdictKind.CONFLICT,
        "{outsider} speaks CARP with the number of our VRID on {interface}",
    ),
    Rule(
        "CF3-claimed",
        {"outsider": _is(OutsiderKind.ADDRESS)},
        VerdictKind.CONFLICT,
        "a host outside the pair, {outsider}, answers for {vips}",
    ),
    Rule(
        "IS1-no-carrier",
        {"carrier": _NO},
        VerdictKind.ISOLATED,
        "{node} has no link on {interface}; nothing can be said of the others",
    ),
    Rule(
        "IS2-cut-off",
        {"cut_off": _YES},
        VerdictKind.ISOLATED,
        "{node} reaches neither its references nor its peers; nothing can be said of the others",
    ),
    Rule(
        "IN1-starting",
        {"resolved": _NO},
        VerdictKind.INDETERMINATE,
        "just started; watching for up to two Master_Down_Intervals",
    ),
    Rule("PD1-pending", {"pending": _YES}, None, "too early to tell; the last verdict stands"),
    Rule(
        "NO1-vacant",
        {"vacant": _YES},
        VerdictKind.NO_OWNER,
        "nobody holds {vips}",
    ),
    Rule(
        "SS1-signs",
        {"suspicion": _YES},
        VerdictKind.SPLIT_BRAIN_SUSPECTED,
        "{node} holds {vips}, and there are signs that {peer} does too; it cannot be proved from here",
    ),
    Rule(
        "SS2-unreachable",
        {"owner": _is(Owner.US), "peer_alive": _NO, "suspect_unreachable": _YES},
        VerdictKind.SPLIT_BRAIN_SUSPECTED,
        "{node} holds {vips} and {peer} is out of reach: down, or cut off and still holding it",
    ),
    Rule(
        "FL1-flapping",
        {"flapping": _YES, "owner": _ONE_OWNER},
        VerdictKind.FLAPPING,
        "the owner of {vips} keeps changing; now it is {owner}",
    ),
    Rule(
        "MV1-switchover",
        {"moving": _is(Moving.SWITCHOVER), "owner": _ONE_OWNER},
        VerdictKind.SWITCHOVER,
        "{vips} moved to {owner}: {former} gave way",
    ),
    Rule(
        "MV2-failover",
        {"moving": _is(Moving.FAILOVER), "owner": _ONE_OWNER},
        VerdictKind.FAILOVER,
        "{vips} moved to {owner}: {former} fell silent",
    ),
    Rule(
        "MV3-failback",
        {"moving": _is(Moving.FAILBACK), "owner": _ONE_OWNER},
        VerdictKind.FAILBACK,
        "{vips} moved back to {owner}, the preferred node",
    ),
    Rule(
        "DG1-unmanaged",
        {"owner_runs": _NO, "owner": _ONE_OWNER},
        VerdictKind.DEGRADED,
        "{owner} holds {vips}, but no keepalived runs it there",
    ),
    Rule(
        "DG5-gone-for-witness",
        {"standby_ready": _NO, "peer_alive": _NO, "owner": _is(Owner.US), "witness": _NO},
        VerdictKind.DEGRADED,
        "{owner} holds {vips}; {peer} is out of reach for {owner} and for the witness: down, or cut off from both",
    ),
    Rule(
        "DG2-peer-gone",
        {"standby_ready": _NO, "peer_alive": _NO, "owner": _is(Owner.US)},
        VerdictKind.DEGRADED,
        "{owner} holds {vips} and {peer} is out of reach: down, or cut off",
    ),
    Rule(
        "DG3-no-standby",
        {"standby_ready": _NO, "owner": _ONE_OWNER},
        VerdictKind.DEGRADED,
        "{owner} holds {vips}, and no other node could take over",
    ),
    Rule(
        "DG4-agent-silent",
        {"peer_agent": _is(AgentState.SILENT), "owner": _ONE_OWNER},
        VerdictKind.DEGRADED,
        "{owner} holds {vips}; the agent on {peer} has fallen silent",
    ),
    Rule(
        "UN2-blind",
        {"watching": _NO, "owner": _ONE_OWNER},
        VerdictKind.INDETERMINATE,
        "{owner} holds {vips}; whether another does too cannot be seen: the capture on {node} fails",
    ),
    Rule(
        "ST1-standby-ready",
        {"standby_ready": _YES, "owner": _ONE_OWNER},
        VerdictKind.STEADY,
        "{owner} holds {vips}, and a standby is ready",
    ),
    Rule(
        "ST2-unverified",
        {"owner": _ONE_OWNER},
        VerdictKind.STEADY,
        "{owner} holds {vips}; nothing is known against the standby",
    ),
    Rule("UN1-undecided", {}, VerdictKind.INDETERMINATE, "the evidence does not decide who holds {vips}"),
)


@lru_cache(maxsize=1024)
def first_match(facts: Facts) -> Rule:
    """The row that decides; the same few combinations of facts come again and again, and are remembered."""
    return next(rule for rule in RULES if rule.matches(facts))
