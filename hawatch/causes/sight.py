"""The agent's own sight: what it cannot read, capture or understand; and the services it was told to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.causes.finder import found
from hawatch.causes.refusals import refused
from hawatch.evidence import ObserverState
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity

LOST_SPEAKS = 10.0
"""Seconds for which it is told that frames were lost."""
SLEPT_SPEAKS = 60.0
"""Seconds for which it is told that the agent itself was starved."""
CHANNEL = "channel "
"""Begins the name under which a way to people is observed."""
LOOP = "loop "
"""Begins the name under which it is observed whether what people answer on a channel would come back."""
PASSIVE = "passive "
"""Begins the name under which a monitoring system is observed that results are pushed to."""
ASIDE = "damaged store"
"""The name under which it is observed whether a store that was damaged is kept aside."""
WORDS = frozenset({"keepalived_log", "notify_fifo"})
"""What only brings words of keepalived: no verdict is worse without them."""


def find_node_causes(node: Node, now: float) -> tuple[Finding, ...]:
    """What is to be told of a node even while it watches no virtual router, in keepalived.conf's absence say."""
    return tuple(watch(node, tuple(node.observers.values()), now))


def seeing(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """What this agent does not see of this router."""
    del facts
    failing = [observer for observer in node.observers.values() if not observer.up]
    if failing:
        watched = ("", *router.config.device_names)
        failing = [observer for observer in failing if observer.observer.partition(":")[2] in watched]
    return watch(node, failing, now)


def watch(node: Node, observers: Sequence[ObserverState], now: float) -> Iterator[Finding]:
    """What of the agent's own sight fails, as these observers tell."""
    if node.file is not None and node.file.config is None:
        yield found(
            Cause.BLIND,
            node.name,
            Severity.WARNING,
            f"keepalived.conf cannot be read: {node.file.problem}",
            f"on {node.name}: keepalived --config-test; systemctl status hawatch-helper  # only root may read the file",
            problem=node.file.problem,
            judged_by="the configuration read before" if node.config is not None else "nothing",
        )
    for observer in observers:
        if not observer.up and observer.observer.startswith(CHANNEL):
            yield _path_down(node.name, observer, now)
        elif not observer.up and observer.observer.startswith(LOOP):
            yield _loop_down(node.name, observer, now)
        elif not observer.up and observer.observer.startswith(PASSIVE):
            yield _target_down(node.name, observer, now)
        elif not observer.up and observer.observer == ASIDE:
            yield _kept_aside(node.name, observer, now)
        elif not observer.up:
            yield found(
                Cause.BLIND,
                node.name,
                Severity.INFO if observer.observer in WORDS else Severity.WARNING,
                f"{observer.observer} on {node.name} does not work: {observer.problem}",
                f"on {node.name}: hawatch status; journalctl -u hawatch -n 50; systemctl restart hawatch",
                part=observer.observer,
                problem=observer.problem,
                for_seconds=now - observer.at,
            )
    for (peer, link), problem in node.link_problems.items():
        if peer in node.witnesses:
            continue  # hawatch/causes/witnesses.py
        device = node.cables.get((peer, link))
        yield found(
            Cause.HEARTBEAT_LINK_DOWN,
            node.name,
            Severity.WARNING,
            f"the link {link} to {peer} cannot be used: {problem}",
            f"on {node.name}: ip -br address; ss -ulpn  # then correct the [[peer.link]] {link} in "
            "/etc/hawatch/hawatch.toml"
            if device is None
            else f"on {node.name}: hawatch doctor; ls -l {device}  # then the cable, at both ends: docs/heartbeats.md",
            link=link,
            problem=problem,
        )
    yield from refused(node, now)
    yield from _starved(node, now)
    if node.dropped_at is not None and now - node.dropped_at < LOST_SPEAKS:
        yield found(
            Cause.BLIND,
            node.name,
            Severity.WARNING,
            f"{node.name} lost frames of its own capture",
            f"on {node.name}: tcpdump -nni any -c 100 'proto 112 or arp'  # shows who floods this LAN",
            frames_lost=node.captures_dropped,
            last=f"{now - node.dropped_at:.1f} s ago",
        )


def _path_down(node: str, observer: ObserverState, now: float) -> Finding:
    """People cannot be told by this channel, or nobody knows whether they are."""
    channel = observer.observer.removeprefix(CHANNEL)
    return found(
        Cause.NOTIFICATION_PATH_DOWN,
        node,
        Severity.WARNING,
        f"messages by {channel} from {node} do not get through: {observer.problem}",
        f"on {node}: hawatch test-message PERSON; journalctl -u hawatch -n 50; systemctl status smstools gammu-smsd",
        channel=channel,
        problem=observer.problem,
        for_seconds=now - observer.at,
    )


def _loop_down(node: str, observer: ObserverState, now: float) -> Finding:
    """What people answer on this channel would not come in."""
    channel = observer.observer.removeprefix(LOOP)
    return found(
        Cause.NOTIFICATION_PATH_DOWN,
        node,
        Severity.WARNING,
        f"nobody can answer {node} by {channel}: {observer.problem}",
        f"on {node}: hawatch test-message --loop {channel}; journalctl -u hawatch -n 50  # then the gateway's own log",
        channel=channel,
        problem=observer.problem,
        for_seconds=now - observer.at,
    )


def _target_down(node: str, observer: ObserverState, now: float) -> Finding:
    """A monitoring system takes no results."""
    target = observer.observer.removeprefix(PASSIVE)
    return found(
        Cause.NOTIFICATION_PATH_DOWN,
        node,
        Severity.WARNING,
        f"results for {target} from {node} do not get through: {observer.problem}",
        f"on {node}: hawatch check-config; journalctl -u hawatch -n 50  # then mend the [[passive]] {target}, or what "
        "it leads to",
        target=target,
        problem=observer.problem,
        for_seconds=now - observer.at,
    )


def _starved(node: Node, now: float) -> Iterator[Finding]:
    """The agent itself stood still: what it did not see meanwhile is nobody's silence."""
    last = node.sleeps[-1] if node.sleeps else None
    if last is not None and now - last.until < SLEPT_SPEAKS:
        yield found(
            Cause.BLIND,
            node.name,
            Severity.INFO,
            f"the agent of {node.name} got no processor time for {last.seconds:.1f} s: what happened then, it learned "
            "late",
            f"on {node.name}: top -o %CPU; systemctl show -p CPUQuotaPerSecUSec hawatch  # who takes it, or a limit?",
            agent_slept=last.seconds,
            ended_before=now - last.until,
        )


def _kept_aside(node: str, observer: ObserverState, now: float) -> Finding:
    """What was known of incidents was lost, and the disk may be failing."""
    return found(
        Cause.BLIND,
        node,
        Severity.WARNING,
        f"the incidents of {node} were lost: {observer.problem}",
        f"on {node}: journalctl -k -n 50; df -h /var/lib/hawatch  # a disk that fails? Then: ls -l "
        "/var/lib/hawatch/*.damaged-*  # take it away to end this",
        part=observer.observer,
        problem=observer.problem,
        for_seconds=now - observer.at,
    )


def services(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Services that are down where they ought to be up."""
    del facts
    for result in node.services.values():
        wanted_here = result.name not in node.services_of_owner or result.node in router.ownership.names
        if result.up is False and wanted_here:
            yield found(
                Cause.SERVICE_DOWN,
                result.node,
                Severity.WARNING,
                f"the service {result.name} is down on {result.node}: {result.detail}",
                f"on {result.node}: systemctl status {result.name}; journalctl -u {result.name} -n 50; systemctl "
                f"restart {result.name}",
                check=result.name,
                detail=result.detail or "nothing said",
                looked_before=now - result.at,
                must_be_up="where the VIP is" if result.name in node.services_of_owner else "here",
            )
