"""VIPs that somebody took away or put up, and neighbours that still believe a node which gave the VIP up."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.keepalived.model import VirtualAddress
from hawatch.situation.episodes import REMEMBERED, Announced, Removal
from hawatch.situation.facts import Facts
from hawatch.situation.node import Holding, Node
from hawatch.situation.outsiders import is_virtual
from hawatch.situation.router import Owner, RouterState
from hawatch.situation.timing import release_allowance
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState

GARP_MARGIN = 1.0
LOOPBACK = "lo"


def vips(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """What is wrong with the VIPs of this node, as its own kernel and its own announcements show."""
    del facts
    removal = router.episodes.removal
    if removal is not None and removal.confirmed and now - removal.at <= REMEMBERED:
        yield _removed(router, node, removal)
    if router.we_hold(now):
        yield from _put_up_by_hand(router, node, now)
        yield from _stale_arp(router, node, now)


# --- taken away -----------------------------------------------------------------------------------


def _removed(router: RouterState, node: Node, removal: Removal) -> Finding:
    gone = [vip for vip in router.config.all_vips if vip.address in removal.addresses]
    missing = [vip for vip in gone if router.holdings[vip.address].held is False]
    device = router.config.interface
    back = "it is still missing" if missing and router.own.heard_at else "keepalived had to take it again"
    return found(
        Cause.VIP_REMOVED,
        node.name,
        Severity.WARNING,
        f"somebody took {_list(gone)} away from {node.name} while its keepalived was MASTER; {back}",
        f"on {node.name}: {_put_back(router, missing)}{_keep(node.host.network_tool, device)}",
        network_tool=node.host.network_tool,
        addresses=_list(gone),
        keepalived_runs=node.daemon_state() is DaemonState.RUNNING,
        resigned_of_itself=False,
    )


def _put_back(router: RouterState, missing: list[VirtualAddress]) -> str:
    words = [f"ip address add {_cidr(vip)} dev {vip.device or router.config.interface}; " for vip in missing]
    return "".join(words)


def _keep(tool: str | None, device: str) -> str:
    """How to tell the tool that manages the device to leave alone what keepalived puts there."""
    match tool:
        case "systemd-networkd":
            return (
                f'd=/etc/systemd/network/$(basename "$(networkctl status {device} | sed -n '
                "'s/ *Network File: //p')\").d; mkdir -p \"$d\"; printf '[Network]\\nKeepConfiguration=yes\\n' "
                '>"$d/keepalived.conf"; networkctl reload'
            )
        case "NetworkManager":
            return (
                f"printf '[keyfile]\\nunmanaged-devices=interface-name:{device}\\n' "
                ">/etc/NetworkManager/conf.d/keepalived.conf; nmcli general reload  # first give the device's own "
                "addresses to another tool, for the next boot"
            )
        case "ifupdown":
            return (
                f"in /etc/network/interfaces take every `ip addr flush dev {device}` out, and run ifdown {device} only "
                "after systemctl stop keepalived"
            )
    return f"grep -rF {device} /etc/network* /etc/netplan /etc/cron*  # and `ip monitor address` shows when it goes"


# --- put up ---------------------------------------------------------------------------------------


def _put_up_by_hand(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """VIPs that came without a word of keepalived's, which advertises and announces what it takes."""
    if node.daemon_state() is not DaemonState.RUNNING or not _sees_own_frames(router, node):
        return
    interval, spoke_at = router.interval(), router.own.heard_at or 0.0
    if node.woke_at > 0.0 and now - node.woke_at <= interval + router.release():
        return  # an agent that was held up has not read every advertisement yet
    foreign = [
        vip
        for vip in router.config.all_vips
        if router.holdings[vip.address].since > spoke_at
        and _came_unsaid(router, vip.address, router.holdings[vip.address], interval, now)
    ]
    if not foreign:
        return
    dels = "; ".join(f"ip address del {_cidr(v)} dev {v.device or router.config.interface}" for v in foreign)
    yield found(
        Cause.STALE_VIP,
        node.name,
        Severity.WARNING,
        f"{node.name} has {_list(foreign)} although its keepalived is not MASTER: something else put it there",
        f"on {node.name}: {dels}  # and for the next boot: grep -rF {foreign[0].address} /etc/network* /etc/netplan "
        "/etc/systemd/network /etc/NetworkManager",
        held_for=now - min(router.holdings[vip.address].since for vip in foreign),
        own_advertisements_since=False,
        own_announcements_since=False,
        keepalived="runs",
    )


