"""The lines of keepalived's log that are understood, as data: a pattern each, since when it is written so, its record.

Facts from the formats of keepalived 2.2.7 (recorded, and in its program file) and from its public source.
"""

from __future__ import annotations

from collections.abc import Callable

from hawatch.keepalived.log.pattern import ADDRESS, IN, NAME, STATE, THEIRS, Found, Pattern, row
from hawatch.keepalived.log.refusals import REFUSALS
from hawatch.keepalived.log.sayings import (
    AdvertisementMissed,
    AdvertisementWeighed,
    DaemonChanged,
    DaemonEvent,
    GroupStateChanged,
    PriorityChanged,
    PriorityZeroHeard,
    PriorityZeroSent,
    ReflectorSaid,
    SaidState,
    Saying,
    ScriptResult,
    StateChanged,
    TimerLate,
)


def _state(found: Found) -> Saying:
    return StateChanged(instance=found["instance"], state=SaidState(found["state"]))


def _fault(found: Found) -> Saying:
    reason = (found["reason"] or "").strip().strip("()")
    return StateChanged(instance=found["instance"], state=SaidState.FAULT, reason=reason)


def _weighed(*, better: bool) -> Callable[[Found], Saying]:
    def make(found: Found) -> Saying:
        parts = found.groupdict()
        theirs = parts.get("theirs")
        return AdvertisementWeighed(
            instance=found["instance"],
            better=better,
            src=parts.get("src") or "",
            theirs=None if theirs is None else int(theirs),
        )

    return make


def _script(*, ok: bool) -> Callable[[Found], Saying]:
    return lambda found: ScriptResult(script=found["script"], ok=ok)


def _daemon(event: DaemonEvent) -> Callable[[Found], Saying]:
    return lambda _: DaemonChanged(event=event)


