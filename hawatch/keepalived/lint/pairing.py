"""Which instance of one file belongs to which of the other: by VIPs, VRID and interface, never by name."""

from __future__ import annotations

from hawatch.keepalived.lint.subject import Couple, Half, Written
from hawatch.keepalived.model import VirtualRouter


def couple(first: Written, second: Written) -> Couple:
    """Two files with their instances paired, each at most once, the surest pairs first."""
    ones, others = _halves(first), _halves(second)
    candidates = sorted(
        (
            (_likeness(one.router, other.router), -m, -n)
            for m, one in enumerate(ones)
            for n, other in enumerate(others)
        ),
        reverse=True,
    )
    taken_ones: dict[int, int] = {}
    taken_others: set[int] = set()
    for likeness, m, n in candidates:
        if likeness and -m not in taken_ones and -n not in taken_others:
            taken_ones[-m] = -n
            taken_others.add(-n)
    alone = [(one, second) for m, one in enumerate(ones) if m not in taken_ones]
    alone += [(other, first) for n, other in enumerate(others) if n not in taken_others]
    pairs = tuple((ones[m], others[n]) for m, n in sorted(taken_ones.items()))
    return Couple(first=first, second=second, pairs=pairs, alone=tuple(alone))


def _halves(written: Written) -> list[Half]:
    return [Half(written=written, instance=each, router=router) for each, router in written.running]


def _likeness(one: VirtualRouter, other: VirtualRouter) -> int:
    """0 for strangers; interfaces may be called differently on two hosts, so they decide only what is left open."""
    if one.family is not other.family:
        return 0
    ours, theirs = ({vip.address for vip in each.all_vips} for each in (one, other))
    shares_vips = bool(ours & theirs)
    same_vrid = one.vrid == other.vrid
    same_interface = one.interface == other.interface
    if not (shares_vips or (same_vrid and (same_interface or not (ours or theirs)))):
        return 0
    return 8 * (shares_vips and same_vrid) + 4 * shares_vips + 2 * (ours == theirs) + same_interface + 1
