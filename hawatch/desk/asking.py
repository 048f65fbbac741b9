"""A person asks for an action: the harmless is run at once, the rest waits for digits, or for a second person."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from hawatch.ability import Ability, Danger
from hawatch.codes import Choice, Code
from hawatch.config.oncall import Contact, Permission
from hawatch.desk.around import Around
from hawatch.desk.deed import PATIENCE, Deed
from hawatch.desk.deeds import takes_back
from hawatch.desk.menu import ability_of, in_words, offers, still_offered
from hawatch.desk.records import NodeAbilities
from hawatch.desk.talk import Talk, code_for, send
from hawatch.incident import Incident
from hawatch.notification.duty import expired
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import say, tell
from hawatch.refusal import Refusal
from hawatch.reply.confirmation import Confirmation, ConfirmationState, new_nonce, nonce_digits

VALID_FOR = 300.0
"""Seconds for which a question waits for its digits."""
MOST_ASKED = 5
"""Questions that one person may have open or lost in an hour: each is three guesses."""
HOUR = 3600.0


def ask(choice: Choice, code: Code, incident: Incident, talk: Talk) -> None:
    """Run it, ask back, or say why not."""
    ability = ability_of(talk.ledger.all(NodeAbilities), choice)
    why_not = refusal(choice, ability, incident, talk)
    if why_not is not None or ability is None:
        refuse(choice, incident, talk, why_not or Refusal.NOT_ALLOWED)
    elif not talk.around.talks_to(choice.node):
        talk.say(Phrase.UNREACHABLE, incident, node=choice.node, whom=whom_to_reach(talk))
    elif ability.danger is Danger.RESTART:
        request(choice, code.number, incident, talk, mark=f"{_times_done(choice, incident, talk)}")
    elif _asked_lately(talk) >= MOST_ASKED:
        refuse(choice, incident, talk, Refusal.TOO_OFTEN)
    elif ability.danger is Danger.FENCE and not _others(ability, talk):
        refuse(choice, incident, talk, Refusal.NO_SECOND)
    elif ability.danger is not Danger.FENCE and takes_two(ability, incident, talk.around):
        ask_others(choice, ability, code.number, incident, talk)
    else:
        _ask_back(choice, ability, code, incident, talk)


def refusal(choice: Choice, ability: Ability | None, incident: Incident, talk: Talk) -> Refusal | None:
    """Why this cannot be asked for now."""
    if ability is None:
        return Refusal.NOT_ALLOWED
    if ability.danger is Danger.FENCE and not talk.may(Permission.FENCE):
        return Refusal.NOT_ALLOWED
    now = offers(incident, talk.ledger.all(NodeAbilities), talk.around, talk.language)
    if still_offered(choice, now) or takes_back(choice.action, choice.node, incident.names, talk.ledger):
        return None
    return Refusal.CHANGED


def is_over(choice: Choice, incident: Incident, talk: Talk) -> bool:
    """Whether the trouble is over, and with it the reason; what was done for it can be taken back all the same."""
    undoes = takes_back(choice.action, choice.node, incident.names, talk.ledger)
    return incident.resolved and not undoes


def refuse(choice: Choice, incident: Incident, talk: Talk, why: Refusal) -> None:
    """Say what is not done, and why."""
    talk.say(
        Phrase.DEED_REFUSED,
        incident,
        what=words(choice, talk),
        node=choice.node,
        reason=say(talk.language, why),
    )


def request(
    choice: Choice, code: int, incident: Incident, talk: Talk, *, mark: str, second: str | None = None
) -> None:
    """Ask the node to do it, once; `mark` tells this time from other times, on every node alike."""
    place = f"{incident.name}/{choice.action}/{choice.node}/{choice.vip}/{mark}"
    deed = Deed(
        id=f"{choice.action}-{sha256(place.encode()).hexdigest()[:24]}",
        incidents=incident.names,
        instances=incident.instances,
        action=choice.action,
        node=choice.node,
        vip=choice.vip,
        label=choice.label,
        person=talk.person.name if second is None else second,
        second=None if second is None else talk.person.name,
        asked_by=talk.around.node,
        asked_at=talk.around.now,
        until=talk.around.now + PATIENCE,
        code=code,
        changed_at=talk.around.now,
    )
    if talk.ledger.get(Deed, deed.id) is None:
        talk.ledger.put(deed)
    talk.say(Phrase.DEED_RUNNING, incident, what=words(choice, talk), node=choice.node)


def words(choice: Choice, talk: Talk) -> str:
    """What a choice does, in the writer's language."""
    return in_words(choice, talk.ledger.all(NodeAbilities), talk.language)


