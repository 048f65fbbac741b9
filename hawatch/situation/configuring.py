"""Which configuration to judge by: the one that keepalived runs, which the file may already have left behind."""

from __future__ import annotations

from collections import Counter

from hawatch.evidence import ConfigRead, DaemonSeen
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter
from hawatch.situation.member import Member, without_zone
from hawatch.situation.node import Holding, Node
from hawatch.situation.probing import Probing
from hawatch.situation.router import RouterState
from hawatch.situation.virtual_services import wanted_by_router
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState

Routers = dict[str, RouterState]
CAPTURE = "sniffer:"
SHADOW = "shadow:"


def read_file(node: Node, routers: Routers, read: ConfigRead) -> None:
    """Take in what the file says now; keep judging by the old one while keepalived has not loaded the new."""
    node.file = read
    if read.config is None:
        return
    if node.config is not None and read.config.digest == node.config.digest:
        node.not_loaded = False
        return
    if node.config is None or _is_loaded(node, read):
        apply(node, routers, read.config, read.at)
    else:
        node.not_loaded = True


def _is_loaded(node: Node, read: ConfigRead) -> bool:
    daemon = node.daemon
    if daemon is None or daemon.loads is None or daemon.state in (None, DaemonState.DEAD):
        return True
    if read.modified_at is None:
        return True
    return node.loaded_at >= read.modified_at - node.wall_minus_monotonic


def see_daemon(node: Node, routers: Routers, seen: DaemonSeen) -> None:
    """Take in what keepalived does; a load, or its death, makes the file's content the one that counts."""
    before, node.daemon = node.daemon, seen
    if before is None:
        node.loaded_at = seen.started_at or 0.0
    elif seen.loads != before.loads or seen.pid != before.pid:
        node.loaded_at = seen.at
    else:
        return
    if before is not None and seen.pid != before.pid:
        for router in routers.values():
            router.own.zero_is_fault = False
        node.in_fault.clear()
    if node.not_loaded and node.file and node.file.config:
        apply(node, routers, node.file.config, seen.at)


def apply(node: Node, routers: Routers, config: KeepalivedConfig, at: float) -> None:
    """Make this configuration the one that is judged by; what is known of unchanged routers is kept."""
    node.config = config
    node.not_loaded = False
    _forget_old_captures(node, config)
    wanted = {router.instance: router for router in config.virtual_routers}
    node.mates = _sync_groups(config)
    node.numbers = Counter((router.family, router.vrid) for router in config.virtual_routers)
    virtual_servers = wanted_by_router(config)
    for instance in [name for name in routers if name not in wanted]:
        del routers[instance]
        node.voices.pop(instance, None)
        node.kin.pop(instance, None)
        node.in_fault.pop(instance, None)
    for instance, router in wanted.items():
        known = routers.get(instance)
        if known is None or not _same_identity(known.config, router):
            changed_at = None if known is None else at
            known = RouterState(router, at)
            known.changed_at = changed_at
            node.in_fault.pop(instance, None)
            routers[instance] = known
        known.configure(router)
        known.virtual_servers = virtual_servers[instance]
        node.voices[instance] = known.own
        node.kin[instance] = known
        addresses = [vip.address for vip in router.all_vips]
        known.holdings = {address: node.held.setdefault(address, Holding()) for address in addresses}
        known.probings = {address: known.probings.get(address) or Probing(address) for address in addresses}
        known.note_probes()
    _recognise_unicast_peer(node, config)


def _recognise_unicast_peer(node: Node, config: KeepalivedConfig) -> None:
    """Of a pair the one member that is listed is the one node that keepalived speaks to, by an address of any family.

    Without its agent, or an answer of its own, nothing else would tell that both are one node. Where it is listed with
    another address of that family, or keepalived speaks to several, it may be somebody else.
    """
    listed = [member for member in node.members.members if member.listed]
    for family in Family:
        spoken_to = {
            without_zone(peer)
            for router in config.virtual_routers
            if router.family is family
            for peer in router.unicast_peers
        }
        if len(listed) == len(spoken_to) == 1 and not _has_address(listed[0], family):
            node.members.admit(listed[0].name, tuple(spoken_to))


def _has_address(member: Member, family: Family) -> bool:
    return any((":" in address) is (family is Family.IPV6) for address in member.addresses)


def _sync_groups(config: KeepalivedConfig) -> dict[str, tuple[VirtualRouter, ...]]:
    groups: dict[str, tuple[VirtualRouter, ...]] = {}
    for router in config.virtual_routers:
        if router.sync_group is not None:
            groups[router.sync_group] = (*groups.get(router.sync_group, ()), router)
    return groups


def _forget_old_captures(node: Node, config: KeepalivedConfig) -> None:
    """A capture, or a shadow of keepalived's socket, on a device that no longer matters is not missed."""
    routers = config.virtual_routers
    wanted = {f"{CAPTURE}{name}" for router in routers for name in router.device_names}
    wanted |= {f"{SHADOW}{router.listening_device}" for router in routers if not router.unicast}
    node.observers = {
        name: state
        for name, state in node.observers.items()
        if not name.startswith((CAPTURE, SHADOW)) or name in wanted
    }


def _same_identity(old: VirtualRouter, new: VirtualRouter) -> bool:
    return (old.interface, old.family, old.vrid) == (new.interface, new.family, new.vrid)
