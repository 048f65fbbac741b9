"""What a host does to its keepalived: starves it, stands still with it, or lets it begin before the network does."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.evidence import PressureSeen
from hawatch.situation.episodes import REMEMBERED, Haste, Lapse, Race
from hawatch.situation.facts import Facts
from hawatch.situation.host import STARVED_SHARE, is_scarce
from hawatch.situation.node import Node
from hawatch.situation.proofs import name_of
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity

LOOK_DUE = 1.2
"""Seconds after a pause in which the host has been looked at again, once a second as that is done."""
PRIORITISE = "in global_defs of /etc/keepalived/keepalived.conf write vrrp_process_priority -20 and vrrp_rt_priority 50"


def hosts(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """keepalived that ran late, stood still with its host, or was MASTER before it could hear the other."""
    del facts
    episodes = router.episodes
    if episodes.lapses or episodes.haste is not None:
        yield from _late(router, node, now)
    if episodes.race is not None and now - episodes.race.at <= REMEMBERED:
        yield _boot_race(router, node, episodes.race)


def _late(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """The newest pause, and the newest shortage."""
    lapses = [lapse for lapse in router.episodes.lapses if now - lapse.until <= REMEMBERED]
    paused = [lapse for lapse in lapses if _is_pause(router, lapse, now)]
    starved = [lapse for lapse in lapses if _is_starvation(router, lapse)]
    haste = router.episodes.haste
    if paused:
        yield _host_paused(router, node, paused[-1])
    if starved:
        yield _starved(router, node, starved[-1])
    elif haste is not None and now - haste.at <= REMEMBERED and (haste.slept > 0.0 or _scarce(haste.look)):
        yield _starved_standby(node, haste)


def _scarce(look: PressureSeen | None) -> bool:
    return look is not None and is_scarce(look)


def _waited(lapse: Lapse) -> bool:
    """Whether what this agent slept was spent in waiting for a processor; unknown: whether anybody waited for one."""
    look = lapse.look
    if look is None or look.waited is None:
        return _scarce(look)
    stolen = (look.stolen_share or 0.0) > STARVED_SHARE
    return stolen or look.waited > lapse.slept / 2


def _stood_still(router: RouterState, lapse: Lapse) -> bool:
    """Whether this agent slept through all of it but the moments in which nothing was due."""
    idle = 2 * lapse.interval + router.jitter()
    taken_over = lapse.seconds > router.config.down_timer_adverts * lapse.interval
    return taken_over and lapse.slept > 0.0 and lapse.seconds - lapse.slept <= idle


def _is_pause(router: RouterState, lapse: Lapse, now: float) -> bool:
    known = lapse.look is not None or now > lapse.until + LOOK_DUE
    return known and _stood_still(router, lapse) and not _waited(lapse)


def _is_starvation(router: RouterState, lapse: Lapse) -> bool:
    if _stood_still(router, lapse):
        return _waited(lapse)
    if not _scarce(lapse.look):
        return lapse.slept >= lapse.seconds / 2
    return lapse.slipped or _waited_through(lapse)


def _waited_through(lapse: Lapse) -> bool:
    """Whether this agent, which wants little, waited for a processor for most of that time itself."""
    waited = lapse.look.waited if lapse.look is not None else None
    return waited is not None and waited >= lapse.seconds / 2


def _host_paused(router: RouterState, node: Node, lapse: Lapse) -> Finding:
    down = router.config.down_timer_adverts * lapse.interval
    return found(
        Cause.HOST_PAUSED,
        node.name,
        Severity.WARNING,
        f"{node.name} stood still for {lapse.seconds:.1f} s, agent and keepalived together; others take over after "
        f"{down:g} s",
        "on the hypervisor: move snapshots, backups and migrations of this guest out of service hours, or let its "
        f"standby hold the VIP meanwhile (on {node.name}: systemctl stop keepalived before, start after); a pair of "
        "virtual machines that is paused often wants a longer advert_int on both nodes",
        tell_apart="a limit on the processor time of both services looks the same: systemctl show -p "
        "CPUQuotaPerSecUSec keepalived hawatch",
        without_own_advertisement=lapse.seconds,
        agent_slept=lapse.slept,
        **_told(lapse.look),
    )


def _starved(router: RouterState, node: Node, lapse: Lapse) -> Finding:
    took_over = lapse.seconds > router.config.down_timer_adverts * lapse.interval
    outcome = "late enough to be taken over" if took_over else "late"
    return found(
        Cause.KEEPALIVED_STARVED,
        node.name,
        Severity.WARNING,
        f"an advertisement of {node.name} came after {lapse.seconds:.2f} s instead of {lapse.interval:g} s, {outcome}: "
        "its keepalived got no processor time",
        _more_time(node),
        without_own_advertisement=lapse.seconds,
        agent_slept=lapse.slept,
        **_told(lapse.look),
    )


def _starved_standby(node: Node, haste: Haste) -> Finding:
    return found(
        Cause.KEEPALIVED_STARVED,
        node.name,
        Severity.WARNING,
        f"{node.name} took over {haste.rival_age:.2f} s after {name_of(node, haste.rival)} had advertised: its "
        "keepalived got no processor time to read it",
        _more_time(node),
        last_advertisement_before=haste.rival_age,
        agent_slept=haste.slept,
        **_told(haste.look),
    )


def _more_time(node: Node) -> str:
    return (
        f"on {node.name}: {PRIORITISE}; systemctl reload keepalived; lift a CPUQuota= of keepalived.service; "
        "top -o %CPU shows who takes the time (steal: the hypervisor)"
    )


def _told(look: PressureSeen | None) -> dict[str, str]:
    return {
        "tasks_waited": _share(look.starved_share if look else None),
        "stolen": _share(look.stolen_share if look else None),
        "agent_waited": "unknown" if look is None or look.waited is None else f"{look.waited:.3f} s",
    }


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"


def _boot_race(router: RouterState, node: Node, race: Race) -> Finding:
    takeover, device = race.takeover, router.config.interface
    after = takeover.at - takeover.origin
    return found(
        Cause.BOOT_RACE,
        node.name,
        Severity.WARNING,
        f"{node.name} became MASTER {after:.1f} s after {takeover.kind}, before it could hear {race.rival}, which was "
        "MASTER too",
        f"set the switch port of {device} on {node.name} to edge (portfast); on {node.name}: in global_defs of "
        "/etc/keepalived/keepalived.conf write vrrp_startup_delay 35 (above 2 x forward delay); systemctl reload "
        "keepalived",
        began=takeover.kind,
        master_after=after,
        heard_before=False,
        both_master_for=race.overlap,
    )