def _sees_own_frames(router: RouterState, node: Node) -> bool:
    return node.sees_wire(router.config.interface) and not node.host.hits(router.config.instance, "out")


def _came_unsaid(router: RouterState, address: str, holding: Holding, interval: float, now: float) -> bool:
    """keepalived advertises milliseconds before a VIP comes, and announces it milliseconds after."""
    allowance = release_allowance(interval)
    if not holding.held or not holding.watched or now - holding.since <= allowance:
        return False
    known = router.episodes.announced.get(address)
    said_at = max(router.own.heard_at or 0.0, known.own_at if known else 0.0)
    return said_at < holding.since - interval - allowance


# --- believed elsewhere ---------------------------------------------------------------------------


def _stale_arp(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """We own it alone, and the last word that neighbours have heard of it is another member's, or none of ours."""
    if router.ownership.owner is not Owner.US or router.proof is not None or not router.advertising(now):
        return
    wrong = [
        vip
        for vip in router.config.all_vips
        if vip.device != LOOPBACK and _is_stale(router, vip.address, router.holdings[vip.address], now)
    ]
    if not wrong or not _hears(router, node, now):
        return
    known = router.episodes.announced.get(wrong[0].address) or Announced()
    yield found(
        Cause.STALE_ARP,
        node.name,
        Severity.CRITICAL,
        f"clients may still send {_list(wrong)} to {known.other_mac or 'its former owner'}: {node.name} owns it and "
        "has not announced it since",
        f"on {node.name}: {'; '.join(_announce(router, vip) for vip in wrong)}  # and in vrrp_instance "
        f"{router.config.instance} of /etc/keepalived/keepalived.conf write garp_master_refresh 60; systemctl reload "
        "keepalived",
        announced_last_by=known.other_mac or "nobody since the move",
        that_long_ago=now - known.other_at if known.other_mac else None,
        own_announcement=f"{now - known.own_at:.1f} s ago" if known.own_at else "none seen",
    )


def _stale_from(router: RouterState, known: Announced) -> float:
    """From when on our own word ought to have come after another's: at once, or in a burst that is still to come.

    keepalived repeats each burst once, after garp_master_delay or garp_lower_prio_delay.
    """
    config = router.config
    burst = known.own_at + max(config.garp_master_delay, config.garp_lower_prio_delay) + GARP_MARGIN
    return max(burst, known.other_at + max(GARP_MARGIN, router.interval() + router.jitter()))


def _is_stale(router: RouterState, address: str, holding: Holding, now: float) -> bool:
    known = router.episodes.announced.get(address)
    if known is not None and is_virtual(known.other_mac):
        return False  # both have the same one, and the switch learns from advertisements where it is
    if known is not None and known.other_at > max(known.own_at, holding.since):
        return now > _stale_from(router, known)
    return _never_announced(router, known, holding, now)


def _never_announced(router: RouterState, known: Announced | None, holding: Holding, now: float) -> bool:
    """Taken over from another, seen advertising, and not one announcement in all the time since."""
    move, config = router.last_move, router.config
    if not holding.held or not holding.watched or config.vmac_interface or not config.garp_master_repeat:
        return False
    moved_here = move is not None and move.at >= holding.since - config.advert_interval
    seen_speaking = (router.own.heard_at or 0.0) >= holding.since
    said = known is not None and known.own_at >= holding.since - release_allowance(router.interval())
    return moved_here and seen_speaking and not said and now > holding.since + GARP_MARGIN


def _hears(router: RouterState, node: Node, now: float) -> bool:
    lost = node.dropped_at is not None and now - node.dropped_at < REMEMBERED
    return not lost and all(map(node.sees_wire, router.config.device_names))


def _announce(router: RouterState, vip: VirtualAddress) -> str:
    device = vip.device or router.config.interface
    if ":" in vip.address:
        return f"ndsend {vip.address} {device}"
    return f"arping -U -c 3 -I {device} -s {vip.address} {vip.address}"


def _cidr(vip: VirtualAddress) -> str:
    return f"{vip.address}/{vip.prefix_length}"


def _list(addresses: list[VirtualAddress]) -> str:
    shown = addresses[0].address
    return shown if len(addresses) == 1 else f"{shown} and {len(addresses) - 1} more"
