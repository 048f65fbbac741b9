"""Rules about two files of one pair: what must differ between the nodes, and fit together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hawatch.keepalived.completion import OWNER_PRIORITY
from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Couple, Half
from hawatch.keepalived.model import TrackedInterface, TrackedScript, VirtualRouter


def equal_priority(couple: Couple) -> Iterator[Found]:
    """The same priority, so that the higher address decides."""
    for one, other in couple.pairs:
        priority = one.router.priority
        if priority == other.router.priority != OWNER_PRIORITY:
            text = (
                f"{_both(one, other)} have priority {priority} ({one.at('priority')}), so the higher address decides "
                "who is MASTER"
            )
            yield Found(other.at("priority"), text, f"priority {max(priority - 50, 1)}, on one of them")


def duplicate_owner(couple: Couple) -> Iterator[Found]:
    """Two address owners."""
    for one, other in couple.pairs:
        if one.router.priority == other.router.priority == OWNER_PRIORITY:
            text = (
                f"{_both(one, other)} have priority {OWNER_PRIORITY} ({one.at('priority', 'state')}): two address "
                "owners, and neither yields"
            )
            yield Found(
                other.at("priority", "state"), text, "priority 150 on one node, priority 100 on the other"
            )


def both_master(couple: Couple) -> Iterator[Found]:
    """State MASTER on both: at every start, both are."""
    for one, other in couple.pairs:
        if one.router.initial_state == other.router.initial_state == "MASTER":
            text = f"{_both(one, other)} have state MASTER ({one.at('state')}), so each takes the VIP when it starts"
            yield Found(other.at("state"), text, "state BACKUP, at least on one of them")


def router_ids(couple: Couple) -> Iterator[Found]:
    """One name for two nodes."""
    one, other = couple.first, couple.second
    configs = one.source.config, other.source.config
    if configs[0] and configs[1] and configs[0].router_id and configs[0].router_id == configs[1].router_id:
        places = [
            [each.where for each in half.globals if each.keyword == "router_id"][-1] for half in (one, other)
        ]
        name = configs[0].router_id
        text = f"router_id {name} is in {other.name} and in {one.name} ({places[0]}): mail cannot tell them apart"
        yield Found(places[1], text, "router_id, and the name of this node")


def peer_lists(couple: Couple) -> Iterator[Found]:
    """A node that the other does not send to."""
    for pair in couple.pairs:
        for sender, receiver in (pair, pair[::-1]):
            source = receiver.router.source
            peers = sender.router.unicast_peers
            if source is not None and peers and receiver.router.unicast and source not in peers:
                text = (
                    f"{sender.instance.name} in {sender.written.name} sends to {', '.join(peers[:5])} and not to "
                    f"{source}, the unicast_src_ip in {receiver.written.name} ({receiver.at('unicast_src_ip')})"
                )
                yield Found(sender.at("unicast_peer"), text, f"unicast_peer {{ {source} }}")


def equal_sources(couple: Couple) -> Iterator[Found]:
    """Two nodes that say they are one."""
    for one, other in couple.pairs:
        source = one.router.source
        if source is not None and source == other.router.source:
            keywords = ("unicast_src_ip", "mcast_src_ip")
            text = f"{_both(one, other)} send from {source} ({one.at(*keywords)}), which only one of them can have"
            yield Found(other.at(*keywords), text, "unicast_src_ip, and the address of this node")


def nopreempt_below(couple: Couple) -> Iterator[Found]:
    """Nopreempt on the node of lower priority alone: it never preempts anyway, and the other still does."""
    for pair in couple.pairs:
        for low, high in (pair, pair[::-1]):
            if (
                low.router.nopreempt
                and not high.router.nopreempt
                and low.router.priority < high.router.priority
            ):
                text = (
                    f"{low.instance.name} in {low.written.name} has nopreempt with priority {low.router.priority}; "
                    f"{high.written.name} has {high.router.priority} ({high.instance.block.where}) and preempts"
                )
                yield Found(
                    low.at("nopreempt"), text, f"nopreempt, with state BACKUP, in {high.written.name}"
                )


def weight_too_small(couple: Couple) -> Iterator[Found]:
    """A weight that does not outweigh the difference of the priorities: the failure moves nothing."""
    for pair in couple.pairs:
        for high, low in (pair, pair[::-1]):
            if high.router.priority > low.router.priority and high.router.priority != OWNER_PRIORITY:
                for tracked in high.router.tracked:
                    yield from _too_small(high, low, tracked)


def _too_small(high: Half, low: Half, tracked: TrackedScript | TrackedInterface) -> Iterator[Found]:
    if not tracked.weight or tracked.reverse:
        return
    if isinstance(tracked, TrackedScript) and tracked.kind == "file":  # its value is multiplied by the weight
        return
    if tracked.weight < 0:
        left, standby = high.router.priority + tracked.weight, low.router.priority
    else:
        left, standby = high.router.priority, low.router.priority + _bonus(low.router, tracked)
    if left < standby:
        return
    text = (
        f"when {tracked.name} fails, {high.instance.name} in {high.written.name} still has priority {left}, and "
        f"{low.written.name} has {standby} ({low.at('priority')}), so the VIP stays with weight {tracked.weight}"
    )
    gap = high.router.priority - low.router.priority + 10
    where = high.at("track_script" if isinstance(tracked, TrackedScript) else "track_interface")
    yield Found(where, text, f"weight {-gap if tracked.weight < 0 else gap}")


def _bonus(router: VirtualRouter, tracked: TrackedScript | TrackedInterface) -> int:
    """What the standby gains while the same thing is well there; names of interfaces may differ between hosts."""
    same: list[TrackedScript] | list[TrackedInterface]
    if isinstance(tracked, TrackedScript):
        same = [
            each for each in router.tracked_scripts if (each.kind, each.name) == (tracked.kind, tracked.name)
        ]
    else:
        same = list(router.tracked_interfaces)
    return max((each.weight for each in same if each.weight > 0 and not each.reverse), default=0)


def torn_groups(couple: Couple) -> Iterator[Found]:
    """Members of one sync group that prefer different nodes: the group can have neither."""
    for (one, other), (next_one, next_other) in combinations(couple.pairs, 2):
        if one.router.sync_group is None or one.router.sync_group != next_one.router.sync_group:
            continue
        lead, next_lead = (
            one.router.priority - other.router.priority,
            next_one.router.priority - next_other.router.priority,
        )
        if lead * next_lead < 0:
            text = (
                f"sync group {one.router.sync_group}: {one.instance.name} has priority {one.router.priority} in "
                f"{one.written.name} and {other.router.priority} in {other.written.name}, {next_one.instance.name} has "
                f"{next_one.router.priority} and {next_other.router.priority}, so its members pull to different nodes"
            )
            yield Found(
                next_one.at("priority"), text, f"priority {one.router.priority}, as {one.instance.name} has"
            )


def _both(one: Half, other: Half) -> str:
    return f"{other.instance.name} in {other.written.name} and {one.instance.name} in {one.written.name}"
