"""The statements of a keepalived.conf as a configuration: pure, from statements to records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.completion import Completer
from hawatch.keepalived.draft import Draft
from hawatch.keepalived.globals import read_globals
from hawatch.keepalived.groups import GroupDraft, join_groups, read_group
from hawatch.keepalived.instance import InstanceReader
from hawatch.keepalived.keywords import OTHER_ROOT
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.tracking import DEFINITIONS, Trackers
from hawatch.keepalived.virtual_servers import read_virtual_servers
from hawatch.wire.family import Family

KNOWN = OTHER_ROOT | DEFINITIONS.keys() | {"global_defs", "vrrp_instance", "vrrp_sync_group"}


@dataclass(slots=True)
class _Drafts:
    """What the blocks say, before they are completed."""

    instances: list[Draft]
    groups: list[GroupDraft]


def parse(statements: list[Statement], notes: Notes, fingerprint: Callable[[bytes], str]) -> KeepalivedConfig:
    """The configuration, without digest, files and warnings.

    `fingerprint` gets the eight bytes of a password. ConfigError: what keepalived would not run with, and numbers
    that are none.
    """
    common = read_globals(statements, notes)
    vmac_names: set[str] = set()
    drafts = _read_blocks(statements, notes, vmac_names)
    completer = Completer(common, notes, vmac_names, fingerprint)
    routers = [completer.complete(draft) for draft in drafts.instances]
    _note_conflicts(drafts.instances, routers, notes)
    groups, routers = join_groups(drafts.groups, routers, notes)
    return KeepalivedConfig(
        virtual_routers=tuple(routers),
        sync_groups=tuple(groups),
        router_id=common.router_id,
        dump_files=common.dump_files(),
        scripted_fifos=common.scripted_fifos(),
        virtual_servers=read_virtual_servers(statements, routers),
    )


def _read_blocks(statements: list[Statement], notes: Notes, vmac_names: set[str]) -> _Drafts:
    trackers = Trackers(notes)
    reader = InstanceReader(trackers, notes, vmac_names)
    drafts = _Drafts([], [])
    taken: set[tuple[str, ...]] = set()
    for block in statements:
        if block.keyword in DEFINITIONS:
            trackers.define(block)
        elif block.keyword in {"vrrp_instance", "vrrp_sync_group"}:
            if not _is_new(block, taken, notes):
                continue
            if block.keyword == "vrrp_instance":
                drafts.instances.append(reader.read(block))
            else:
                drafts.groups.append(read_group(block, trackers, notes))
    notes.unknown_keywords(statements, KNOWN, "the file")
    return drafts


def _is_new(block: Statement, taken: set[tuple[str, ...]], notes: Notes) -> bool:
    """Whether a named block counts: one with exactly one name, and the first of that name."""
    if len(block.words) != 2:
        notes.add(block.where, f"{block.keyword} wants one name; the block is ignored")
    elif block.words in taken:
        notes.add(block.where, f"{block.keyword} {block.words[1]} is defined above; the block is ignored")
    else:
        taken.add(block.words)
        return True
    return False


def _note_conflicts(drafts: list[Draft], routers: list[VirtualRouter], notes: Notes) -> None:
    """Two routers of one VRID and family on one interface, in one group or with one peer: keepalived refuses to run."""
    seen: dict[tuple[str, Family, int, str], str] = {}
    for draft, router in zip(drafts, routers, strict=True):
        others = {
            seen.setdefault((router.interface, router.family, router.vrid, destination), router.instance)
            for destination in router.unicast_peers or (router.multicast_group,)
        }
        for other in sorted(others - {router.instance}):
            text = (
                f"vrrp_instance {router.instance}: {other} has VRID {router.vrid} on {router.interface} too; "
            )
            notes.add(draft.place("virtual_router_id"), text + "keepalived refuses to run", "vrid_reused")
