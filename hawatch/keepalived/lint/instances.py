"""Rules about one vrrp_instance: VRID, priority, interval, authentication, unicast and state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hawatch.keepalived.completion import OWNER_PRIORITY, PASSWORD_LENGTH
from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Instance, Written

TIGHT_INTERVAL = 0.1
"""Below this many seconds three lost advertisements are an ordinary pause of a busy host."""


def auth_without_type(written: Written) -> Iterator[Found]:
    """A password without auth_type: 2.2.7 sends none, without a word."""
    for instance in written.instances:
        entries = {each.keyword: each for each in instance.entries("authentication")}
        if "auth_pass" in entries and "auth_type" not in entries:
            text = f"{instance.name} has auth_pass without auth_type, so nothing is authenticated"
            yield Found(entries["auth_pass"].where, text, "auth_type PASS")


def auth_pass_cut(written: Written) -> Iterator[Found]:
    """A password longer than a packet's field."""
    for instance in written.instances:
        for entry in instance.entries("authentication"):
            if entry.keyword == "auth_pass" and len(entry.words) > 1:
                length = len(entry.words[1].encode("utf-8", "surrogateescape"))
                if length > PASSWORD_LENGTH:
                    text = f"the password has {length} bytes and only the first {PASSWORD_LENGTH} count"
                    yield Found(
                        entry.where, text, "auth_pass PASSWORD, of at most 8 characters, on every node"
                    )


def vrid_out_of_range(written: Written) -> Iterator[Found]:
    """A VRID that no packet can carry, and what was probably meant."""
    for instance in written.instances:
        text = instance.value("virtual_router_id") or ""
        digits = text.lstrip("+-")
        if not (digits.isascii() and digits.isdigit()) or (text == digits and 1 <= int(digits[:9]) <= 255):
            continue
        sentence = f"{instance.name} has virtual_router_id {text}, which is not between 1 and 255"
        half = len(digits) // 2
        if len(digits) % 2 == 0 and digits[:half] == digits[half:] and 1 <= int(digits[:half][:9]) <= 255:
            meant = digits[:half]
            sentence += f"; it looks like {meant} written twice"
        else:
            meant = next((part for n in (3, 2) if 1 <= int(part := digits[:n] or "0") <= 255), "51")
        where = instance.place("virtual_router_id")
        yield Found(where, f"{sentence}; keepalived does not run", f"virtual_router_id {int(meant)}")


def vrid_shared(written: Written) -> Iterator[Found]:
    """One VRID on two interfaces: the same virtual MAC twice, where the two are one LAN or one switch."""
    for (one, first), (other, second) in combinations(written.running, 2):
        same = (first.vrid, first.family) == (second.vrid, second.family)
        if same and first.interface != second.interface:
            text = (
                f"{other.name} on {second.interface} has VRID {second.vrid}, as {one.name} on {first.interface} has; "
                "some switches are confused by one virtual router on two ports"
            )
            used = {each.vrid for _, each in written.running}
            free = next((n for n in [*range(second.vrid + 1, 256), *range(1, 256)] if n not in used), 1)
            yield Found(other.place("virtual_router_id"), text, f"virtual_router_id {free}")


def priority_owner(written: Written) -> Iterator[Found]:
    """Priority 255, said or implied by state MASTER."""
    for instance, router in written.running:
        if router.priority != OWNER_PRIORITY:
            continue
        said = instance.value("priority") is not None
        how = (
            f"has priority {router.priority}"
            if said
            else "is state MASTER without a priority, which means 255"
        )
        text = f"{instance.name} {how}: an address owner cannot be moved by scripts, and always preempts"
        yield Found(instance.place("priority", "state"), text, "priority 150")


def priority_assumed(written: Written) -> Iterator[Found]:
    """No priority."""
    for instance, router in written.running:
        if instance.value("priority") is None and router.priority != OWNER_PRIORITY:
            text = (
                f"{instance.name} has no priority; {router.priority} is assumed, on every node that says none"
            )
            yield Found(instance.place("priority"), text, f"priority {router.priority}")


def advert_int_tight(written: Written) -> Iterator[Found]:
    """An interval so short that an ordinary pause of the host looks like its death."""
    for instance, router in written.running:
        if router.advert_interval < TIGHT_INTERVAL:
            pause = router.advert_interval * router.down_timer_adverts
            text = f"advert_int {router.advert_interval:g}: a pause of {pause:g} s makes a second MASTER"
            yield Found(instance.place("advert_int"), text, f"advert_int {TIGHT_INTERVAL:g}")


def strict_drops_traffic(written: Written) -> Iterator[Found]:
    """Strict mode without accept: who is MASTER drops whatever is sent to the VIP."""
    for instance, router in written.running:
        if router.strict and not router.accept:
            text = f"{instance.name} is in strict mode with priority {router.priority}: packets to its VIPs are dropped"
            lines = [each for each in written.globals if each.keyword == "vrrp_strict"]
            place = instance.place("strict_mode")
            where = lines[-1].where if lines and place == instance.place() else place
            remedy = "accept" if router.version == 3 else "strict_mode off, or delete vrrp_strict"
            yield Found(where, text, remedy)


def unicast_source_missing(written: Written) -> Iterator[Found]:
    """Unicast from whatever address the interface happens to have first."""
    for instance, router in written.running:
        if router.unicast_peers and router.source is None:
            text = (
                f"{instance.name} has unicast_peer and no unicast_src_ip; the first address of {router.interface} "
                "is used, and the other node may expect another one"
            )
            where = instance.place("unicast_peer")
            yield Found(
                where, text, f"unicast_src_ip THE ADDRESS OF {router.interface} THAT THE OTHER NODE LISTS"
            )


def unicast_peer_is_self(written: Written) -> Iterator[Found]:
    """A node in its own list of peers."""
    for instance, router in written.running:
        if router.source is not None and router.source in router.unicast_peers:
            text = f"{instance.name} lists {router.source} in unicast_peer, which is its own unicast_src_ip"
            yield Found(_entry(instance, router.source), text, "the address of the other node")


def _entry(instance: Instance, peer: str) -> str:
    lines = (
        each.where for each in instance.entries("unicast_peer") if each.keyword.partition("/")[0] == peer
    )
    return next(lines, instance.place("unicast_peer"))


def dont_track_primary(written: Written) -> Iterator[Found]:
    """A MASTER that stays one without its interface."""
    for instance, router in written.running:
        if router.dont_track_primary:
            text = f"{instance.name} stays MASTER while {router.interface} is down, so both nodes are MASTER then"
            yield Found(instance.place("dont_track_primary"), text, "delete the line dont_track_primary")


def weight_with_nopreempt(written: Written) -> Iterator[Found]:
    """A weighted tracker and nopreempt: a lowered priority moves nothing, since the standby does not preempt."""
    for instance, router in written.running:
        weighted = [each for each in router.tracked if each.weight]
        if router.nopreempt and weighted:
            text = (
                f"{instance.name} has nopreempt, so weight {weighted[0].weight} of {weighted[0].name} moves no VIP: "
                "a standby with nopreempt does not take over from a live MASTER of lower priority"
            )
            yield Found(instance.place("nopreempt"), text, "weight 0 (FAULT on failure), or delete nopreempt")
