"""Maintenance and silence, put into force and ended; one record for each thing that is muted, the same on all nodes."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.errors import HawatchError
from hawatch.incident import NotPossibleError
from hawatch.notification.mute import Mute, Scope
from hawatch.verdict import Cause

LATER = 0.001
"""Seconds by which a later word is later, whatever the clocks of two nodes say."""


class UnknownSubjectError(HawatchError):
    """There is nothing of that name that could be silenced."""


def scope_of(subject: str, around: Around) -> Scope:
    """What a name means; UnknownSubjectError when it is neither a virtual router's nor a cause's."""
    instances = [each.instance for each in around.snapshot.routers]
    causes = [each.value for each in Cause]
    if subject in instances:
        return Scope.INSTANCE
    if subject in causes:
        return Scope.CAUSE
    near = get_close_matches(subject, [*instances, *causes], n=1, cutoff=0.6)
    hint = f", did you mean {near[0]}?" if near else ""
    raise UnknownSubjectError(f"no virtual router and no cause is called {subject!r}{hint}")


def mute(
    scope: Scope,
    subject: str,
    seconds: float,
    who: str,
    ledger: Ledger,
    around: Around,
    *,
    reason: str = "",
    everything: bool = False,
) -> Mute:
    """Tell less for so many seconds from now; it takes the place of what was said before of the same thing."""
    name = _name(scope, subject)
    known = ledger.get(Mute, name)
    muted = Mute(
        id=name,
        scope=scope,
        subject=subject,
        since=around.now,
        until=around.now + seconds,
        who=who,
        reason=reason,
        everything=everything,
        changed_at=_after(known, around.now),
    )
    ledger.put(muted)
    return muted


def unmute(scope: Scope, subject: str, ledger: Ledger, around: Around) -> Mute:
    """End it now; NotPossibleError when it is not in force."""
    known = ledger.get(Mute, _name(scope, subject))
    if known is None or around.now >= known.until:  # one that begins later is of a node whose clock is ahead
        what = "there is no maintenance" if scope is Scope.MAINTENANCE else f"{subject} is not silenced"
        raise NotPossibleError(f"{what} now")
    ended = replace(known, until=around.now, changed_at=_after(known, around.now))
    ledger.put(ended)
    return ended


def _name(scope: Scope, subject: str) -> str:
    return f"{scope.value}:{subject}" if subject else scope.value


def _after(known: Mute | None, now: float) -> float:
    return now if known is None else max(now, known.changed_at + LATER)
