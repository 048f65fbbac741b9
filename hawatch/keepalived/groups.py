"""Sync groups: who is in them, and what their tracking does to their members (vrrp_sync.c, vrrp.c)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.completion import OWNER_PRIORITY
from hawatch.keepalived.keywords import OTHER_SYNC_GROUP
from hawatch.keepalived.model import SyncGroup, TrackedInterface, TrackedScript, VirtualRouter
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.tracking import REFERENCES, Trackers, refer_interfaces

Tracked = TypeVar("Tracked", TrackedInterface, TrackedScript)
_WEIGHTS_ALLOWED = frozenset({"sync_group_tracking_weight", "global_tracking"})
KNOWN = OTHER_SYNC_GROUP | _WEIGHTS_ALLOWED | REFERENCES.keys() | {"group", "track_interface"}


@dataclass(slots=True)
class GroupDraft:
    """A vrrp_sync_group as its lines say; `weights` tells whether its members may keep weights of their own."""

    name: str
    where: str
    members: list[str] = field(default_factory=list)
    weights: bool = False
    tracked_interfaces: list[TrackedInterface] = field(default_factory=list)
    tracked_scripts: list[TrackedScript] = field(default_factory=list)


def read_group(block: Statement, trackers: Trackers, notes: Notes) -> GroupDraft:
    """One sync group. ConfigError: text where a weight belongs."""
    draft = GroupDraft(block.words[1], block.where)
    for statement in block.block:
        if statement.keyword == "group" and not draft.members:
            draft.members = [word for entry in statement.block for word in entry.words]
        elif statement.keyword == "track_interface":
            refer_interfaces(statement, draft.tracked_interfaces, notes)
        elif statement.keyword in REFERENCES:
            trackers.refer(statement, draft.tracked_scripts)
        elif statement.keyword in _WEIGHTS_ALLOWED:
            draft.weights = True
    notes.unknown_keywords(block.block, KNOWN, f"vrrp_sync_group {draft.name}")
    return draft


def join_groups(
    drafts: list[GroupDraft], routers: list[VirtualRouter], notes: Notes
) -> tuple[list[SyncGroup], list[VirtualRouter]]:
    """The groups with the members that exist, and the routers as their membership makes them."""
    by_name = {router.instance: router for router in routers}
    groups = []
    for draft in drafts:
        members = _members(draft, by_name, notes)
        if not members:
            text = f"vrrp_sync_group {draft.name} has no members; ignored"
            notes.add(draft.where, text, "sync_group_members")
            continue
        groups.append(_group(draft, members))
        for member in _with_group(draft, members):
            by_name[member.instance] = member
    joined = [by_name[router.instance] for router in routers]
    return groups, [_alone(router) if router.sync_group is None else router for router in joined]


def _members(draft: GroupDraft, by_name: dict[str, VirtualRouter], notes: Notes) -> list[VirtualRouter]:
    members: list[VirtualRouter] = []
    for name in dict.fromkeys(draft.members):
        router = by_name.get(name)
        if router is None:
            text = f"vrrp_sync_group {draft.name}: there is no vrrp_instance {name}"
            notes.add(draft.where, text, "sync_group_members")
        elif router.sync_group is not None:
            text = f"vrrp_sync_group {draft.name}: {name} is in {router.sync_group} already"
            notes.add(draft.where, text, "sync_group_members")
        else:
            members.append(router)
    if len(members) == 1:
        notes.add(draft.where, f"vrrp_sync_group {draft.name} has only one member", "sync_group_members")
    return members


def _group(draft: GroupDraft, members: list[VirtualRouter]) -> SyncGroup:
    return SyncGroup(
        name=draft.name,
        members=tuple(member.instance for member in members),
        tracked_interfaces=tuple(_for_members(draft.tracked_interfaces, members)),
        tracked_scripts=tuple(_for_members(draft.tracked_scripts, members)),
    )


def _for_members(tracked: list[Tracked], members: list[VirtualRouter]) -> list[Tracked]:
    """An address owner's priority cannot change, so with one among the members a group's weights count as 0."""
    if all(member.priority != OWNER_PRIORITY for member in members):
        return tracked
    return [replace(each, weight=0) for each in tracked]


def _with_group(draft: GroupDraft, members: list[VirtualRouter]) -> list[VirtualRouter]:
    owners = [member.priority == OWNER_PRIORITY for member in members]
    masters = [member.initial_state == "MASTER" for member in members]
    start_as_backup = any(masters) and not (all(masters) and all(owners))
    interfaces = _for_members(draft.tracked_interfaces, members)
    scripts = _for_members(draft.tracked_scripts, members)
    return [
        replace(
            member,
            sync_group=draft.name,
            initial_state="BACKUP" if start_as_backup else member.initial_state,
            tracked_interfaces=_joined(_own_interfaces(member, draft), interfaces),
            tracked_scripts=_joined(_own_scripts(member, draft), scripts),
        )
        for member in members
    ]


def _own_interfaces(member: VirtualRouter, draft: GroupDraft | None) -> list[TrackedInterface]:
    """A member's own weights would pull its group apart, so they count as 0; an owner's are dropped."""
    tracked = [each for each in member.tracked_interfaces if each.name != member.interface]
    if draft is not None and not draft.weights:
        return [replace(each, weight=0) for each in tracked]
    if member.priority == OWNER_PRIORITY:
        return [each for each in tracked if not each.weight]
    return tracked


def _own_scripts(member: VirtualRouter, draft: GroupDraft | None) -> list[TrackedScript]:
    """The same for scripts, files and BFD: weighted ones are dropped, files of the default weight count as 0."""
    tracked = list(member.tracked_scripts)
    if (draft is None or draft.weights) and member.priority != OWNER_PRIORITY:
        return tracked
    kept = [replace(each, weight=0) if each.kind == "file" and each.weight == 1 else each for each in tracked]
    return [each for each in kept if not each.weight or each.kind == "process"]


def _joined(own: list[Tracked], groups: list[Tracked]) -> tuple[Tracked, ...]:
    """What a member tracks: of one thing named in both, the group's weight counts, unless its own is 0."""
    joined = list(own)
    for each in groups:
        same = next((n for n, other in enumerate(joined) if _key(other) == _key(each)), None)
        if same is None:
            joined.append(each)
        elif joined[same].weight:
            joined[same] = each
    return tuple(joined)


def _key(tracked: TrackedInterface | TrackedScript) -> tuple[str, str]:
    return ("" if isinstance(tracked, TrackedInterface) else tracked.kind, tracked.name)


def _alone(router: VirtualRouter) -> VirtualRouter:
    """A router in no group, without what it cannot track: its own interface, and as owner anything weighted."""
    return replace(
        router,
        tracked_interfaces=tuple(_own_interfaces(router, None)),
        tracked_scripts=tuple(_own_scripts(router, None)),
    )
