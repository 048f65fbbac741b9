"""The way of an advertisement through the chains of one hook after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hawatch.netfilter import iptables_condition, nft_condition
from hawatch.netfilter.meeting import Meeting
from hawatch.netfilter.nft_verdict import verdict_of
from hawatch.netfilter.packet import Direction, Packet
from hawatch.netfilter.ruleset import (
    Accept,
    Chain,
    Change,
    Drop,
    Elsewhere,
    Jump,
    NftMatch,
    Return,
    Rule,
    Ruleset,
    Untrack,
    Verdict,
    VerdictMap,
    XtMatch,
)
from hawatch.netfilter.truth import Truth
from hawatch.wire.family import Family

DEEPEST = 16
"""The kernel's own limit of nested jumps (NFT_JUMP_STACK_SIZE)."""
MOST_RULES = 100_000
"""Rules looked at for one packet; what lies beyond is left untold."""

_IN = ("ingress", "prerouting", "input")
_OUT = ("output", "postrouting", "egress")
_NOT_IN_A_BRIDGE_ITSELF = frozenset({"", "veth", "dummy", "bond", "team", "vxlan"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One end that the packet may come to: whether it does, at which rule (None: the policy) of which chain.

    `sure`: the rule's own conditions are decided; `gate` is the rule of the hook's own chain that led there.
    """

    kind: Accept | Drop | Elsewhere
    reach: Truth
    chain: Chain
    rule: Rule | None = None
    gate: Rule | None = None
    sure: bool = True


@dataclass(slots=True)
class _Way:
    """Where the walk is in one hook's chain, the chains that it has entered and not left, and the ends it has found."""

    base: Chain
    outcomes: list[Outcome]
    gate: Rule | None = None
    entered: set[tuple[str, str, str]] = field(default_factory=set)


class Walk:
    """One packet on its way; what rules change of it lasts from chain to chain.

    `without` is a rule that is taken as absent, by its chain's key and its number.
    """

    def __init__(
        self, ruleset: Ruleset, packet: Packet, *, without: tuple[tuple[str, str, str], int] | None = None
    ) -> None:
        self._ruleset = ruleset
        self._packet = packet
        self._without = without
        self._changed: frozenset[str] = frozenset()
        self._untracked = Truth.NO
        self._left_over = MOST_RULES

    def chains(self) -> Iterator[tuple[Chain, Truth]]:
        """The chains on the packet's way, in order, and whether it meets them."""
        met = [(chain, _is_met(chain, self._packet)) for chain in self._ruleset.chains.values() if chain.hook]
        order = _IN if self._packet.direction is Direction.IN else _OUT
        way = [(chain, truth) for chain, truth in met if truth.possible and chain.hook in order]
        way.sort(key=lambda each: (*_stage(each[0], order), each[0].priority))
        yield from way

    def through(self, chain: Chain, met: Truth) -> list[Outcome]:
        """All ends that the packet may come to in a hook's chain; past the chain is one if it may not meet it."""
        way = _Way(base=chain, outcomes=[])
        left = self._rules(chain, met, way, depth=0)
        if left.possible:
            policy = chain.policy if isinstance(chain.policy, (Accept, Drop)) else Accept()
            way.outcomes.append(Outcome(kind=policy, reach=left, chain=chain))
        if met is not Truth.YES:
            way.outcomes.append(Outcome(kind=Accept(), reach=met, chain=chain, sure=False))
        return way.outcomes

    def _rules(self, chain: Chain, reach: Truth, way: _Way, *, depth: int) -> Truth:
        """Walk a chain's rules; whether the packet leaves it at its end or by a return. The kernel takes no loop."""
        if depth > DEEPEST or chain.key in way.entered:
            way.outcomes.append(Outcome(kind=Elsewhere(ends=True), reach=reach, chain=chain, gate=way.gate))
            return Truth.NO
        way.entered.add(chain.key)
        left = self._one_by_one(chain, reach, way, depth=depth)
        way.entered.discard(chain.key)
        return left

    def _one_by_one(self, chain: Chain, reach: Truth, way: _Way, *, depth: int) -> Truth:
        entered, ends_before, returned = reach, len(way.outcomes), Truth.NO
        for rule in chain.rules:
            if not reach.possible:
                break
            if self._without == (chain.key, rule.number):
                continue
            self._left_over -= 1
            if self._left_over < 0:
                way.outcomes.append(
                    Outcome(kind=Elsewhere(ends=True), reach=reach, chain=chain, gate=way.gate)
                )
                return returned
            if depth == 0:
                way.gate = rule
            reach, back = self._rule(chain, rule, reach, way, depth=depth)
            returned |= back
        return entered if len(way.outcomes) == ends_before else returned | reach

    def _rule(self, chain: Chain, rule: Rule, reach: Truth, way: _Way, *, depth: int) -> tuple[Truth, Truth]:
        """One rule: whether the packet goes on to the next one, and whether it returns from the chain."""
        matched = Truth.YES
        meeting = self._meeting(way.base)
        for step in rule.steps:
            if isinstance(step, (NftMatch, XtMatch)):
                matched &= (
                    nft_condition.holds(step.statement, meeting)
                    if isinstance(step, NftMatch)
                    else iptables_condition.holds(step, meeting)
                )
                if not matched.possible:
                    return reach, Truth.NO
            elif isinstance(step, (Change, Untrack)):
                self._change(step, reach & matched)
                meeting = self._meeting(way.base)
            elif isinstance(step, VerdictMap):
                return self._map(chain, rule, step, (reach, matched), way, depth=depth)
            else:
                return self._end(chain, rule, step, (reach, matched), way, depth=depth)
        return reach, Truth.NO

    def _map(
        self,
        chain: Chain,
        rule: Rule,
        step: VerdictMap,
        so_far: tuple[Truth, Truth],
        way: _Way,
        *,
        depth: int,
    ) -> tuple[Truth, Truth]:
        reach, matched = so_far
        returned = Truth.NO
        for plain, chosen in nft_condition.chosen(step, self._meeting(way.base)):
            if chosen.possible and reach.possible:
                verdict = verdict_of(plain) or Elsewhere(ends=False)
                reach, back = self._end(chain, rule, verdict, (reach, matched & chosen), way, depth=depth)
                returned |= back
        return reach, returned

    def _end(
        self,
        chain: Chain,
        rule: Rule,
        verdict: Verdict,
        so_far: tuple[Truth, Truth],
        way: _Way,
        *,
        depth: int,
    ) -> tuple[Truth, Truth]:
        """What a verdict does: as _rule."""
        reach, matched = so_far
        here, on = reach & matched, reach & ~matched
        if isinstance(verdict, Return):
            return on, here
        if isinstance(verdict, Jump):
            target = self._ruleset.chains.get((*chain.key[:2], verdict.chain))
            if target is not None:
                left = self._rules(target, here, way, depth=depth + 1)
                return (on, left) if verdict.goto else (_either(reach, here, on, left), Truth.NO)
            verdict = Elsewhere(ends=False)
        way.outcomes.append(
            Outcome(
                kind=verdict,
                reach=here & Truth.UNKNOWN if isinstance(verdict, Elsewhere) and not verdict.ends else here,
                chain=chain,
                rule=rule,
                gate=way.gate,
                sure=matched.decided,
            )
        )
        return (reach & (on | Truth.UNKNOWN) if verdict == Elsewhere(ends=False) else on), Truth.NO

    def _change(self, step: Change | Untrack, here: Truth) -> None:
        if isinstance(step, Change):
            self._changed |= {step.field}
        else:
            self._untracked = self._untracked | (here if here is Truth.YES else Truth.UNKNOWN)

    def _meeting(self, base: Chain) -> Meeting:
        """The packet as it now is, in a chain that hangs on `base`'s hook or is reached from it."""
        return Meeting(
            packet=self._packet,
            chain=base,
            sets=self._ruleset.sets,
            changed=self._changed,
            untracked=self._untracked,
        )


def _either(reach: Truth, here: Truth, on: Truth, left: Truth) -> Truth:
    """Whether the packet is still there after a jump: it did not jump, or it came back. All back is as before."""
    return reach if left is here else on | left


def _stage(chain: Chain, order: tuple[str, ...]) -> tuple[int, int]:
    """A bridge is crossed before the host's own hooks inbound, and after them outbound."""
    outbound = order is _OUT
    bridge = (chain.family == "bridge") is not outbound
    if chain.hook in {"ingress", "egress"}:
        return (2 if outbound else 0), 0
    return (0 if bridge else 1), order.index(chain.hook or order[0]) + 1


def _is_met(chain: Chain, packet: Packet) -> Truth:
    """Whether the packet comes by a hook's chain at all."""
    if chain.family == "bridge":
        return Truth.YES if packet.kind == "bridge" else Truth.of(False if _is_plain(packet) else None)
    if chain.hook in {"ingress", "egress"}:
        if chain.devices is None:
            return Truth.UNKNOWN
        return Truth.of(any(_is_of(chain.devices, name) for name in (packet.interface, *packet.below)))
    own = "ip6" if packet.family is Family.IPV6 else "ip"
    return Truth.of(chain.family in {own, "inet"})


def _is_plain(packet: Packet) -> bool:
    return packet.kind in _NOT_IN_A_BRIDGE_ITSELF


def _is_of(devices: tuple[str, ...], name: str) -> bool:
    return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in devices)
