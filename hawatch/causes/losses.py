"""What is lost between the nodes: multicast alone, one direction, or both; the wires themselves have their links."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found, junior, stands
from hawatch.situation.delivery import LOST_IN_A_ROW
from hawatch.situation.facts import Facts
from hawatch.situation.member import HeardRouter, Member
from hawatch.situation.node import Node
from hawatch.situation.ownership import talkers_of
from hawatch.situation.paths import ECHOES_LOST, MISSES_TO_DOWN, Path
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import ReportedRouter

_NEARER = frozenset(
    {
        Cause.VRRP_BLOCKED_INBOUND.value,
        Cause.MULTICAST_NOT_DELIVERED.value,
        Cause.RP_FILTER.value,
        Cause.BLIND.value,
        Cause.LINK_DOWN.value,
    }
)
"""What a node finds about itself, and what then explains why it does not hear us."""


def losses(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Where the way between us and a member whose agent speaks loses advertisements."""
    if facts.carrier is not True or facts.cut_off:
        return
    for member in node.members.members:
        heard = router.word_of(member, now)
        lost_since = _unheard_since(router, node, member, heard) if heard is not None else None
        if heard is not None and lost_since is not None:
            yield from _not_heard(router, node, member, heard, lost_since)
        else:
            yield from _not_hearing_us(router, node, member, heard, now)


# --- what they send, and we do not see ------------------------------------------------------------


def _unheard_since(router: RouterState, node: Node, member: Member, heard: HeardRouter) -> float | None:
    """When a member was heard last that, as its agent says, has sent several advertisements to us since."""
    since = heard.advertising_since
    if since is None:
        return None
    for talker in talkers_of(router, member):
        since = max(since, talker.heard_at or 0.0)
    limit = _limit(router, heard.router)
    if heard.at - since <= limit:
        return None
    capture = node.observers.get(f"sniffer:{router.config.interface}")
    if capture is None or not capture.up or not _speaks_to_us(router, heard.router):
        return None
    if not any(stands(router, cause) for cause in (Cause.MULTICAST_NOT_DELIVERED, Cause.ONE_WAY_LOSS)):
        if heard.at <= node.woke_at + router.jitter():
            return None  # what came while we slept is read by then: late is not lost
        linked_at = node.links_up_at.get(router.config.interface, 0.0)
        since = max(since, router.known_since, capture.at, linked_at, node.dropped_at or 0.0)
    return since if heard.at - since > limit else None


def _limit(router: RouterState, said: ReportedRouter) -> float:
    interval = max(router.interval(), said.advert_interval)
    return LOST_IN_A_ROW * interval + router.jitter()


def _speaks_to_us(router: RouterState, said: ReportedRouter) -> bool:
    """Whether it is configured to send where we listen; else nothing is lost on the way."""
    settings, config = said.settings, router.config
    if settings is None:
        return True
    ours = "unicast" if config.unicast else config.multicast_group
    listed = not settings.unicast_peers or config.source is None or config.source in settings.unicast_peers
    return settings.destination == ours and listed


