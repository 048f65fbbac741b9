"""After a fence: whether the node is gone, by what is seen of it, whatever the fence device says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hawatch.permit.holding import has, holds_all
from hawatch.snapshot import RouterView, Snapshot
from hawatch.verdict import VerdictKind

_NOT_OVER = frozenset(
    {
        VerdictKind.SPLIT_BRAIN,
        VerdictKind.SPLIT_BRAIN_SUSPECTED,
        VerdictKind.ISOLATED,
        VerdictKind.INDETERMINATE,
    }
)
_UP = "up"


class Trace(StrEnum):
    """What is still seen of a node: its advertisements, answers for a VIP, its agent; UNCLEAR: too little is seen."""

    HEARD = "heard"
    ANSWERS = "answers"
    SPEAKS = "speaks"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Nothing is seen of `target` any more: no advertisement for `silent` seconds, and only `node` has the `vips`."""

    target: str
    node: str
    vips: tuple[str, ...]
    silent: float


def gone(snapshot: Snapshot, *, target: str, instances: Sequence[str], since: float) -> Gone | Trace:
    """The evidence that a node is gone that was fenced at `since` (epoch seconds), or what still speaks against it."""
    routers = [router for router in snapshot.routers if router.instance in instances]
    began = since - snapshot.wall_minus_monotonic
    if any(_is_heard(router, target) for router in routers):
        return Trace.HEARD
    if any(view.answered_by_another and _asked(view.probed_at, began) for r in routers for view in r.vips):
        return Trace.ANSWERS
    if any(each.name == target and each.agent == _UP for each in snapshot.peers):
        return Trace.SPEAKS
    if not routers or not all(_is_ours_alone(router, snapshot, target, began) for router in routers):
        return Trace.UNCLEAR
    silences = [silent for router in routers if (silent := dict(router.silent).get(target)) is not None]
    return Gone(
        target=target,
        node=snapshot.node,
        vips=tuple(view.address for router in routers for view in router.vips),
        silent=min(silences, default=max(snapshot.at - began, 0.0)),
    )


def _is_heard(router: RouterView, target: str) -> bool:
    """Whether an advertisement of it came within a Master_Down_Interval."""
    silent = dict(router.silent).get(target)
    return silent is not None and silent <= router.down_interval


def _is_ours_alone(router: RouterView, snapshot: Snapshot, target: str, began: float) -> bool:
    """Whether this node has it, our capture and the references work, and a question since then found nobody else."""
    node = snapshot.node
    if router.verdict.kind in _NOT_OVER or router.owners != (node,) or not holds_all(router, node):
        return False
    if any(has(view, target) for view in router.vips) or router.advertising is not True:
        return False
    references = [each.state for each in snapshot.references]
    if references and _UP not in references:
        return False
    asked = [view for view in router.vips if _asked(view.probed_at, began)]
    return not router.vips or any(view.answered_by_another is False for view in asked)


def _asked(probed_at: float | None, began: float) -> bool:
    return probed_at is not None and probed_at >= began
