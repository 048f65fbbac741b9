"""What this node tells its peers, as of one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.balancing import own_virtual_services
from hawatch.situation.facts import own_ready
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.wire.report import (
    NodeReport,
    ReportedRouter,
    ReportedService,
    ReportedSettings,
    ReportedVip,
    not_held,
)

NEWS = 10.0
"""Seconds for which a change of owner is news: it is told first, for a report of many takes a while to go out."""


def own_report(
    node: Node,
    routers: Iterable[RouterState],
    now: float,
    *,
    leaving: bool = False,
    expected_return: float | None = None,
    going_down: bool = False,
) -> NodeReport:
    """Everything we hold, hear and run; to be built at the moment of sending, since durations are exact then."""
    news_first = sorted(routers, key=lambda router: now - router.ownership.since > NEWS)
    return NodeReport(
        node=node.name,
        routers=tuple(_router_report(node, router, now) for router in news_first),
        addresses=tuple(sorted(node.own_addresses() - set(node.held))),
        macs=tuple(sorted(node.own_macs())),
        daemon=node.daemon_state(),
        leaving=leaving,
        expected_return=expected_return,
        version=node.version,
        going_down=going_down,
        services=tuple(
            ReportedService(name=each.name, up=each.up)
            for each in node.services.values()
            if each.node == node.name
        ),
    )


def unsure(report: NodeReport) -> NodeReport:
    """The same from an agent that has just been stalled: what it holds may have changed unread."""
    routers = tuple(
        replace(router, vips=tuple(replace(vip, held=None, for_seconds=0.0) for vip in router.vips))
        for router in report.routers
    )
    return replace(report, routers=routers)


def _router_report(node: Node, router: RouterState, now: float) -> ReportedRouter:
    own = router.own
    newest = max(router.talkers.values(), key=lambda talker: talker.heard_at or 0.0, default=None)
    return ReportedRouter(
        vrid=router.config.vrid,
        family=router.config.family,
        configured_priority=router.config.priority,
        advertised_priority=own.priority if own.heard_at is not None else None,
        vips=tuple(
            ReportedVip(address=address, held=True, for_seconds=max(0.0, now - holding.since))
            if holding.held
            else not_held(address, holding.held)
            for address, holding in router.holdings.items()
        ),
        advertising=None if router.may_have_yielded() else router.advertising(now),
        heard_priority=newest.priority if newest else None,
        heard_age=newest.silent_for(now) if newest and newest.heard_at is not None else None,
        ready=own_ready(router, node, now),
        advert_interval=router.config.advert_interval,
        delivered_age=_delivered_age(router, now),
        settings=settings_of(router.config),
        findings=router.reported_findings,
        virtual_services=own_virtual_services(router, node, now),
    )


def _delivered_age(router: RouterState, now: float) -> float | None:
    ages = [now - each.at for each in router.delivered.values()]
    return min(ages, default=None)


def settings_of(config: VirtualRouter) -> ReportedSettings:
    """What of a configuration two members must have in common, or must know of each other."""
    return ReportedSettings(
        version=config.version,
        auth_type=config.auth_type,
        auth_fingerprint=config.auth_fingerprint,
        destination="unicast" if config.unicast else config.multicast_group,
        source=config.source,
        unicast_peers=config.unicast_peers,
        checksum_as_v2=config.v3_checksum_as_v2,
        nopreempt=config.nopreempt,
    )
