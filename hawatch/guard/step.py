"""One step of a guard: from what is seen of the service and of the pair to the state after it, and what is noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hawatch.config.guard import ServiceGuard
from hawatch.guard.machine import TABLE, Event
from hawatch.guard.record import AT_WORK, Guard, GuardState, Telling
from hawatch.refusal import Refusal

HOUR = 3600.0
STANDS = 5.0
"""Seconds for which a reason against giving up must hold before it is told: a move just now is soon over."""
SETTLES = 2.0
"""Seconds for which all restarts must have been in vain: by then two nodes whose services died at once know it of each
other, and neither gives up."""
LONGEST_PAUSE = HOUR
STILL_HERE = 30.0
"""Seconds after which a VIP that is here although it was given up counts as back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a guard sees at a moment (epoch seconds); None is not known, and nothing follows from it.

    `up`: whether the service works here. `ours`: whether it has to, here and now. `here`: whether this node owns one
    of the virtual routers that go with the VIP. `paused`: people are at work on the pair. `refusal` is why the VIP
    cannot be given up now (None: it can), `undo` the action that would take it back.
    """

    now: float
    up: bool | None
    ours: bool | None
    here: bool | None = None
    paused: bool = False
    refusal: Refusal | None = None
    undo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is noted of a step: words for the timeline, and whether people hear of it."""

    text: str
    telling: Telling | None = None
    refusal: Refusal | None = None


Step = tuple[Guard, tuple[Line, ...]]


def step(guard: Guard, seen: Seen, options: ServiceGuard) -> Step:
    """The guard after this look, the same object if nothing changes, and what is noted."""
    if guard.state in AT_WORK:
        return guard, ()
    marked = _marked(guard, seen, options)
    event = _event(marked, seen, options)
    state = None if event is None else TABLE.get((marked.state, event))
    if event is None or state is None:
        return _with_refusal(marked, seen, options)
    after, lines = _after(marked, event, state, seen, options)
    return replace(after, version=guard.version + 1), lines


def why_not(guard: Guard, seen: Seen, options: ServiceGuard) -> Refusal | None:
    """Why its VIP is not given up now; None: it is."""
    if seen.paused:
        return Refusal.MAINTENANCE
    if seen.refusal is not None:
        return seen.refusal
    lately = [at for at in guard.give_ups if seen.now - at < HOUR]
    return Refusal.GIVEN_UP_OFTEN if len(lately) >= options.per_hour else None


def _marked(guard: Guard, seen: Seen, options: ServiceGuard) -> Guard:
    """What time alone changes: since when the VIP is here, and that a long peace begins the attempts anew."""
    after = guard
    here_since = (guard.here_since or seen.now) if guard.given and seen.here else None
    if here_since != guard.here_since:
        after = replace(after, here_since=here_since, version=guard.version + 1)
    peace = guard.state is GuardState.WATCHING and seen.now - guard.since >= options.hold
    if peace and seen.up is not False and (guard.attempts or guard.told):
        after = replace(after, attempts=0, next_at=0.0, told=(), version=guard.version + 1)
    return after


def _event(guard: Guard, seen: Seen, options: ServiceGuard) -> Event | None:
    if seen.up is None:
        return None
    if seen.up:
        return _event_of_peace(guard, seen, options)
    if guard.state is GuardState.HOLDING:
        return Event.FAILS
    if guard.state is GuardState.GIVEN_UP:
        here = guard.here_since
        return Event.BACK_HERE if here is not None and seen.now - here >= STILL_HERE else None
    if not seen.ours:
        return Event.ASIDE if seen.ours is False and not guard.given else None
    return _event_of_trouble(guard, seen, options)


def _event_of_peace(guard: Guard, seen: Seen, options: ServiceGuard) -> Event | None:
    if guard.state is not GuardState.HOLDING:
        return Event.HEALED if guard.given else Event.WORKS
    long_enough = seen.now - guard.since >= options.hold and seen.now >= guard.next_at
    return Event.HELD if long_enough and not seen.paused else None


def _event_of_trouble(guard: Guard, seen: Seen, options: ServiceGuard) -> Event | None:
    match guard.state:
        case GuardState.WATCHING:
            return Event.FAILS
        case GuardState.FAILING:
            patient = seen.now - guard.since < options.patience and not guard.attempts
            if seen.paused or patient or seen.now < guard.next_at:
                return None
            return Event.DUE if guard.attempts < options.attempts else Event.SPENT
        case GuardState.EXHAUSTED:
            settled = seen.now >= max(guard.next_at, guard.since + SETTLES)
            may = options.give_up is not None and settled
            return Event.ALLOWED if may and why_not(guard, seen, options) is None else None
        case _:
            return None


