"""What each command of a reply does. Every text gets one short answer; in doubt nothing is done, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hawatch.codes import Choice, Code, find
from hawatch.config.oncall import Permission
from hawatch.desk.asking import ask
from hawatch.desk.briefing import brief, findings_of
from hawatch.desk.confirming import confirm
from hawatch.desk.deeds import takes_back
from hawatch.desk.drilling import asks
from hawatch.desk.records import Answer, Answered
from hawatch.desk.talk import Talk
from hawatch.desk.telling import code_of, give_code
from hawatch.incident import Incident, State
from hawatch.notification.text.details import details
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import say, tell, tell_lines
from hawatch.reply import command as cmd
from hawatch.reply.confirmation import Confirmation, drop
from hawatch.verdict import Severity

LONGEST_SNOOZE_OF_CRITICAL = 3600.0
"""Seconds for which somebody may have quiet while it is critical."""

Deal = Callable[[Talk, Code, Incident], None]


def act_on(command: cmd.Command, talk: Talk) -> Incident | None:
    """Do it; the incident it is about, None when it leads to none."""
    match command:
        case cmd.Acknowledge(code=None):
            return _acknowledge_the_only_one(talk)
        case cmd.Confirm(nonce=nonce):
            return confirm(nonce, talk)
        case cmd.Drop():
            return _drop(talk)
        case cmd.List():
            return _list(talk)
        case cmd.NotUnderstood():
            talk.patiently(Phrase.NOT_UNDERSTOOD)
            return None
        case _:
            return _act_by_code(command, talk)


def _act_by_code(command: cmd.Command, talk: Talk) -> Incident | None:
    """Whatever begins with a code."""
    match command:
        case cmd.Acknowledge(code=int(number)) | cmd.Choose(code=number, number=1):
            return _with_incident(talk, number, _acknowledge)
        case cmd.Choose(code=number, number=chosen):
            return _with_incident(talk, number, partial(_choose, number=chosen), chosen)
        case cmd.Details(code=number):
            return _with_incident(talk, number, _tell_more)
        case cmd.Release(code=number):
            return _with_incident(talk, number, _release)
        case cmd.Snooze(code=number, seconds=seconds):
            return _with_incident(talk, number, partial(_snooze, seconds=seconds))
        case _:
            return None


def _with_incident(talk: Talk, number: int, deal: Deal, chosen: int = 0) -> Incident | None:
    """What the person means by a number, if it is still open, or what is chosen takes back what was done for it."""
    code = find(talk.ledger.all(Code), talk.person.name, number, talk.around.now)
    if code is None:
        talk.patiently(Phrase.UNKNOWN_CODE, code=number)
        return None
    incident = talk.by_name(code.incident)
    choice = _choice(code, chosen)
    undoes = choice is not None and takes_back(choice.action, choice.node, code.incidents, talk.ledger)
    if incident is None or ((incident.resolved or code.retired_at is not None) and not undoes):
        ended = (incident.resolved_at if incident else None) or code.retired_at or talk.around.now
        talk.say(Phrase.OVER, incident, code=number, since=talk.around.clock(ended, talk.person))
        return incident
    deal(talk, code, incident)
    return incident


def _open_ones(talk: Talk) -> list[tuple[Code, Incident]]:
    """What is open, and this person was told of, the oldest first."""
    found: dict[str, tuple[Code, Incident]] = {}
    mine = [each for each in talk.ledger.all(Code) if each.person == talk.person.name]
    for code in sorted(mine, key=lambda each: each.given_at):
        incident = talk.by_name(code.incident)
        if code.retired_at is None and incident is not None and not incident.resolved:
            found.setdefault(incident.name, (code, incident))
    return list(found.values())


def _untold_ones(talk: Talk) -> list[tuple[Code, Incident]]:
    """What is open, and this person was not told of: whoever asks gets a code of it."""
    untold = [
        each
        for each in talk.incidents
        if not each.resolved and code_of(each, talk.person, talk.ledger, talk.around) is None
    ]
    given = [(give_code(each, talk.person, talk.ledger, talk.around), each) for each in untold]
    return [(code, each) for code, each in given if code is not None]


def _acknowledge_the_only_one(talk: Talk) -> Incident | None:
    """A bare word means the one that is open; where there are several nobody guesses."""
    found = _open_ones(talk)
    if not found and asks(talk.person.name, talk.ledger, talk.around.now):
        talk.say(Phrase.DRILL_HEARD)
        return None
    if len(found) != 1:
        return _list(talk)
    code, incident = found[0]
    _acknowledge(talk, code, incident)
    return incident


def _acknowledge(talk: Talk, code: Code, incident: Incident) -> None:
    if allowed(talk, Permission.ACK, incident):
        _answered(talk, incident, Answer.ACK)
        talk.say(Phrase.ACKED, incident, code=code.number, what=talk.what(incident))
        talk.tell_the_others(incident, Phrase.ACKED_BY_OTHER, who=talk.person.name, what="")


def _release(talk: Talk, code: Code, incident: Incident) -> None:
    """The planner tells the others, since it is theirs now."""
    if allowed(talk, Permission.ACK, incident):
        _answered(talk, incident, Answer.RELEASE)
        talk.say(Phrase.RELEASED, incident, code=code.number)


def _snooze(talk: Talk, code: Code, incident: Incident, seconds: int) -> None:
    if not allowed(talk, Permission.ACK, incident):
        return
    critical = any(part.severity is Severity.CRITICAL for part in incident.parts if part.calm_since is None)
    span = min(float(seconds), LONGEST_SNOOZE_OF_CRITICAL) if critical else float(seconds)
    until = talk.around.now + span
    clock = talk.around.clock(until, talk.person)
    _answered(talk, incident, Answer.SNOOZE, until)
    text = tell(talk.language, talk.around.pair, Phrase.SNOOZED, code=code.number, until=clock)
    if span < seconds:
        text = f"{text} {say(talk.language, Phrase.FLOOR_SNOOZE, minutes=round(span / 60))}"
    talk.answer(text, incident)
    talk.tell_the_others(incident, Phrase.SNOOZED_BY, who=talk.person.name, until=clock)


def _choose(talk: Talk, code: Code, incident: Incident, number: int) -> None:
    choice = _choice(code, number)
    if choice is None:
        talk.say(Phrase.NOT_UNDERSTOOD, incident)
    elif allowed(talk, Permission.ACT, incident):
        ask(choice, code, incident, talk)


def _choice(code: Code, number: int) -> Choice | None:
    return next((each for each in code.menu if each.number == number), None)


def _tell_more(talk: Talk, code: Code, incident: Incident) -> None:
    summary = next((part.summary for part in incident.parts if part.calm_since is None), "")
    code = give_code(incident, talk.person, talk.ledger, talk.around) or code
    told = brief(incident, talk.person, talk.around, code=code)
    talk.answer(details(talk.language, told, summary, findings_of(incident, talk.around)), incident)


def _drop(talk: Talk) -> Incident | None:
    changed = drop(tuple(talk.ledger.all(Confirmation)), talk.person.name, talk.around.now)
    for each in changed:
        talk.ledger.put(each)
    about = talk.by_name(changed[0].incident) if changed else None
    if about is not None:
        talk.say(Phrase.DROPPED, about)
    else:
        talk.patiently(Phrase.DROPPED)
    return about


def _list(talk: Talk) -> Incident | None:
    """What is open, a line each."""
    found = [*_open_ones(talk), *_untold_ones(talk)]
    if not found:
        talk.patiently(Phrase.NOTHING_OPEN)
        return None
    lines = [
        say(
            talk.language,
            Phrase.LIST_LINE,
            code=code.number,
            what=talk.what(incident),
            since=talk.around.clock(incident.opened_at, talk.person),
            state=_state(incident, talk),
        )
        for code, incident in found
    ]
    if len(lines) == 1:
        talk.say(Phrase.DETAILS, found[0][1], body=lines[0])
        return found[0][1]
    header = say(talk.language, Phrase.WHICH)
    talk.answer(tell_lines(talk.language, talk.around.pair, header, lines))
    return None


def allowed(talk: Talk, permission: Permission, incident: Incident) -> bool:
    """Whether the person may; if not, that is said."""
    if talk.may(permission):
        return True
    talk.say(Phrase.NOT_PERMITTED, incident, what=permission.value)
    return False


def _answered(talk: Talk, incident: Incident, answer: Answer, until: float | None = None) -> None:
    talk.ledger.put(
        Answered(
            id=f"{talk.heard.id}/{answer.value}",
            incidents=incident.names,
            answer=answer,
            who=talk.person.name,
            at=talk.around.now,
            until=until,
        )
    )


def _state(incident: Incident, talk: Talk) -> str:
    match incident.state:
        case State.ACKNOWLEDGED:
            return say(talk.language, Phrase.STATE_ACKED, who=incident.acknowledged_by or "?")
        case State.SNOOZED:
            until = talk.around.clock(incident.snoozed_until or talk.around.now, talk.person)
            return say(talk.language, Phrase.STATE_SNOOZED, until=until)
        case _:
            return say(talk.language, Phrase.STATE_OPEN)
