"""What the witnesses' questions and ears say of a single member: whether it holds a virtual router."""

from __future__ import annotations

from hawatch.situation.member import Member
from hawatch.situation.outsiders import is_virtual
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import RouterState, Witnessed


def witness_word(router: RouterState, member: Member, since: float) -> tuple[float, bool] | None:
    """What the questions asked after `since` say of a member: when they were asked, and whether it holds.

    A member that answers for its own address, and lets another or nobody answer for every VIP, does not hold.
    """
    said = [
        (each.question.asked_at, _says(each, member, since))
        for each in router.witnessed.values()
        if each.question is not None
    ]
    held = [at for at, holds in said if holds]
    if held:
        return max(held), True
    if said and all(holds is False for _, holds in said):
        return min(at for at, _ in said), False
    return None


def _says(witnessed: Witnessed, member: Member, since: float) -> bool | None:
    asked, latest = witnessed.question, witnessed.probing.latest
    if asked is None or latest is None or asked.asked_at < since or latest.result is RoundResult.VOID:
        return None
    if not member.macs.isdisjoint(asked.macs):
        return True
    lives = asked.controlled and asked.control_address in member.addresses
    return False if lives and not any(map(is_virtual, asked.macs)) else None


def advert_by_witness(router: RouterState, member: Member, since: float) -> float | None:
    """When a witness heard a member advertise last, after `since`; None when none did."""
    heard = [router.heard_by_witness[src] for src in member.addresses if src in router.heard_by_witness]
    latest = max(heard, default=None)
    return latest if latest is not None and latest >= since else None
