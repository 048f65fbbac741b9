"""The digits that confirm an action: counted once, and worth nothing when things have changed meanwhile."""

from __future__ import annotations

from hawatch.ability import Danger
from hawatch.desk.asking import ask_others, is_over, refusal, refuse, request, whom_to_reach
from hawatch.desk.deeds import changed_since
from hawatch.desk.menu import ability_of
from hawatch.desk.records import NodeAbilities
from hawatch.desk.talk import Talk
from hawatch.incident import Incident
from hawatch.notification.text.phrase import Phrase
from hawatch.refusal import Refusal
from hawatch.reply.confirmation import Confirmation, NonceVerdict, judge_nonce


def confirm(nonce: str, talk: Talk) -> Incident | None:
    """Use digits up; the incident they belong to, None when they belong to none."""
    judged = judge_nonce(tuple(talk.ledger.all(Confirmation)), talk.person.name, nonce, talk.around.now)
    for each in judged.changed:
        talk.ledger.put(each)
    match judged.verdict:
        case NonceVerdict.RIGHT if judged.confirmation is not None:
            return _do(judged.confirmation, talk)
        case NonceVerdict.WRONG:
            tries = max(each.tries_left for each in judged.changed)
            talk.patiently(Phrase.CONFIRM_WRONG, tries=tries)
        case _:
            talk.patiently(Phrase.CONFIRM_VOID)
    return None


def _do(confirmed: Confirmation, talk: Talk) -> Incident | None:
    incident = talk.by_name(confirmed.incident)
    choice = confirmed.choice
    if incident is None or is_over(choice, incident, talk):
        ended = talk.around.now if incident is None else incident.resolved_at or talk.around.now
        talk.say(Phrase.OVER, incident, code=confirmed.code, since=talk.around.clock(ended, talk.person))
        return incident
    ability = ability_of(talk.ledger.all(NodeAbilities), choice)
    why_not = refusal(choice, ability, incident, talk)
    if ability is not None and ability.cuts_power and changed_since([incident], confirmed.asked_at):
        why_not = why_not or Refusal.CHANGED
    if why_not is not None or ability is None:
        refuse(choice, incident, talk, why_not or Refusal.NOT_ALLOWED)
    elif not talk.around.talks_to(choice.node):
        talk.say(Phrase.UNREACHABLE, incident, node=choice.node, whom=whom_to_reach(talk))
    elif ability.danger is Danger.FENCE and not confirmed.second:
        ask_others(choice, ability, confirmed.code, incident, talk, follows=confirmed.id)
    else:
        second = confirmed.asked_by if confirmed.second else None
        mark = (confirmed.follows or confirmed.id).rpartition("/")[0]
        request(choice, confirmed.code, incident, talk, mark=mark, second=second)
    return incident
