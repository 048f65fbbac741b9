"""The facts that the rules read: one frozen row per virtual router and moment. None is "unknown"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.kin import sharers_in_fault
from hawatch.situation.member import NEIGHBOUR_SPEAKS, REPORT_FRESH, AgentState, Member
from hawatch.situation.moves import flapping
from hawatch.situation.node import Node
from hawatch.situation.outlook import outlook
from hawatch.situation.outsiders import disturber
from hawatch.situation.ownership import talkers_of, vip_word
from hawatch.situation.probing import RoundResult
from hawatch.situation.refresh import cut_off
from hawatch.situation.router import OutsiderKind, Owner, ProofKind, RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.witness import WITNESS_FRESH
from hawatch.situation.witness_word import witness_word
from hawatch.verdict import MoveKind
from hawatch.wire.report import DaemonState

ICMP_SPEAKS = 3.0
"""Each advertisement draws an ICMP 3/2, but a kernel sends one a second and shares that with others of the kind."""
FAULT_SPEAKS = 10.0
CLAIM_SPEAKS = 10.0
RESIGNED_SPEAKS = 3.0
"""keepalived takes a second or so to end after its last word."""


class Moving(StrEnum):
    """A move that is being announced, NONE when there is none."""

    NONE = "none"
    SWITCHOVER = "switchover"
    FAILOVER = "failover"
    FAILBACK = "failback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so, now. Three-valued facts are True, False or None; the rest are enumerations.

    carrier: the VRRP device has its link. cut_off: neither references nor peers answer. resolved: the grace after a
    start is over. pending: too early to tell, so the standing verdict stands. vacant: shown that nobody holds.
    suspicion: signs of two owners without proof. owner_runs: the owner's keepalived runs. standby_ready: another
    node could take over. watching: our own capture works, or a member's agent speaks. witness: a witness reaches the
    other node, True or False, in its own fresh sight.
    """

    owner: Owner = Owner.UNKNOWN
    proof: ProofKind = ProofKind.NONE
    outsider: OutsiderKind = OutsiderKind.NONE
    carrier: bool | None = None
    cut_off: bool | None = None
    resolved: bool = True
    pending: bool = False
    vacant: bool | None = None
    suspicion: bool | None = None
    flapping: bool = False
    moving: Moving = Moving.NONE
    peer_alive: bool | None = None
    peer_agent: AgentState = AgentState.NONE
    suspect_unreachable: bool = False
    owner_runs: bool | None = None
    standby_ready: bool | None = None
    watching: bool = True
    witness: bool | None = None


def facts_of(router: RouterState, node: Node, now: float) -> Facts:
    """Read the facts off a refreshed virtual router."""
    outsider = disturber(router, now)
    move = router.pending_move
    known = outlook(node, now)
    return Facts(
        owner=router.ownership.owner,
        proof=router.proof.kind if router.proof else ProofKind.NONE,
        outsider=outsider.kind if outsider else OutsiderKind.NONE,
        carrier=node.carrier(router.config.interface),
        cut_off=cut_off(router, node, now),
        resolved=router.resolved,
        pending=router.open_until is not None and now <= router.open_until,
        vacant=is_vacant(router, node, now),
        suspicion=is_suspicious(router, node, now),
        flapping=flapping(router, now),
        moving=Moving(move.move.kind.value) if move and move.confirmed else Moving.NONE,
        peer_alive=known.peers_alive,
        peer_agent=known.worst_agent,
        suspect_unreachable=router.config.instance in node.suspect_unreachable,
        owner_runs=owner_runs(router, node, now),
        standby_ready=standby_ready(router, node, now),
        watching=is_watching(router, node, now),
        witness=known.witness_reaches,
    )


def is_vacant(router: RouterState, node: Node, now: float) -> bool | None:
    """Whether it is shown that nobody holds: not us, no agent says so, and two probe rounds stayed empty."""
    if router.ownership.owner not in (Owner.NOBODY, Owner.UNKNOWN) or router.we_hold(now) is not False:
        return False if router.ownership.owner in (Owner.US, Owner.PEER, Owner.BOTH) else None
    words = [_word(router, member, now) for member in node.members.members]
    if True in words:
        return False
    all_say_no = bool(words) and all(word is False for word in words)
    if not router.probings:
        return True if all_say_no or not node.members.members else None
    since = max(router.last_held_at, router.back_at)
    empty = all(p.in_a_row(RoundResult.EMPTY, since) >= 2 for p in router.probings.values())
    void = all(p.in_a_row(RoundResult.VOID, since) >= 2 for p in router.probings.values())
    return True if empty or (void and all_say_no) else None


def _word(router: RouterState, member: Member, now: float) -> bool | None:
    heard = router.word_of(member, now)
    return vip_word(router, heard.router) if heard else None


def is_suspicious(router: RouterState, node: Node, now: float) -> bool | None:
    """Whether there are signs of two owners: an overlap that lasts, repeated claims, or a living peer out of reach."""
    if router.ownership.owner is Owner.BOTH:
        return True
    if router.ownership.owner is not Owner.US:
        return False
    claims = router.claims
    if (
        claims.first_at is not None
        and claims.at - claims.first_at > router.release()
        and now - claims.at < CLAIM_SPEAKS
    ):
        return _probes_are_void(router)
    return any(_lives_out_of_reach(router, member, now) for member in node.members.members)


def _probes_are_void(router: RouterState) -> bool:
    return any(p.latest is None or p.latest.result is RoundResult.VOID for p in router.probings.values())