def _not_heard(
    router: RouterState, node: Node, member: Member, heard: HeardRouter, since: float
) -> Iterator[Finding]:
    """The loss lies on us who do not hear; on both when neither hears the other, so on the junior of the two."""
    device, name = router.config.interface, member.name
    arrives = _unicast_arrives(router, member, since + router.interval())
    facts = {
        "their_agent_says": "its advertisements leave",
        "last_heard_on_our_wire": f"{heard.at - since:.3f} s before that",
        "other_unicast_of_theirs_arrives": "unknown" if arrives is None else "yes" if arrives else "no",
    }
    if arrives and heard.at - _back_at(router, member) <= _limit(router, heard.router):
        return  # what was lost before the path came back is another matter
    if arrives and not router.config.unicast:
        summary = f"{name} sends advertisements by multicast, and none reaches {device} of {node.name}; unicast does"
        yield found(
            Cause.MULTICAST_NOT_DELIVERED,
            node.name,
            Severity.WARNING,
            summary,
            _instead_of_multicast(router, node, member, heard.router),
            tell_apart=f"an XDP program or a filter of the network card on {node.name} would look the same: "
            f"ip -details link show {device}; else the switch: IGMP/MLD snooping without a querier",
            **facts,
        )
    elif arrives:
        summary = f"{name} sends advertisements to {node.name}, and none arrives; its other unicast does"
        remedy = (
            f"let IP protocol 112 pass from {name} to {node.name} wherever a filter stands between them: switch, "
            f"router, security group of the cloud; tcpdump -ni {device} proto 112 shows when it does"
        )
        yield found(Cause.ONE_WAY_LOSS, node.name, Severity.WARNING, summary, remedy, **facts)
    elif arrives is False:
        yield from _nothing_arrives(router, node, member, heard, facts)


def _nothing_arrives(
    router: RouterState, node: Node, member: Member, heard: HeardRouter, facts: dict[str, str]
) -> Iterator[Finding]:
    """Nothing of theirs arrives on this LAN, and their word came over another link."""
    device, name = router.config.interface, member.name
    hears_us = _hears_us(router, heard)
    if hears_us:
        summary = (
            f"nothing that {name} sends on the network of {device} reaches {node.name}; the other way works"
        )
        remedy = (
            f"on {node.name}: ethtool -S {device}; look for the port, cable or VLAN that loses one direction"
        )
        yield found(
            Cause.ONE_WAY_LOSS, node.name, Severity.WARNING, summary, remedy, they_hear_us=True, **facts
        )
    elif hears_us is False:
        summary = (
            f"{node.name} and {name} do not reach each other on the network of {device}; both live on another"
        )
        remedy = (
            f"look for what divides the network between the ports of {node.name} and {name}: VLAN, trunk, "
            "port isolation, spanning tree; bridge vlan show and the switch's address table tell"
        )
        at = junior(router, node, node.name, name)
        yield found(Cause.PARTITION, at, Severity.WARNING, summary, remedy, they_hear_us=False, **facts)


def _hears_us(router: RouterState, heard: HeardRouter) -> bool | None:
    """Whether our advertisements are on their wire, as their agent says; None while we send none, or it is open."""
    began, age = router.own.run_started_at, heard.router.heard_age
    if began is None or router.own.given_up or not router.advertising(heard.at):
        return None
    if age is not None and heard.at - age >= began - router.jitter():
        if age <= router.own.interval + router.jitter():
            return True
        return False if age > _limit(router, heard.router) else None
    return False if heard.at > began + router.jitter() else None


def _lan_paths(router: RouterState, member: Member) -> list[Path]:
    """The links to a member that lie on this router's own network, as far as that is known."""
    sources = {talker.src for talker in talkers_of(router, member)} | set(router.config.unicast_peers)
    return [path for path in member.links.values() if path.address in sources]


def _back_at(router: RouterState, member: Member) -> float:
    """When a path to it on this network last worked again after it had been down; 0 when none was."""
    return max(path.back_at or 0.0 for path in [*_lan_paths(router, member), member.neighbour])


def _unicast_arrives(router: RouterState, member: Member, after: float) -> bool | None:
    """Whether what they send by unicast on this network reached us since then, and still does; None: that is open."""
    paths = [*_lan_paths(router, member), member.neighbour]
    lately = [path for path in paths if (path.answered_at or 0.0) > after]
    if lately:
        return any(path.misses < MISSES_TO_DOWN for path in lately)
    if any(path.misses and (path.asked_at or 0.0) > after for path in paths):
        return False
    return None