def _after(guard: Guard, event: Event, state: GuardState, seen: Seen, options: ServiceGuard) -> Step:
    """The new state, with what belongs to it."""
    after = replace(guard, state=state, since=seen.now, refusal=None)
    match state:
        case GuardState.RESTARTING:
            number = guard.attempts + 1
            after = _begun(after, options.restart, seen.now)
            after = replace(after, attempts=number, restarts=guard.restarts + 1)
            return after, (Line(text=f"restart {number} of {options.attempts} begins ({options.restart})"),)
        case GuardState.GIVING_UP:
            after = _begun(after, options.give_up or "", seen.now)
            kept = tuple(at for at in guard.give_ups if seen.now - at < HOUR)
            after = replace(after, give_ups=(*kept, seen.now))
            return after, (Line(text=f"the VIP is given up ({after.action})"),)
        case GuardState.TAKING_BACK:
            after = _begun(after, seen.undo or "", seen.now)
            held = f"the service has worked for {options.hold:g} s"
            return after, (Line(text=f"{held}; the VIP is taken back ({after.action})"),)
        case GuardState.WATCHING:
            return replace(after, failing_since=None), tuple(_line_of_peace(guard, event))
        case GuardState.HOLDING:
            text = f"the service works again; the VIP is taken back when it has for {options.hold:g} s"
            return replace(after, failing_since=None), (Line(text=text),)
        case _:
            failing_since = guard.failing_since or seen.now
            return replace(after, failing_since=failing_since), tuple(_line_of_trouble(guard, event, options))


def _line_of_peace(guard: Guard, event: Event) -> Iterator[Line]:
    if event is Event.ASIDE:
        yield Line(text="the service fails, and need not work on this node any more")
    elif guard.attempts or guard.state is GuardState.EXHAUSTED:
        yield Line(text="the service works again")


def _line_of_trouble(guard: Guard, event: Event, options: ServiceGuard) -> Iterator[Line]:
    if event is Event.SPENT:
        number = "1 restart" if guard.attempts == 1 else f"{guard.attempts} restarts"
        in_vain = f"{number} in vain" if guard.attempts else "no restarts are wanted"
        ends = "" if options.give_up else "; the VIP stays: no give_up is configured"
        yield Line(text=f"the service still fails, {in_vain}{ends}")
    elif event is Event.BACK_HERE:
        yield Line(text="this node has the VIP although it was given up")
    elif event is Event.FAILS and guard.state is GuardState.HOLDING:
        yield Line(text="the service fails again")


def _begun(guard: Guard, action: str, now: float) -> Guard:
    """The once-key has the moment in it: a store that was lost does not make old keys new ones."""
    return replace(guard, action=action, key=f"guard/{guard.id[:100]}/{action}/{now:.3f}")


def _with_refusal(guard: Guard, seen: Seen, options: ServiceGuard) -> Step:
    """While all restarts were in vain: why the VIP stays here, each reason noted once it has stood for a while."""
    waits = guard.state is GuardState.EXHAUSTED and options.give_up is not None and seen.up is False
    reason = why_not(guard, seen, options) if waits and seen.ours else None
    if reason is not guard.refusal:
        after = replace(guard, refusal=reason, refused_at=seen.now, version=guard.version + 1)
        return after, ()
    if reason is None or reason in guard.told or seen.now - guard.refused_at < STANDS:
        return guard, ()
    after = replace(guard, told=(*guard.told, reason), version=guard.version + 1)
    telling = None if guard.told else Telling.KEPT
    return after, (Line(text=f"the VIP stays: {reason.value}", telling=telling, refusal=reason),)


# --- the end of what was begun --------------------------------------------------------------------


def ended(guard: Guard, *, done: bool | None, text: str, now: float, options: ServiceGuard) -> Step:
    """The guard after its action came to an end: done, not done, or nobody knows (None), which counts as done.

    A VIP that may be away has to be taken back; a restart that may have been is one of the attempts.
    """
    event = Event.UNDONE if done is False else Event.ENDED
    state = TABLE.get((guard.state, event))
    if state is None:
        return guard, ()
    pause = min(options.backoff * 2 ** max(guard.attempts - 1, 0), LONGEST_PAUSE)
    after = replace(guard, state=state, since=now, key="", version=guard.version + 1)
    outcome = {True: "done", False: "failed", None: "its end is not known"}[done]
    said = f"{guard.action}: {outcome}" + (f", {text}" if text else "")
    match guard.state:
        case GuardState.RESTARTING:
            return replace(after, next_at=now + pause), (Line(text=said),)
        case GuardState.GIVING_UP if event is Event.ENDED:
            after = replace(after, given=True, here_since=None, told=(), gave_up=guard.gave_up + 1)
            return after, (Line(text=said, telling=Telling.GAVE_UP),)
        case GuardState.TAKING_BACK if event is Event.ENDED:
            after = replace(after, given=False, attempts=0, next_at=0.0, told=())
            return after, (Line(text=said, telling=Telling.TOOK_BACK),)
        case _:
            return replace(after, next_at=now + pause), (Line(text=said),)