def _lives_out_of_reach(router: RouterState, member: Member, now: float) -> bool:
    """A node that answers on another wire, says nothing itself, and whose address on this LAN is dead.

    An agent that has just been held up doubts its own sight for one report: that is not yet nothing.
    """
    heard = router.word_of(member, now)
    if (
        not member.alive(now)
        or (heard is not None and now - heard.certain_at <= REPORT_FRESH)
        or _word(router, member, now) is not None
        or witness_word(router, member, now - WITNESS_FRESH) is not None
        or member.agent(now) is AgentState.LEFT
    ):
        return False
    neighbour = member.neighbour
    return member.lives_elsewhere and neighbour.alive(now, fresh=NEIGHBOUR_SPEAKS) is False


def is_watching(router: RouterState, node: Node, now: float) -> bool:
    """Whether anything tells of the others: our own capture, or a member's agent."""
    return node.sees_wire(router.config.interface) or any(
        _word(router, member, now) is not None for member in node.members.members
    )


def owner_runs(router: RouterState, node: Node, now: float) -> bool | None:
    """Whether the owner's keepalived runs; a daemon that just died is not told before a Master_Down_Interval."""
    limit = router.longest_down + router.jitter()
    owner = router.ownership.owner
    if owner is Owner.US:
        state, talkers = node.daemon_state(), [router.own]
    elif owner is Owner.PEER:
        member = node.members.find(name=router.ownership.names[0])
        if member is None or member.report is None or member.agent(now) is not AgentState.UP:
            return None
        state, talkers = member.report.daemon, talkers_of(router, member)
    else:
        return None
    if state is None:
        return None
    return state is DaemonState.RUNNING or any(talker.silent_for(now) <= limit for talker in talkers)


def standby_ready(router: RouterState, node: Node, now: float) -> bool | None:
    """Whether a node other than the owner could take over."""
    owner = router.ownership
    states = [member_ready(router, m, now) for m in node.members.members if m.name not in owner.names]
    if owner.owner is Owner.PEER:
        states.append(own_ready(router, node, now))
    return True if True in states else None if None in states or not states else False


def own_ready(router: RouterState, node: Node, now: float) -> bool | None:
    """Whether this node could take over; a sync group stands and falls as one."""
    group = router.config.sync_group
    if group is None and not node.in_fault:
        voice = node.voices.get(router.config.instance, router.own)
        return node.ready(router.config, in_fault=_has_given_up(router, node, voice, now))
    states = []
    for mate in (node.mates.get(group) if group is not None else None) or (router.config,):
        voice = node.voices.get(mate.instance, router.own)
        with_kin = fault_of_kin(mate, node, now) is not None
        in_fault = True if with_kin else _has_given_up(router, node, voice, now)
        states.append(node.ready(mate, in_fault=in_fault))
    if False in states:
        return False
    return None if None in states else True


def fault_of_kin(config: VirtualRouter, node: Node, now: float) -> RouterState | None:
    """Another virtual router of this node, in FAULT for something that takes this silent one with it."""
    if not node.in_fault:
        return None
    own = node.kin.get(config.instance)
    if own is None or (not own.own.given_up and own.advertising(now)):
        return None
    return next(
        (kin for kin in sharers_in_fault(config, node) if _has_given_up(kin, node, kin.own, now)), None
    )


def _has_given_up(router: RouterState, node: Node, voice: Talker, now: float) -> bool | None:
    """Whether our own priority 0 still speaks: of a keepalived that is ending (not: reloading), or of a FAULT."""
    if not voice.given_up or voice.zero_at is None or voice.zero_at < node.daemon_began():
        return False
    if voice.zero_is_fault:
        return fault_lasts(router, voice, voice.zero_at, router.config.priority, now)
    return now - voice.zero_at <= RESIGNED_SPEAKS and voice.zero_at > node.loaded_at


def fault_lasts(router: RouterState, voice: Talker, since: float, priority: int, now: float) -> bool | None:
    """Whether what made a node give way `since` then, and no advertisement has ended, still holds.

    One who would not preempt does not tell its end.
    """
    if now - since <= FAULT_SPEAKS:
        return True
    others = [t for t in (router.own, *router.talkers.values()) if t is not voice and not t.given_up]
    rival = max(others, key=lambda talker: talker.heard_at or 0.0, default=None)
    preempts = not router.config.nopreempt and (rival is None or priority > rival.priority)
    return True if preempts else None


def member_ready(router: RouterState, member: Member, now: float) -> bool | None:
    """Whether a member could take over: by its own word, by ICMP 3/2, or because it is gone.

    One that fell silent as the owner is gone until something is heard of it again; what it said before is void.
    """
    heard = router.word_of(member, now)
    fell_at = _fell_silent_at(router, member)
    if heard is not None and heard.at > fell_at and member.agent(now) is AgentState.UP:
        return heard.router.ready
    speaks = max(ICMP_SPEAKS, 2 * router.interval() + router.jitter())
    if member.unreachable_icmp_at is not None and now - member.unreachable_icmp_at <= speaks:
        return False
    faults = [t for t in talkers_of(router, member) if t.zero_is_fault and t.given_up]
    if any(fault_lasts(router, t, t.zero_at or 0.0, t.highest, now) for t in faults):
        return False
    return False if member.alive(now) is False or member.sign_of_life_at() < fell_at else None


def _fell_silent_at(router: RouterState, member: Member) -> float:
    """When this member lost the VIP by a failover and has not owned it since; 0 when it did not."""
    move = router.last_move
    fell = move is not None and move.kind is MoveKind.FAILOVER and move.origin == member.name
    return move.at if move is not None and fell else 0.0
