"""Who has what, read off the picture."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.snapshot import RouterView, VipView


def has(view: VipView, node: str) -> bool | None:
    """Whether a node has a VIP."""
    return dict(view.held_by).get(node)


def holds_all(router: RouterView, node: str) -> bool:
    """Whether a node surely has every VIP; without VIPs, whether it is an owner."""
    if not router.vips:
        return node in router.owners
    return all(has(view, node) for view in router.vips)


def surely_idle(router: RouterView, node: str) -> bool:
    """Whether this node neither has any of its VIPs nor says that it is MASTER."""
    holds_none = all(has(view, node) is False for view in router.vips)
    return holds_none and node not in router.owners and router.advertising is False


def place_of(routers: Sequence[RouterView], vip: str | None) -> tuple[RouterView, VipView] | None:
    """Where among these a VIP is."""
    places = [(router, view) for router in routers for view in router.vips if view.address == vip]
    return places[0] if len(places) == 1 else None
