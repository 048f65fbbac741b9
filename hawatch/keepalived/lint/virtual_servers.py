"""Rules about virtual_server blocks and the sync daemon: of one file, and of the two of a pair."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Couple, Written
from hawatch.keepalived.virtual_server import VirtualServers
from hawatch.keepalived.virtual_servers import addresses_of

MOST_NAMED = 3


def virtual_server_no_vip(written: Written) -> Iterator[Found]:
    """A virtual_server on addresses that no instance moves."""
    vips = {vip.address for _, router in written.running for vip in router.all_vips}
    groups = {
        each.words[1]: each.body or []
        for each in written.every("virtual_server_group")
        if len(each.words) > 1
    }
    for block in written.every("virtual_server"):
        addresses = [str(each) for each in addresses_of(block, groups)] if len(block.words) > 1 else []
        if vips and addresses and vips.isdisjoint(addresses):
            text = (
                f"virtual_server {' '.join(block.words[1:3])}: {addresses[0]} is no VIP of any instance here"
            )
            yield Found(
                block.where, text, f"virtual_ipaddress {{ {addresses[0]} }}, if it is to move with one"
            )


def services_differ(couple: Couple) -> Iterator[Found]:
    """Services that one file has and the other lacks."""
    for written, other in ((couple.first, couple.second), (couple.second, couple.first)):
        mine, theirs = _virtual_servers(written), _virtual_servers(other)
        if mine is None or theirs is None:
            continue
        known = {name for each in theirs.servers for name in each.services}
        lacking = [name for each in mine.servers for name in each.services if name not in known]
        if lacking:
            more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
            named = ", ".join(lacking[:MOST_NAMED]) + more
            place = next(each.where for each in written.every("virtual_server"))
            text = f"{other.name} lacks {named}: whoever has the VIP there answers nobody"
            yield Found(place, text, f"the same virtual_server blocks in {other.name}")


def sync_daemons_differ(couple: Couple) -> Iterator[Found]:
    """One lvs_sync_daemon with another id than the other's, or alone."""
    first, second = _virtual_servers(couple.first), _virtual_servers(couple.second)
    if first is None or second is None:
        return
    told = [(written, lvs.sync_daemon) for written, lvs in ((couple.first, first), (couple.second, second))]
    ids = {daemon.sync_id if daemon else None for _, daemon in told}
    if len(ids) == 1:
        return
    said = ", ".join(
        f"{f'id {daemon.sync_id}' if daemon else 'none'} in {each.name}" for each, daemon in told
    )
    written, daemon = next((each, daemon) for each, daemon in reversed(told) if daemon is not None)
    remedy = f"lvs_sync_daemon INTERFACE INSTANCE id {daemon.sync_id}, in both files"
    yield Found(_place(written), f"lvs_sync_daemon: {said}; connections end with a move", remedy)


def _virtual_servers(written: Written) -> VirtualServers | None:
    """None of a file that keepalived would not run."""
    return written.source.config.virtual_servers if written.source.config is not None else None


def _place(written: Written) -> str:
    said = [each.where for each in written.globals if each.keyword == "lvs_sync_daemon"]
    said += [each.where for one in written.instances for each in one.every("lvs_sync_daemon_interface")]
    return said[0]
