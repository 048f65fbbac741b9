"""What keepalived itself said that goes with a finding: supporting text, by which no finding comes or goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hawatch.keepalived.log.sayings import PacketRefused, Refusal, SaidState, Saying, StateChanged, TimerLate
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.situation.words import Spoken
from hawatch.verdict import Cause, Finding

KEEPALIVED_SAID = "keepalived_said"
QUOTED_FOR = 60.0
"""Seconds for which what was said last goes with a finding."""
_REFUSALS = {
    Cause.AUTH_MISMATCH: {Refusal.AUTHENTICATION},
    Cause.ADVERT_INTERVAL_MISMATCH: {Refusal.INTERVAL},
    Cause.VERSION_MISMATCH: {Refusal.VERSION},
    Cause.VIP_LIST_MISMATCH: {Refusal.ADDRESSES},
    Cause.TTL_INVALID: {Refusal.TTL},
    Cause.CHECKSUM_FORM_MISMATCH: {Refusal.CHECKSUM},
    Cause.VRID_MISMATCH: {Refusal.UNKNOWN_VRID},
    Cause.DESTINATION_MISMATCH: {Refusal.CAST, Refusal.NOT_A_PEER},
    Cause.SOURCE_ADDRESS_WRONG: {Refusal.NOT_A_PEER},
    Cause.FOREIGN_ROUTER: {Refusal.AUTHENTICATION, Refusal.ADDRESSES, Refusal.NOT_A_PEER},
}
_FAULTS = frozenset({Cause.TRACKED_FAULT, Cause.STANDBY_FAULT, Cause.LINK_DOWN})


def quoting(finding: Finding, router: RouterState, node: Node, now: float) -> Finding:
    """The finding with what our keepalived said that goes with it, if it did so lately."""
    said = [
        each for each in _lately((*router.words, *node.words), now) if _goes_with(finding.cause, each.saying)
    ]
    if not said:
        return finding
    last = max(said, key=lambda each: each.last_at)
    often = f" ({last.count} times)" if last.count > 1 else ""
    quote = (KEEPALIVED_SAID, f"{node.name}: {last.text}{often}")
    return replace(finding, evidence=(*finding.evidence, quote))


def _lately(words: Iterable[Spoken], now: float) -> list[Spoken]:
    return [each for each in words if now - each.last_at <= QUOTED_FOR]


def _goes_with(cause: Cause, saying: Saying) -> bool:
    match saying:
        case PacketRefused():
            return saying.reason in _REFUSALS.get(cause, ())
        case StateChanged():
            return saying.state is SaidState.FAULT and cause in _FAULTS
        case TimerLate():
            return cause in {Cause.KEEPALIVED_STARVED, Cause.HOST_PAUSED}
        case _:
            return False
