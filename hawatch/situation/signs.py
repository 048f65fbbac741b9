"""The first sign of a trouble that a verdict tells of: since when it could have been known, as far as it is known.

Where something fell silent that is its last word; where somebody came beside the owner, his first. All times are
monotonic seconds, None where no sign is known: then nothing is said of how long the verdict took.
"""

from __future__ import annotations

from collections.abc import Callable

from hawatch.situation.facts import CLAIM_SPEAKS, Facts
from hawatch.situation.member import AgentState
from hawatch.situation.moves import voice
from hawatch.situation.node import Node
from hawatch.situation.outsiders import disturber
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import OutsiderKind, Owner, RouterState
from hawatch.verdict import MoveKind, VerdictKind


def first_sign(
    router: RouterState, node: Node, facts: Facts, verdict: VerdictKind, now: float
) -> float | None:
    """When the trouble first showed; None too where it began before this node watched the virtual router."""
    look = _SIGNS.get(verdict)
    sign = look(router, node, facts, now) if look is not None else None
    watched_since = max(node.started_at, router.known_since)
    return sign if sign is not None and watched_since < sign <= now else None


def _of_split(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """When the second owner's hold, advertisement or answer was the first."""
    del node, facts, now
    signs = [router.both_since, router.proof.since if router.proof else None]
    return min((sign for sign in signs if sign is not None), default=None)


def _of_suspicion(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """When there were two owners or a strange claim, or when one who lives could be reached no more."""
    if not facts.suspicion:
        return _of_silence(router, node, facts, now)
    if router.both_since is not None:
        return router.both_since
    claims, members = router.claims, node.members.members
    missing = [each.neighbour.missing_since for each in members if each.lives_elsewhere]
    if claims.first_at is not None and now - claims.at < CLAIM_SPEAKS:
        missing.append(claims.first_at)
    return min((sign for sign in missing if sign is not None), default=None)


def _of_silence(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """The last sign of life of any other node."""
    del router, facts, now
    return max((member.sign_of_life_at() for member in node.members.members), default=None)


def _of_gap(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """The last word that somebody held it, or that he gave it up."""
    del node, facts, now
    return router.last_held_at


def _of_conflict(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """The stranger's first advertisement or answer."""
    del node, facts
    outsider = disturber(router, now)
    if outsider is None or outsider.kind is not OutsiderKind.ADDRESS:
        return outsider.first_at if outsider else None
    answers = frozenset({RoundResult.OUTSIDER})
    signs = [probing.agreed_since(answers, 0.0) for probing in router.probings.values()]
    return min((sign for sign in signs if sign is not None), default=None)


def _of_isolation(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """When the device lost its link, or the last answer of anybody."""
    device = node.interfaces.get(router.config.interface)
    if facts.carrier is False:
        return device.at if device is not None else None
    answers = [path.answered_at or 0.0 for path in node.references.values()]
    return max([*answers, _of_silence(router, node, facts, now) or 0.0])


def _of_move(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """The former owner's last advertisement or his resignation, or the new one's first advertisement before it."""
    del facts, now
    if router.pending_move is None:
        return None
    move = router.pending_move.move
    former, owner = voice(router, node, move.origin), voice(router, node, move.to)
    if former is not None and former.given_up:
        return former.zero_at
    if move.kind is MoveKind.FAILOVER:
        return former.heard_at if former is not None else None
    began = owner.run_started_at if owner is not None else None
    recent = move.at - router.down_interval() - router.jitter()
    return began if began is not None and began >= recent else None


def _of_degradation(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """Of an owner without keepalived, a peer or an agent the last word; why a standby cannot is not dated."""
    if facts.owner_runs is False:
        spoke = [voice(router, node, name) for name in router.ownership.names]
        return max((each.heard_at or 0.0 for each in spoke if each is not None), default=None)
    if facts.standby_ready is False:
        gone = facts.peer_alive is False and facts.owner is Owner.US
        return _of_silence(router, node, facts, now) if gone else None
    silent = [each for each in node.members.members if each.agent(now) is AgentState.SILENT]
    return max((each.report_at or 0.0 for each in silent), default=None)


_SIGNS: dict[VerdictKind, Callable[[RouterState, Node, Facts, float], float | None]] = {
    VerdictKind.SPLIT_BRAIN: _of_split,
    VerdictKind.SPLIT_BRAIN_SUSPECTED: _of_suspicion,
    VerdictKind.NO_OWNER: _of_gap,
    VerdictKind.CONFLICT: _of_conflict,
    VerdictKind.ISOLATED: _of_isolation,
    VerdictKind.SWITCHOVER: _of_move,
    VerdictKind.FAILOVER: _of_move,
    VerdictKind.FLAPPING: _of_move,
    VerdictKind.DEGRADED: _of_degradation,
}
"""What is well, and what is undecided, has no sign of trouble."""
