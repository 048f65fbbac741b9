"""The probe of the reply path: when one is sent, what counts as its return, and which half is dead if it stays away."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta

from hawatch.config.oncall import Channel, Contact, Medium, Way
from hawatch.config.probe import ReplyPathProbe
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.loop import Loop
from hawatch.desk.writing import write
from hawatch.errors import HawatchError
from hawatch.incident import Incident
from hawatch.notification.message import THROUGH, Message, MessageState
from hawatch.notification.probe_text import TOKEN_BITS, probe_text, token_of
from hawatch.verdict import Severity

PROBE = "probe"
FIRST_AFTER = 60.0
"""Seconds after an agent's start for the first of a channel that was never probed."""
SOONER = 0.1
SOONEST = 600.0
"""After a failure: this part of the usual time, but not less than so many seconds."""
_SLACK = 7200.0
"""Seconds by which days of a fixed time of day may be shorter, when clocks are set."""


class NoProbeError(HawatchError):
    """There is no such channel, or it has no [channel.probe]."""


def keep_looping(incidents: Iterable[Incident], ledger: Ledger, around: Around) -> None:
    """Send what is due, and give up what stayed away; not begun in the middle of something critical.

    `incidents` are those of this node and those that only others have.
    """
    busy = any(each.severity is Severity.CRITICAL and not each.resolved for each in incidents)
    for channel in around.roster.channels:
        if channel.probe is None:
            continue
        loop = loop_of(channel.name, ledger)
        if loop is not None and loop.pending:
            if around.now >= loop.until:
                _give_up(loop, ledger, around)
        elif not busy and around.now >= _next(loop, channel.probe, around):
            _begin(channel, channel.probe, loop, ledger, around)


def loop_now(name: str, ledger: Ledger, around: Around) -> Loop:
    """Send one whatever the hour, or take the one that is under way. NoProbeError."""
    channel = around.roster.by_name().get(name)
    if channel is None or channel.probe is None:
        known = ", ".join(each.name for each in around.roster.channels if each.probe is not None) or "none"
        raise NoProbeError(f"no channel with a [channel.probe] is called {name!r} (known: {known})")
    loop = loop_of(name, ledger)
    if loop is not None and loop.pending:
        return loop
    return _begin(channel, channel.probe, loop, ledger, around)


def come_back(channel: str, token: str, ledger: Ledger, around: Around) -> bool:
    """A probe has come in by a channel; whether it is the latest that this node sent on it, whoever brings it.

    It may come late, and twice: it is back then, and stays so.
    """
    loop = loop_of(channel, ledger)
    if loop is None or not hmac.compare_digest(loop.token.encode(), token.encode()):
        return False
    if loop.back_at is None:
        ledger.keep(loop.came_back(around.now))
    return True


def loop_of(channel: str, ledger: Ledger) -> Loop | None:
    """The latest probe of this node on a channel."""
    return ledger.get(Loop, _id(channel, ledger.node))


def loop_troubles(ledger: Ledger, channels: Collection[str]) -> dict[str, str]:
    """What is the matter, by channel, while the last probe that is decided did not come back."""
    loops = ((name, loop_of(name, ledger)) for name in channels)
    return {name: loop.problem for name, loop in loops if loop is not None and loop.problem}


def _begin(
    channel: Channel, probe: ReplyPathProbe, before: Loop | None, ledger: Ledger, around: Around
) -> Loop:
    token = token_of(around.draw(1 << TOKEN_BITS))
    message = write(
        ledger,
        around,
        Contact(name=""),
        Way(channel=channel.name, to=probe.to),
        probe_text(token),
        occasion=PROBE,
        medium=Medium.SMS if Medium.SMS in channel.media else Medium.MAIL,
    )
    loop = Loop(
        id=_id(channel.name, ledger.node),
        channel=channel.name,
        token=token,
        message=message.id,
        begun_at=around.now,
        until=around.now + probe.within,
        # What is known stays so until this one is decided.
        problem="" if before is None else before.problem,
        seconds=None if before is None else before.seconds,
        succeeded_at=None if before is None else before.succeeded_at,
    )
    ledger.keep(loop)
    return loop


def _give_up(loop: Loop, ledger: Ledger, around: Around) -> None:
    message = ledger.get(Message, loop.message)
    ledger.keep(loop.given_up(around.now, _dead_half(loop, message)))
    if message is not None and message.waiting:
        ledger.put(message.moved_to(MessageState.DROPPED, around.now, message.problem))


def _dead_half(loop: Loop, message: Message | None) -> str:
    """Which half is dead, as far as the message's state tells."""
    missing = f"a probe did not come back within {loop.until - loop.begun_at:g} s"
    if message is None or message.state is MessageState.SENT:
        return f"{missing}, and the gateway has not told whether it has sent it"
    if message.state in THROUGH:
        return f"{missing}, though it was sent: the way in is dead"
    return f"{missing}: the way out is dead ({message.problem or 'it was not handed over'})"


def _next(loop: Loop | None, probe: ReplyPathProbe, around: Around) -> float:
    """When the next one is due, in epoch seconds."""
    if loop is not None and loop.back_at is None:
        return (loop.failed_at or loop.begun_at) + max(probe.every * SOONER, SOONEST)
    if probe.at is None:
        return around.running_since + FIRST_AFTER if loop is None else loop.begun_at + probe.every
    earliest = around.running_since if loop is None else loop.begun_at + probe.every - _SLACK
    return _at_clock(probe.at, earliest, around)


def _at_clock(at: time, earliest: float, around: Around) -> float:
    """The first moment from then on at which this host's clock shows that time of day."""
    day = datetime.fromtimestamp(earliest, around.local).date()
    moments = (datetime.combine(day + timedelta(days=n), at, around.local).timestamp() for n in range(3))
    return next(each for each in moments if each >= earliest)


def _id(channel: str, node: str) -> str:
    return f"{node}/{channel}"
