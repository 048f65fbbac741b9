"""What keepalived tracks has failed: a FAULT, or a priority that fell; and what of it, where that can be known."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.keepalived.model import TrackedInterface, TrackedScript, VirtualRouter
from hawatch.situation.facts import Facts, fault_lasts, fault_of_kin, member_ready, own_ready
from hawatch.situation.member import AgentState
from hawatch.situation.node import Node
from hawatch.situation.ownership import talkers_of
from hawatch.situation.router import RouterState
from hawatch.situation.talker import Talker
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState

Tracked = TrackedInterface | TrackedScript


def faults(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """A FAULT of this node's, as owner or standby; a priority that fell; and those of members without an agent."""
    del facts
    own = router.own
    if own.zero_is_fault and own.given_up:
        if own_ready(router, node, now) is False:
            yield _fault(router, node)
    elif _has_fallen(router, node, now):
        yield _fall(router, node)
    elif mate := _faulty_mate(router, node):
        yield _fault_of_group(router, node, mate)
    elif not own.given_up and (kin := fault_of_kin(router.config, node, now)):
        yield _fault_of_kin(router, node, kin)
    elif router.config.tracked_interfaces and not router.we_hold(now):
        yield from _standby(router, node)
    yield from _members(router, node, now)


def _same_run(router: RouterState, node: Node) -> bool:
    """Whether the keepalived that advertised so still runs."""
    alive = node.daemon_state() is not DaemonState.DEAD
    return alive and (router.own.heard_at or 0.0) >= node.daemon_began()


def _has_fallen(router: RouterState, node: Node, now: float) -> bool:
    """Whether we advertise less than the file says, and once advertised more; a reload may lower both.

    Where nothing is tracked that could lower it, only a reload can, which the advertisements show before the file does.
    """
    own = router.own
    lowered = own.fell and own.priority < router.config.priority and _same_run(router, node)
    return (
        lowered and bool(_weighted(router.config)) and _fall_lasts(router, own, router.config.priority, now)
    )


def _fall_lasts(router: RouterState, voice: Talker, priority: int, now: float) -> bool:
    """While it advertises it shows its priority; a silent one is known to be low as long as it ought to preempt."""
    if voice.silent_for(now) <= voice.interval + router.jitter() and not voice.given_up:
        return True
    return fault_lasts(router, voice, voice.heard_at or 0.0, priority, now) is True


# --- what is tracked ------------------------------------------------------------------------------


def _tracked(config: VirtualRouter) -> list[Tracked]:
    return [*config.tracked_interfaces, *config.tracked_scripts]


def _weighted(config: VirtualRouter) -> list[Tracked]:
    return [each for each in _tracked(config) if each.weight]


def _called(tracked: Tracked) -> str:
    kind = "interface" if isinstance(tracked, TrackedInterface) else tracked.kind
    weight = f" (weight {tracked.weight})" if tracked.weight else ""
    return f"{kind} {tracked.name}{weight}"


def _culprits(node: Node, candidates: list[Tracked]) -> list[Tracked]:
    """Interfaces that are seen without their link; else all that it can be, which is one if one alone is left."""
    down: list[Tracked] = [
        each for each in candidates if isinstance(each, TrackedInterface) and _fails(node, each)
    ]
    unseen = [
        each
        for each in candidates
        if not isinstance(each, TrackedInterface) or node.carrier(each.name) is None
    ]
    return down or unseen


def _fails(node: Node, tracked: TrackedInterface) -> bool:
    return node.carrier(tracked.name) is tracked.reverse


def _words(culprits: list[Tracked], what: str) -> str:
    if not culprits:
        return f"something that it tracks {what}"
    names = [_called(each) for each in culprits]
    if len(names) == 1:
        return f"the tracked {names[0]} {what}"
    return f"one of {', '.join(names)} {what}"


def _remedy(node: Node, culprits: list[Tracked]) -> str:
    """How to see each of them fail, and what to do then; the file names the command behind a script."""
    steps = []
    for each in culprits[:3]:
        if isinstance(each, TrackedInterface):
            steps.append(
                f"ip link set dev {each.name} up; ip -br link show {each.name}  # else cable and switch port"
            )
        elif each.kind == "script":
            steps.append(
                f"sed -n '/vrrp_script {each.name} /,/}}/p' /etc/keepalived/keepalived.conf; run its script by hand as "
                "its user; echo $?  # mend what it checks: keepalived comes back after `rise` good runs"
            )
        elif each.kind == "process":
            steps.append(
                f"sed -n '/vrrp_track_process {each.name} /,/}}/p' /etc/keepalived/keepalived.conf; start it"
            )
        else:
            steps.append(
                f"sed -n '/{each.name} /,/}}/p' /etc/keepalived/keepalived.conf; cat the file it names"
            )
    steps.append("journalctl -u keepalived -n 50")
    return f"on {node.name}: {'; '.join(steps)}"


