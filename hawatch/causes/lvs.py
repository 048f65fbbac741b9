"""LVS: what a VIP's owner should balance and does not, and where the standby would balance otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.causes.finder import found
from hawatch.causes.lvs_tables import MOST_NAMED, listed, tables_differ
from hawatch.keepalived.virtual_server import ConfiguredSyncDaemon, VirtualServer
from hawatch.kernel.ipvs import SyncDaemon
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import Owner, RouterState
from hawatch.situation.virtual_services import usable
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState

SETTLED = 10.0
"""Seconds after keepalived's start or load, or a change of owner, in which the table is made as it should be: two looks
and what keepalived needs."""
CONFIRMED = 4.0
"""Seconds, more than one look, for which a service must have been without a real server: one look may catch it just as
keepalived makes it anew."""
LOOK = "ipvsadm -Ln"
CONF = "/etc/keepalived/keepalived.conf"


def lvs(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Everything about the virtual services of this virtual router."""
    del facts
    config = node.config
    if config is not None and config.virtual_servers.any:
        yield from _own(router, node, config.virtual_servers.sync_daemon, now)
    yield from tables_differ(router, node, now)


def _own(
    router: RouterState, node: Node, daemon: ConfiguredSyncDaemon | None, now: float
) -> Iterator[Finding]:
    """What is wrong on this node; nothing before the first look."""
    services, wanted = node.host.virtual_services, router.virtual_servers
    minds_daemon = daemon is not None and _router_of(daemon, node) == router.config.instance
    if services.seen is None or not (wanted or minds_daemon):
        return
    if not services.known:
        yield _unknown(node, services.seen.problem)
        return
    began = max(node.loaded_at, node.daemon_began(), services.known_since)
    if router.ownership.owner is Owner.US and now - began > SETTLED:
        yield from _missing(router, node, wanted, now)
        yield from _without_servers(router, node, wanted, now)
    if daemon is not None and minds_daemon:
        since = max(began, services.daemons_since, router.ownership.since)
        yield from _sync_daemon(router, node, daemon, since, now)


def _unknown(node: Node, problem: str | None) -> Finding:
    return found(
        Cause.BLIND,
        node.name,
        Severity.WARNING,
        f"the virtual services of {node.name} are not known: {problem}",
        f"on {node.name}: systemctl status hawatch-helper keepalived; modprobe ip_vs; {LOOK}  # only root may look",
        problem=problem,
        configured="virtual_server or lvs_sync_daemon",
    )


def _missing(
    router: RouterState, node: Node, wanted: dict[str, VirtualServer], now: float
) -> Iterator[Finding]:
    services = node.host.virtual_services
    names = [
        name for name in wanted if services.service(name) is None and now - services.since(name) > CONFIRMED
    ]
    if names:
        yield found(
            Cause.VIRTUAL_SERVICE_MISSING,
            node.name,
            Severity.CRITICAL,
            f"{node.name} owns {router.config.instance}, and its kernel has no virtual service {listed(names)}",
            f"on {node.name}: {LOOK}; keepalived --config-test; systemctl reload keepalived; "
            "journalctl -u keepalived -n 50  # Keepalived_healthcheckers makes the services",
            virtual_service=listed(names),
            missing_for=now - min(services.since(name) for name in names),
            in_the_kernel=len(services.of(router.config)),
            configured=len(wanted),
        )


def _without_servers(
    router: RouterState, node: Node, wanted: dict[str, VirtualServer], now: float
) -> Iterator[Finding]:
    """Services nobody answers behind; it is less bad where somebody says sorry."""
    services = node.host.virtual_services
    empty: dict[Severity, list[str]] = {Severity.CRITICAL: [], Severity.WARNING: []}
    for service in services.of(router.config):
        server = wanted.get(service.name)
        is_meant = server is None or not server.real_servers
        if is_meant or usable(service, server) or now - services.since(service.name) <= CONFIRMED:
            continue
        sorry = any(each.weight > 0 for each in service.servers)
        empty[Severity.WARNING if sorry else Severity.CRITICAL].append(service.name)
    for severity, names in empty.items():
        if names:
            yield _no_real_server(node, names, severity, wanted, now)


def _no_real_server(
    node: Node, names: Sequence[str], severity: Severity, wanted: dict[str, VirtualServer], now: float
) -> Finding:
    services, sorry = node.host.virtual_services, severity is Severity.WARNING
    first = wanted[names[0]]
    servers = ", ".join(f"{each.address}:{each.port}" for each in first.real_servers[:MOST_NAMED])
    return found(
        Cause.NO_REAL_SERVER,
        node.name,
        severity,
        f"no real server is left on {node.name} for {listed(names)}"
        + (", only the sorry_server answers" if sorry else ": nobody answers there"),
        f"on {node.name}: {LOOK}; journalctl -u keepalived -n 50 | grep -i remov  # which check fails; then on "
        f"the real servers ({servers}): mend the service, or the check in {CONF}",
        tell_apart="a check that fails from this node alone: compare with the other node's ipvsadm -Ln",
        virtual_service=listed(names),
        real_servers_configured=sum(len(wanted[name].real_servers) for name in names),
        usable=0,
        sorry_server_answers=sorry,
        since=f"{now - max(services.since(name) for name in names):.0f} s ago at the latest",
    )


def _router_of(daemon: ConfiguredSyncDaemon, node: Node) -> str | None:
    """Where the sync daemon is told of: its instance, or the first one for a daemon that has none."""
    routers = node.config.virtual_routers if node.config is not None else ()
    return daemon.instance or (routers[0].instance if routers else None)


def _sync_daemon(
    router: RouterState, node: Node, daemon: ConfiguredSyncDaemon, since: float, now: float
) -> Iterator[Finding]:
    seen = node.host.virtual_services.seen
    states = _states_meant(router, daemon)
    if seen is None or not states or now - since <= SETTLED or node.daemon_state() is not DaemonState.RUNNING:
        return
    right = {each.state for each in seen.daemons if _is_meant(each, daemon)}
    missing = [state for state in states if state not in right]
    if not missing:
        return
    runs = (
        "; ".join(f"{each.state} on {each.interface}, id {each.sync_id}" for each in seen.daemons) or "none"
    )
    yield found(
        Cause.LVS_SYNC_DAEMON_WRONG,
        node.name,
        Severity.WARNING,
        f"the LVS sync daemon of {node.name} ought to be {' and '.join(missing)} on {daemon.interface}, "
        f"id {daemon.sync_id}, and what runs is: {runs}",
        f"on {node.name}: ipvsadm -L --daemon; systemctl reload keepalived; journalctl -u keepalived -n 50  # then the "
        f"other node; lvs_sync_daemon in {CONF} must name one id on both",
        wanted=f"{' and '.join(missing)} on {daemon.interface}, id {daemon.sync_id}",
        runs=runs,
        owner=router.ownership.owner is Owner.US,
    )


def _states_meant(router: RouterState, daemon: ConfiguredSyncDaemon) -> tuple[str, ...]:
    """What it must be: nothing can be said while it is not known who owns the instance."""
    if daemon.instance is None:
        return ("master", "backup")
    return {Owner.US: ("master",), Owner.PEER: ("backup",)}.get(router.ownership.owner, ())


def _is_meant(found_daemon: SyncDaemon, daemon: ConfiguredSyncDaemon) -> bool:
    return (found_daemon.interface, found_daemon.sync_id) == (daemon.interface, daemon.sync_id)