def _instead_of_multicast(router: RouterState, node: Node, member: Member, said: ReportedRouter) -> str:
    """What works without the switch's help."""
    config, name = router.config, member.name
    here = next(iter(sorted(_own_sources(router, node))), f"ADDRESS_OF_{node.name}")
    there = next((t.src for t in talkers_of(router, member)), None) or (
        said.settings.source if said.settings is not None and said.settings.source else f"ADDRESS_OF_{name}"
    )
    return (
        f"enable an IGMP querier (or switch IGMP snooping off) for this VLAN on the switch; or do without multicast: "
        f"in vrrp_instance {config.instance} of /etc/keepalived/keepalived.conf write on {node.name}: "
        f"unicast_src_ip {here} and unicast_peer {{ {there} }}; on {name}: "
        f"unicast_src_ip {there} and unicast_peer {{ {here} }}; then on both: systemctl reload keepalived"
    )


def _own_sources(router: RouterState, node: Node) -> set[str]:
    """Our own addresses of the router's family on its device, without its VIPs."""
    if router.own.src and router.own.last is not None:
        return {router.own.last.src}
    state = node.interfaces.get(router.config.interface)
    addresses = state.addresses if state is not None else ()
    wanted = router.config.family.value == "ipv6"
    return {address for address in addresses if (":" in address) == wanted} - set(node.held)


# --- what we send, and they do not see ------------------------------------------------------------


def _not_hearing_us(
    router: RouterState, node: Node, member: Member, heard: HeardRouter | None, now: float
) -> Iterator[Finding]:
    """A member that we hear on this network and that does not hear us; it cannot always know that itself."""
    unanswered = never_answers(router, member, now)
    if not unanswered and (heard is None or not _is_deaf_to_us(router, member, heard, now)):
        return
    if heard is not None and any(each.cause in _NEARER for each in heard.router.findings):
        return
    device, name = router.config.interface, member.name
    summary = f"nothing that {node.name} sends on the network of {device} reaches {name}; the other way works"
    remedy = f"on {name}: ethtool -S {device}; look for the port, cable or VLAN that loses one direction"
    age = heard.router.heard_age if heard is not None else None
    yield found(
        Cause.ONE_WAY_LOSS,
        name,
        Severity.WARNING,
        summary,
        remedy,
        what_they_send_arrives=True,
        our_echoes_are_answered=False,
        our_questions_for_their_address_are_answered=False if member.neighbour.misses else None,
        they_last_heard_an_advertisement=None if age is None else f"{age:.1f} s ago",
    )


def _is_deaf_to_us(router: RouterState, member: Member, heard: HeardRouter, now: float) -> bool:
    """Whether we have been sending for long, their agent has seen nothing of it, and an echo to them was lost."""
    began, age = router.own.run_started_at, heard.router.heard_age
    if began is None or router.own.given_up or not router.advertising(heard.at):
        return False
    limit = _limit(router, heard.router)
    if heard.at - began <= limit or (age is not None and age <= limit):
        return False
    paths = _lan_paths(router, member)
    lost = bool(paths) and all(path.lost_lately() for path in paths)
    return lost and _comes_in(router, member, now, since=began)


def never_answers(router: RouterState, member: Member, now: float) -> bool:
    """Whether all echoes on this network and the last question for their address are lost, while their own come in.

    They hear nothing of us, and soon no more of their unicast finds its way, either: their neighbour table forgets us.
    """
    neighbour = member.neighbour
    if not neighbour.misses or neighbour.answered_at is None:
        return False
    paths = _lan_paths(router, member)
    lost = all(path.lost_lately(ECHOES_LOST) for path in paths)
    return bool(paths) and lost and _comes_in(router, member, now)


def _comes_in(router: RouterState, member: Member, now: float, since: float = 0.0) -> bool:
    """Whether advertisements of theirs, or reports of their agent, arrive on this network, and have since then."""
    talks = any(t.silent_for(now) <= t.interval + router.jitter() for t in talkers_of(router, member))
    lately = (path for path in _lan_paths(router, member) if (path.answered_at or 0.0) > since)
    return talks or any(path.alive(now) for path in lately)