# --- findings -------------------------------------------------------------------------------------


def _fault(router: RouterState, node: Node) -> Finding:
    culprits = _culprits(node, [each for each in _tracked(router.config) if not each.weight])
    return found(
        Cause.TRACKED_FAULT,
        node.name,
        Severity.WARNING,
        f"keepalived on {node.name} is in FAULT: {_words(culprits, 'has failed')}",
        _remedy(node, culprits),
        said="priority 0 twice at once, which keepalived says in FAULT alone",
        tracked=", ".join(map(_called, _tracked(router.config))) or "nothing known",
    )


def _fall(router: RouterState, node: Node) -> Finding:
    own = router.own
    fell_by = own.run_highest - own.priority
    weighted = _weighted(router.config)
    exact = [each for each in weighted if abs(each.weight) == fell_by]
    culprits = _culprits(node, exact or weighted)
    return found(
        Cause.TRACKED_FAULT,
        node.name,
        Severity.WARNING,
        f"{node.name} advertises priority {own.priority}, down from {own.run_highest}: "
        f"{_words(culprits, 'has failed')}",
        _remedy(node, culprits),
        priority=own.priority,
        priority_before=own.run_highest,
        tracked=", ".join(map(_called, weighted)),
    )


def _faulty_mate(router: RouterState, node: Node) -> str | None:
    """The member of our sync group that took us with it."""
    group = router.config.sync_group
    if group is None or not router.own.given_up:
        return None
    for mate in node.mates.get(group, ()):
        voice = node.voices.get(mate.instance)
        if (
            mate.instance != router.config.instance
            and voice is not None
            and voice.given_up
            and voice.zero_is_fault
        ):
            lost = voice.zero_at is not None and voice.zero_at >= node.daemon_began()
            if lost and node.daemon_state() is DaemonState.RUNNING:
                return mate.instance
    return None


def _fault_of_group(router: RouterState, node: Node, mate: str) -> Finding:
    config = node.config.virtual_routers if node.config else ()
    tracked = next((_tracked(each) for each in config if each.instance == mate), [])
    culprits = _culprits(node, [each for each in tracked if not each.weight])
    return found(
        Cause.TRACKED_FAULT,
        node.name,
        Severity.WARNING,
        f"{router.config.instance} on {node.name} follows {mate} of its sync group {router.config.sync_group} into "
        f"FAULT: {_words(culprits, 'has failed')}",
        _remedy(node, culprits),
        sync_group=router.config.sync_group,
        member_in_fault=mate,
        tracked=", ".join(map(_called, tracked)) or "nothing known",
    )


def _fault_of_kin(router: RouterState, node: Node, kin: RouterState) -> Finding:
    culprits = _culprits(node, [each for each in _tracked(kin.config) if not each.weight])
    return found(
        Cause.STANDBY_FAULT,
        node.name,
        Severity.WARNING,
        f"{node.name} could not take over: its keepalived is in FAULT for {router.config.instance} as for "
        f"{kin.config.instance}, {_words(culprits, 'has failed')}",
        _remedy(node, culprits),
        said_of=kin.config.instance,
        tracked_by_both=", ".join(map(_called, culprits)) or "the device",
    )


def _standby(router: RouterState, node: Node) -> Iterator[Finding]:
    """A standby says nothing of its FAULT; a tracked interface without its link is one all the same."""
    failed: list[Tracked] = [
        each for each in router.config.tracked_interfaces if not each.weight and _fails(node, each)
    ]
    if not failed or node.daemon_state() is not DaemonState.RUNNING:
        return
    yield found(
        Cause.STANDBY_FAULT,
        node.name,
        Severity.WARNING,
        f"{node.name} could not take over: its keepalived is in FAULT, {_words(failed, 'has failed')}",
        _remedy(node, failed),
        tracked=", ".join(map(_called, _tracked(router.config))),
        without_link=", ".join(each.name for each in failed),
    )


def _members(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """Members whose agent cannot tell: what their advertisements show."""
    for member in node.members.members:
        if member.agent(now) is AgentState.UP:
            continue
        for talker in talkers_of(router, member):
            in_fault = talker.zero_is_fault and talker.given_up and member_ready(router, member, now) is False
            if in_fault or (talker.fell and _fall_lasts(router, talker, talker.highest, now)):
                said = "priority 0 twice at once" if in_fault else f"priority {talker.priority}"
                why = "" if in_fault else ", or a reload has lowered it"
                yield found(
                    Cause.TRACKED_FAULT,
                    member.name,
                    Severity.WARNING,
                    f"keepalived on {member.name} advertised {said}"
                    f"{'' if in_fault else f' after {talker.run_highest}'}: something that it tracks has failed{why}",
                    f"on {member.name}: journalctl -u keepalived -n 50; grep -A6 -E 'track_|vrrp_script' "
                    "/etc/keepalived/keepalived.conf",
                    said=said,
                    own_agent=member.agent(now).value,
                )
