"""What people do from a shell on the node: the same as with a reply, said at once whether it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hawatch.ability import Danger
from hawatch.codes import Choice, Code
from hawatch.config.oncall import Contact, Permission, Way
from hawatch.desk.around import Around
from hawatch.desk.asking import refusal, request, takes_two, whom_to_reach, words
from hawatch.desk.deed import Deed
from hawatch.desk.ledger import Ledger
from hawatch.desk.menu import FIRST_NUMBER, LAST_NUMBER, ability_of, offers, still_offered
from hawatch.desk.records import Answer, Answered, Heard, NodeAbilities
from hawatch.desk.talk import Talk
from hawatch.incident import Incident, NotPossibleError, acknowledge, release, snooze
from hawatch.notification.text.saying import say
from hawatch.refusal import Refusal

SHELL = "shell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One action that may be asked for now: its place on the menu, how dangerous it is, and what it does, in words."""

    choice: Choice
    danger: Danger
    text: str


def answer(
    incident: Incident, what: Answer, who: str, ledger: Ledger, around: Around, seconds: float | None = None
) -> None:
    """Answer an incident; NotPossibleError when its state does not allow it."""
    until = None if seconds is None else around.now + seconds
    match what:
        case Answer.ACK:
            acknowledge(incident, at=around.now, who=who)
        case Answer.RELEASE:
            release(incident, at=around.now, who=who)
        case Answer.SNOOZE:
            snooze(incident, at=around.now, who=who, until=until or around.now)
    number = sum(1 for each in ledger.about(Answered, incident.names))
    ledger.put(
        Answered(
            id=f"{around.node}/shell/{around.now:.3f}/{number}",
            incidents=incident.names,
            answer=what,
            who=who,
            at=around.now,
            until=until,
            text="" if seconds is None else f"for {seconds:g} s",
        )
    )


def present_menu(incident: Incident, ledger: Ledger, around: Around) -> tuple[Offer, ...]:
    """What can be asked for now, under the numbers that people were told."""
    if incident.resolved:
        return ()
    talk = _talk(SHELL, incident, ledger, around)
    known = ledger.all(NodeAbilities)
    found = []
    for choice in _menu(incident, talk):
        ability = ability_of(known, choice)
        if ability is not None and refusal(choice, ability, incident, talk) is None:
            found.append(Offer(choice=choice, danger=ability.danger, text=words(choice, talk)))
    return tuple(found)


def act(incident: Incident, number: int, who: str, ledger: Ledger, around: Around, *, sure: bool) -> Deed:
    """Ask for an action; the deed, which may have been asked for already. NotPossibleError says what stands against it.

    Without `sure` only what is harmless is done.
    """
    name = incident.name
    if incident.resolved:
        raise NotPossibleError(f"{name}: is resolved already")
    talk = _talk(who, incident, ledger, around)
    choice = next((each for each in _menu(incident, talk) if each.number == number), None)
    if choice is None:
        raise NotPossibleError(
            f"{name}: there is no number {number} (hawatch act {name} lists what there is)"
        )
    ability = ability_of(ledger.all(NodeAbilities), choice)
    why_not = refusal(choice, ability, incident, talk)
    if why_not is not None or ability is None:
        reason = say(talk.language, why_not or Refusal.NOT_ALLOWED)
        raise NotPossibleError(f"{name}: not done: {words(choice, talk)}: {reason}")
    if not around.talks_to(choice.node):
        raise NotPossibleError(
            f"{name}: not done: {choice.node} cannot be reached from here; turn to {whom_to_reach(talk)}"
        )
    if takes_two(ability, incident, around):
        reason = (
            say(talk.language, Refusal.DATA) if ability.danger is Danger.DEMOTE else "it takes two people"
        )
        raise NotPossibleError(
            f"{name}: not done: {words(choice, talk)}: {reason}; ask for it by telephone, with the code"
        )
    if ability.danger is not Danger.RESTART and not sure:
        raise NotPossibleError(
            f"{name}: not done: {words(choice, talk)} can interrupt the service; say --yes if it shall be done"
        )
    return _request(choice, incident, talk)


# --- inside ---------------------------------------------------------------------------------------


class _AtShell(Talk):
    """Somebody at a shell, who is answered on the screen instead of by a message."""

    __slots__ = ()

    def answer(self, text: str, about: Incident | None = None) -> None:
        """The caller says it."""


def _talk(who: str, incident: Incident, ledger: Ledger, around: Around) -> Talk:
    """The mode of the agent's socket has decided what they may do: all that takes one person."""
    heard = Heard(
        id=f"{around.node}/{SHELL}/{around.now:.3f}",
        keys=(),
        node=around.node,
        channel=SHELL,
        sender=who,
        person=who,
        text="",
        at=around.now,
    )
    return _AtShell(
        person=Contact(name=who, permissions=frozenset(Permission)),
        way=Way(channel=SHELL, to=who),
        heard=heard,
        ledger=ledger,
        around=around,
        incidents=(incident,),
    )


def _menu(incident: Incident, talk: Talk) -> tuple[Choice, ...]:
    """The menu of the first code that was given, and below it what has been offered since."""
    codes = [each for each in talk.ledger.about(Code, incident.names) if each.retired_at is None]
    first = min(codes, key=lambda each: (each.given_at, each.number, each.person), default=None)
    told = () if first is None else first.menu
    now = offers(incident, talk.ledger.all(NodeAbilities), talk.around, talk.language)
    new = [each for each in now if not still_offered(each, told)]
    highest = max((each.number for each in told), default=FIRST_NUMBER - 1)
    numbers = range(highest + 1, LAST_NUMBER + 1)
    return (*told, *(replace(each, number=number) for each, number in zip(new, numbers, strict=False)))


def _request(choice: Choice, incident: Incident, talk: Talk) -> Deed:
    """A fresh deed, or the one that is under way already: whoever asks twice meant it once."""
    place = (choice.action, choice.node, choice.vip)

    def those_like_it() -> list[Deed]:
        found = talk.ledger.about(Deed, incident.names)
        return [each for each in found if (each.action, each.node, each.vip) == place]

    before = those_like_it()
    under_way = next((each for each in before if not each.final), None)
    if under_way is not None:
        return under_way
    codes = [each.number for each in talk.ledger.about(Code, incident.names)]
    request(choice, min(codes, default=0), incident, talk, mark=f"{len(before)}")
    known = {each.id for each in before}
    return next(each for each in those_like_it() if each.id not in known)
