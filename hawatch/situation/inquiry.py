"""What the judge still wants to know: which VIPs to probe, and when to tell and ask the peers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hawatch.situation.member import AgentState, Member
from hawatch.situation.node import Node
from hawatch.situation.paths import MISSES_TO_DOWN
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import ASK_MARGIN, Owner, RouterState
from hawatch.situation.timing import release_allowance
from hawatch.situation.usurper import stranger_open_until

SLOW = 30.0
ALONE = 3.0
"""Seconds between rounds in peace about a node without an agent: nobody tells of a VIP that was put there by hand."""
HANDFUL = 10
QUICK_QUESTIONS = 200
"""The most questions in a second about one virtual router while something is open: more would make judging late."""
QUICK_QUESTIONS_OF_ALL = 1000
"""The most of them in a second about all virtual routers together."""
QUESTIONS = 50
"""The most of those questions in a second, all together; with more VIPs the rounds are further apart."""
CALM = 1.0
CALM_AFTER = 10.0
_MORE_THAN_ONE = frozenset({RoundResult.OUTSIDER, RoundResult.SEVERAL})


@dataclass(frozen=True, slots=True)
class Wants:
    """What to do now: VIPs to probe with a peer's address as control, whether to send our report, whether to ask.

    `meets` are addresses of members to be asked for, each with the device, so that their MAC is known.
    """

    probes: tuple[tuple[str, str | None], ...] = ()
    push: bool = False
    ask: bool = False
    meets: tuple[tuple[str, str], ...] = ()


NOTHING = Wants()


def cadence(router: RouterState, node: Node, now: float) -> float:
    """Seconds from one probe round to the next: quick while something is open, slow in peace."""
    quick = max(router.release() + ASK_MARGIN, _of_many(router))
    owner, proof = router.ownership.owner, router.proof
    if proof is not None:
        return quick if now - proof.at < CALM_AFTER else CALM
    if owner is Owner.BOTH or (router.pending_move and not router.pending_move.probed):
        return quick
    if owner in (Owner.NOBODY, Owner.UNKNOWN) or router.outsiders:
        return quick if now - router.ownership.since < CALM_AFTER else CALM
    open_until = stranger_open_until(router, node, now)
    if open_until is not None and now <= open_until:
        # Not by the interval that he names: it may be as long as he likes.
        return max(release_allowance(router.config.advert_interval) + ASK_MARGIN, _of_many(router))
    if not _MORE_THAN_ONE.isdisjoint(router.found) and any(
        probing.is_news(_MORE_THAN_ONE, router.release()) for probing in router.probings.values()
    ):
        return quick
    overdue_at = router.overdue_at()
    if owner is Owner.PEER and overdue_at is not None and now > overdue_at:
        return quick if now - overdue_at < CALM_AFTER else CALM
    if now - router.known_since < CALM_AFTER and _life_is_unknown(router, node, now):
        return quick
    return min((_about(member, node, now, quick) for member in node.members.members), default=_alone(node))


def _of_many(router: RouterState) -> float:
    """Seconds that a round takes at the least, by the questions that it asks beyond a handful."""
    return max(0, len(router.probings) - HANDFUL) / QUICK_QUESTIONS


def _life_is_unknown(router: RouterState, node: Node, now: float) -> bool:
    """Whether the member that is asked after beside the VIP has neither answered on any path nor failed to."""
    control = control_address(router, node, six=router.config.family == "ipv6")
    member = node.members.find(address=control) if control else None
    return member is not None and member.alive(now) is None


def _about(member: Member, node: Node, now: float, quick: float) -> float:
    """How soon to ask again about a living member: it has no agent, or did not answer the last control on this LAN."""
    misses = member.neighbour.misses if member.neighbour.answered_at is not None and member.alive(now) else 0
    if misses == 0:
        untold = member.agent(now) is not AgentState.UP and member.alive(now) is not False
        return _alone(node) if untold else SLOW
    return quick if misses < MISSES_TO_DOWN else CALM


def _alone(node: Node) -> float:
    """Where no agent tells of the others, or nobody is known at all."""
    return min(SLOW, max(ALONE, len(node.held) / QUESTIONS))


def next_probe_at(router: RouterState, node: Node, now: float) -> float | None:
    """When the next round is due, None when there is nothing to probe; `take_wants` goes by it."""
    inquiry = router.inquiry
    if not router.probings:
        inquiry.due_at = None
    elif inquiry.probed_at is None:
        inquiry.due_at = now
    elif inquiry.probe_now:
        inquiry.due_at = max(now, inquiry.probed_at + _of_many(router))
    else:
        inquiry.due_at = inquiry.probed_at + _shared(cadence(router, node, now), router, node)
    return inquiry.due_at


def _shared(pause: float, router: RouterState, node: Node) -> float:
    """A pause that is short is as long as all who are in a hurry need for the questions that may be asked."""
    if pause >= ALONE:
        node.hurried.pop(router.config.instance, None)
        return pause
    node.hurried[router.config.instance] = len(router.probings)
    return max(pause, sum(node.hurried.values()) / QUICK_QUESTIONS_OF_ALL)


def take_wants(router: RouterState, node: Node, now: float) -> Wants:
    """What this router wants now, `next_probe_at` having been asked; what is taken counts as done."""
    inquiry = router.inquiry
    probes: tuple[tuple[str, str | None], ...] = ()
    meets: tuple[tuple[str, str], ...] = ()
    if inquiry.due_at is not None and inquiry.due_at <= now:
        probes = tuple(_questions(router, node))
        meets = tuple((address, router.config.interface) for address in to_meet(router, node))
        inquiry.probed_at, inquiry.probe_now = now, False
    ask = any(at <= now for at in inquiry.ask_at)
    if ask:
        inquiry.ask_at = [at for at in inquiry.ask_at if at > now]
    push, inquiry.push_now = inquiry.push_now or ask, False
    return Wants(probes, push, ask, meets) if probes or push else NOTHING


def to_meet(router: RouterState, node: Node) -> Iterator[str]:
    """An address of each listed member of which none can be asked for beside a VIP: they are of the other family.

    Until its MAC is known, or it is taken for a stranger to the address that it advertises from; while a way to it
    fails, since it may live elsewhere; and while two owners are proved: that it lives is what empty rounds count by.
    """
    if router.config.unicast:
        return
    families = {":" in vip for vip in router.probings}
    for member in node.members.members:
        is_open = not member.macs or member.is_missed() or router.proof is not None
        wanted = member.listed and member.addresses and is_open
        if wanted and families.isdisjoint({":" in address for address in member.addresses}):
            yield min(member.addresses)


def _questions(router: RouterState, node: Node) -> Iterator[tuple[str, str | None]]:
    """Every VIP that is asked for, with what is asked for beside it on the same device."""
    devices = {vip.address: vip.device for vip in router.config.all_vips}
    controls: dict[tuple[bool, str | None], str | None] = {}
    for vip in router.probings:
        six, device = ":" in vip, devices.get(vip)
        if (six, device) not in controls:
            controls[six, device] = control_address(router, node, six=six, device=device)
        yield vip, controls[six, device]


def control_address(router: RouterState, node: Node, *, six: bool, device: str | None = None) -> str | None:
    """An own address of a member, of IPv6 or of IPv4 as the VIP is, to be asked after beside it on this device.

    First those whose MAC is not known yet, then the sources of advertisements, on VRRP's own device; while no member is
    known, a reference. Of several that which lies nearest to our own addresses there: who has it elsewhere need not
    answer for it here.
    """
    where = device or router.config.interface
    listed = [(bool(member.macs), a) for member in node.members.members for a in sorted(member.addresses)]
    unmet = [address for met, address in listed if not met]
    met = [address for met, address in listed if met]
    references = [
        path.address for path in node.references.values() if path.address and "%" not in path.address
    ]
    sources = router.talkers if where == router.config.interface else ()
    for group in (unmet, sources, met, () if listed else references):
        fitting = [each for each in group if (":" in each) == six and each not in router.vips]
        if len(fitting) > 1:
            return _nearest(fitting, router, node, where)
        if fitting:
            return fitting[0]
    return None


def _nearest(addresses: list[str], router: RouterState, node: Node, device: str) -> str:
    """The one that has most in common with an address of ours there; an owner may have thousands to compare with."""
    state = node.interfaces.get(device)
    own = [address for address in (state.addresses if state else ()) if address not in router.vips]
    return max(addresses, key=lambda address: _nearness(address, own))


def _nearness(address: str, own: list[str]) -> tuple[bool, int]:
    """How much of an address is as in the nearest of ours; link-local ones are the same on every network."""
    shared = [_in_common(address, each) for each in own if (":" in each) == (":" in address)]
    return not address.startswith("fe80:"), max(shared, default=0)


def _in_common(one: str, other: str) -> int:
    """How many characters they have in common from the left, in the kernel's own way to write them."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