PATTERNS: tuple[Pattern, ...] = (
    # States
    row("1.3-2.4", rf"{IN}Entering {STATE} STATE(?: \(init\))?", _state),
    row("1.3-2.0", rf"{IN}Transition to {STATE} STATE", _state),
    row(
        "2.0-2.4",
        rf"{IN}[Ee]ntering FAULT state(?P<reason> \((?:interface {NAME} down|src address not configured"
        rf"|no IPv[46] address for interface|tracked (?:file|process) {NAME} [\w -]{{1,40}})\)"
        rf"| due to script {NAME})?",
        _fault,
    ),
    row(
        "1.3-2.4",
        rf"VRRP_Group\((?P<group>{NAME})\):? (?:Syncing instances to|Transition to|Entering) {STATE} (?:state|STATE)",
        lambda found: GroupStateChanged(group=found["group"], state=SaidState(found["state"])),
    ),
    # Who speaks, and who is outranked
    row(
        "1.3-2.4",
        rf"{IN}sen(?:t|ding) 0 priority",
        lambda found: PriorityZeroSent(instance=found["instance"]),
    ),
    row(
        "2.0-2.4",
        rf"{IN}(?:Backup received priority 0 advertisement|Master received priority 0 message)",
        lambda found: PriorityZeroHeard(instance=found["instance"]),
    ),
    row(
        "2.0-2.4",
        rf"{IN}Receive advertisement timeout",
        lambda found: AdvertisementMissed(instance=found["instance"]),
    ),
    row(
        "2.0-2.4",
        rf"{IN}Changing effective priority from \d{{1,3}} to (?P<priority>\d{{1,3}})",
        lambda found: PriorityChanged(instance=found["instance"], priority=int(found["priority"])),
    ),
    row(
        "2.0-2.4",
        rf"{IN}(?:Master r|R)eceived advert from {ADDRESS} with higher priority {THEIRS}, ours \d{{1,3}}",
        _weighed(better=True),
    ),
    row(
        "2.0-2.4",
        rf"{IN}Master received advert from {ADDRESS} with same priority {THEIRS} but higher IP address"
        r" than ours",
        _weighed(better=True),
    ),
    row(
        "1.3-2.0",
        rf"{IN}Received (?:higher prio advert|advert with higher priority)(?: {THEIRS})?"
        r"(?:,? ours \d{1,3})?",
        _weighed(better=True),
    ),
    row(
        "2.0-2.4",
        rf"{IN}Received advert from {ADDRESS} with lower priority {THEIRS}, ours \d{{1,3}}"
        r"(?:, forcing new election)?",
        _weighed(better=False),
    ),
    row(
        "1.3-2.0",
        rf"{IN}Received (?:lower prio advert|advert with lower priority)(?: {THEIRS})?"
        r"(?:,? ours \d{1,3})?(?:, forcing new election)?",
        _weighed(better=False),
    ),
    row(
        "2.0-2.4",
        rf"{IN}received lower priority \({THEIRS}\) advert from {ADDRESS} - discarding",
        _weighed(better=False),
    ),
    *REFUSALS,
    # What the kernel told it
    row(
        "1.3-2.4",
        rf"Netlink reports (?P<subject>{NAME}) (?P<event>up|down)",
        lambda found: ReflectorSaid(subject=found["subject"], event=found["event"]),
    ),
    row(
        "1.3-2.4",
        rf"Netlink reflector reports IP (?P<subject>[0-9A-Fa-f.:/]{{2,50}}) (?P<event>added|removed|deleted)"
        rf"(?: (?:to|from|on) {NAME})?",
        lambda found: ReflectorSaid(subject=found["subject"], event=found["event"]),
    ),
    row(
        "2.1-2.4",
        rf"Deassigned address (?P<subject>[0-9A-Fa-f.:/]{{2,50}}) from interface {NAME}",
        lambda found: ReflectorSaid(subject=found["subject"], event="removed"),
    ),
    row(
        "2.0-2.4",
        rf"{IN}ip address (?P<subject>[0-9A-Fa-f.:/]{{2,50}}) dev {NAME}, no longer exist",
        lambda found: ReflectorSaid(subject=found["subject"], event="removed"),
    ),
    row(
        "2.0-2.4",
        rf"Interface (?P<subject>{NAME}) (?P<event>added|deleted)",
        lambda found: ReflectorSaid(subject=found["subject"], event=found["event"]),
    ),
    # Scripts, by their names; lines with their command lines do not pass
    row(
        "1.3-2.4",
        rf"VRRP_Script\((?P<script>{NAME})\) (?:succeeded|considered successful on reload)",
        _script(ok=True),
    ),
    row(
        "1.3-2.4",
        rf"VRRP_Script\((?P<script>{NAME})\) (?:failed|timed out|considered unsuccessful on reload)"
        r"(?: \((?:exited with status|due to signal) \d{1,3}\))?",
        _script(ok=False),
    ),
    row("2.0-2.4", rf"Script `(?P<script>{NAME})` now returning 0", _script(ok=True)),
    row("2.0-2.4", rf"Script `(?P<script>{NAME})` now returning \d{{1,3}}", _script(ok=False)),
    # Its own course
    row(
        "2.0-2.4",
        r"A thread timer expired (?P<seconds>\d{1,7}\.\d{1,6}) seconds ago",
        lambda found: TimerLate(seconds=float(found["seconds"])),
    ),
    row(
        "1.3-2.4",
        r"Starting Keepalived v[\w.]{1,20} \([\w/,]{1,30}\)(?:, git commit [\w.+-]{1,40})?",
        _daemon(DaemonEvent.STARTING),
    ),
    row("1.3-2.4", r"Starting VRRP child process, pid=\d{1,8}", _daemon(DaemonEvent.STARTING)),
    row("1.3-2.4", r"Reloading(?: \.\.\.)?", _daemon(DaemonEvent.RELOADING)),
    row("1.3-2.4", r"Stopping", _daemon(DaemonEvent.STOPPING)),
    row(
        "1.3-2.4", r"Stopped(?: Keepalived v[\w.]{1,20}(?: \([\w/,]{1,30}\))?)?", _daemon(DaemonEvent.STOPPED)
    ),
    row(
        "2.0-2.4",
        r"Stopped - used (?:\(self/children\) )?[\d./]{1,40}(?: user time, [\d./]{1,40} system time)?",
        _daemon(DaemonEvent.STOPPED),
    ),
    row(
        "1.3-2.4",
        r"(?:VRRP child process\(\d{1,8}\) died: (?:Respawning|Exiting)"
        r"|Keepalived_vrrp exited (?:due to [\w ()]{1,40}|with (?:unknown )?[\w ()]{1,40}))",
        _daemon(DaemonEvent.CHILD_DIED),
    ),
)