def whom_to_reach(talk: Talk) -> str:
    """Other people who are on duty and may act; nobody is `-`."""
    others = [
        each.name
        for each in talk.around.roster.contacts
        if each.name != talk.person.name
        and Permission.ACT in each.permissions
        and talk.around.hour.on_duty(each)
    ]
    return ", ".join(others) or "-"


def takes_two(ability: Ability, incident: Incident, around: Around) -> bool:
    """Whether one person alone may not have it done: to fence, and to move a virtual router with data behind it."""
    moves_data = ability.danger is Danger.DEMOTE and not around.data.isdisjoint(incident.instances)
    return ability.danger is Danger.FENCE or moves_data


def _times_done(choice: Choice, incident: Incident, talk: Talk) -> int:
    """How often it was done to its end: asking again meanwhile is the same request."""
    return sum(
        deed.final and (deed.action, deed.node, deed.vip) == (choice.action, choice.node, choice.vip)
        for deed in talk.ledger.about(Deed, incident.names)
    )


def _asked_lately(talk: Talk) -> int:
    return sum(
        talk.person.name in {each.person, each.asked_by} and talk.around.now - each.asked_at < HOUR
        for each in talk.ledger.all(Confirmation)
        if each.state is not ConfirmationState.USED
    )


def _ask_back(choice: Choice, ability: Ability, code: Code, incident: Incident, talk: Talk) -> None:
    """The writer's own telephone must say so once more."""
    pending = _question(choice, ability, code.number, incident, talk, person=talk.person.name)
    talk.ledger.put(pending)
    talk.say(
        Phrase.CONFIRM_FIRST if ability.danger is Danger.FENCE else Phrase.CONFIRM,
        incident,
        code=code.number,
        number=choice.number,
        what=words(choice, talk),
        nonce=pending.nonce,
        minutes=round(VALID_FOR / 60),
    )


def ask_others(
    choice: Choice,
    ability: Ability,
    code: int,
    incident: Incident,
    talk: Talk,
    *,
    follows: str | None = None,
) -> None:
    """Somebody else must agree; the writer cannot do it alone. `follows` is the writer's own question before."""
    others = _others(ability, talk)
    if not others:
        refuse(choice, incident, talk, Refusal.DATA if follows is None else Refusal.NO_SECOND)
        return
    for other in others:
        known = code_for(other.name, incident, talk.ledger)
        number = code if known is None else known.number
        asked = replace(
            _question(choice, ability, number, incident, talk, person=other.name),
            second=True,
            follows=follows,
        )
        talk.ledger.put(asked)
        language = talk.around.language(other)
        text = tell(
            language,
            talk.around.pair,
            Phrase.SECOND_PERSON_ASKED,
            who=talk.person.name,
            what=in_words(choice, talk.ledger.all(NodeAbilities), language),
            nonce=asked.nonce,
            minutes=round(VALID_FOR / 60),
        )
        send(other, text, incident, talk.ledger, talk.around, ref=asked.id)
    names = ", ".join(each.name for each in others)
    talk.say(Phrase.SECOND_PERSON_WANTED, incident, what=words(choice, talk), who=names)


def _others(ability: Ability, talk: Talk) -> list[Contact]:
    wanted = Permission.FENCE if ability.danger is Danger.FENCE else Permission.ACT
    return [each for each in talk.around.roster.contacts if _may_agree(each, wanted, talk)]


def _may_agree(contact: Contact, wanted: Permission, talk: Talk) -> bool:
    return (
        contact.name != talk.person.name
        and wanted in contact.permissions
        and not expired(contact, talk.around.now, talk.around.local)
    )


def _question(
    choice: Choice, ability: Ability, code: int, incident: Incident, talk: Talk, *, person: str
) -> Confirmation:
    digits = nonce_digits(Danger.FENCE if ability.danger is Danger.FENCE else Danger.DEMOTE)
    waiting = [each for each in talk.ledger.all(Confirmation) if each.waits(talk.around.now)]
    return Confirmation(
        id=f"{talk.heard.id}/{person}",
        person=person,
        nonce=new_nonce(talk.around.draw(10**digits), digits, waiting),
        incident=incident.name,
        code=code,
        choice=choice,
        revision=incident.revision,
        asked_at=talk.around.now,
        until=talk.around.now + VALID_FOR,
        asked_by=talk.person.name,
    )
