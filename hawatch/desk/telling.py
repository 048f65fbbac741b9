"""Turns what is due into messages in the outbox: who of the nodes tells, with which code, in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from hawatch.codes import Code, CodesExhaustedError, first_given, number_for
from hawatch.config.oncall import Contact, Medium
from hawatch.desk.around import Around
from hawatch.desk.briefing import brief
from hawatch.desk.ledger import Ledger
from hawatch.desk.menu import extended, offers
from hawatch.desk.records import NodeAbilities
from hawatch.desk.writing import write
from hawatch.incident import EntryKind, Incident, State
from hawatch.notification.message import LOST, THROUGH, Message, MessageState
from hawatch.notification.plan import Due
from hawatch.notification.planning import due
from hawatch.notification.policy import Need
from hawatch.notification.text.brief import Occasion
from hawatch.notification.text.compose import compose
from hawatch.verdict import VerdictKind

CAUSE_PATIENCE = 0.3
"""Seconds for which a split waits for its cause, which is mostly found together with it."""
GRACE_WITH_TWIN = 3.0
GRACE_ALONE = 1.0
"""Seconds for which a node leaves the telling to the one before it, if that has the incident, or has not yet."""
PICTURE_PATIENCE = 8.0
"""Seconds for which an agent that began anew waits until it sees who holds what: without that there is no menu."""
LOOKED_BEFORE = 1.0
"""Seconds by which a message may have been due before that was seen; what a policy held back was not due before."""
PATIENCE_WITH_NEXT_WAY = 10.0
"""Seconds for which another node may try a person's next way before this one tells them by the first."""
END_PATIENCE = 15.0
"""Seconds for which the end is not told while another node still sees the trouble."""


Seen = dict[tuple[str, str, Medium, Occasion], float]
"""Since when (epoch seconds) this node could have told a person of an incident what it leaves to another node."""


def tell(incidents: Iterable[Incident], ledger: Ledger, around: Around, seen: Seen) -> float | None:
    """Write what is due; epoch seconds at which to look again sooner than usual, None if there is no such moment.

    `seen` is kept from one call to the next, and lives as long as the agent.
    """
    again: list[float] = []
    before = dict(seen)
    seen.clear()
    for incident in incidents:
        _drop_what_was_overtaken(incident, ledger, around)
        told = _told(incident, ledger, around)
        for each in due(incident, told, around.roster, around.hour):
            place = (incident.id, each.person.name, each.medium, each.occasion)
            seen[place] = before.get(place, around.now)
            if _is_early(incident, each, ledger, around):
                seen[place] = around.now
            wait = _waits_until(incident, each, ledger, around, seen[place])
            if wait > around.now:
                again.append(wait)
            else:
                _write(incident, each, ledger, around, max(each.since, seen[place] - LOOKED_BEFORE))
        if _is_over(incident, ledger, around):
            _retire(incident, ledger, around)
    return min(again, default=None)


def _drop_what_was_overtaken(incident: Incident, ledger: Ledger, around: Around) -> None:
    """A repetition that waits for a gateway is of no use any more when somebody has answered, or it is over."""
    if incident.state is State.OPEN:
        return
    for each in list(ledger.about(Message, incident.names)):
        repeats = each.occasion in {Occasion.REPEAT, Occasion.REPAGE}
        stale = incident.resolved or each.occasion == Occasion.REPEAT
        if each.node == around.node and each.waiting and repeats and stale:
            ledger.put(each.moved_to(MessageState.DROPPED, around.now, "overtaken"))


def _told(incident: Incident, ledger: Ledger, around: Around) -> list[Message]:
    """What people were told about it, without what another node wrote and does not get through with."""
    about = list(ledger.about(Message, incident.names))
    return [each for each in about if each.node == around.node or not _is_stuck(each, about, around)]


def _is_stuck(message: Message, about: Sequence[Message], around: Around) -> bool:
    """Whether a message of another node has not got through, and it is not to be waited for.

    That node turns to the person's next way, if there is one, before this one does anything.
    """
    if message.state in THROUGH:
        return False
    next_way = _has_next_way(message, about, around)
    if message.state in LOST:
        return not next_way or around.now - message.changed_at >= PATIENCE_WITH_NEXT_WAY
    if message.waiting and message.node not in around.talking:
        return True
    return around.now - message.created_at >= _patience(message, around, next_way=next_way)


def _has_next_way(message: Message, about: Sequence[Message], around: Around) -> bool:
    """Whether the node that wrote it has a way to the person that it has not tried, and is there to try it."""
    person = around.roster.contact(message.person)
    if person is None or message.node not in around.talking:
        return False
    tried = {
        (each.channel, each.to) for each in about if (each.node, each.person) == (message.node, person.name)
    }
    return any((way.channel, way.to) not in tried for way in around.roster.all_ways(person))


def _patience(message: Message, around: Around, *, next_way: bool) -> float:
    """Seconds for which another node's message is waited for."""
    takeover = around.roster.options.takeover_after
    if message.instead and message.waiting:
        return min(takeover, PATIENCE_WITH_NEXT_WAY)
    channel = around.roster.by_name().get(message.channel)
    if channel is None or not next_way:
        return takeover
    return max(takeover, channel.receipt_within + GRACE_WITH_TWIN)


# --- who of the nodes, and when -------------------------------------------------------------------


def _is_early(incident: Incident, item: Due, ledger: Ledger, around: Around) -> bool:
    """Whether it may be over here alone."""
    return (
        item.occasion is Occasion.RESOLVED
        and around.now < item.since + END_PATIENCE
        and _still_seen_elsewhere(incident, ledger, around)
    )


def _waits_until(incident: Incident, item: Due, ledger: Ledger, around: Around, seen: float) -> float:
    """The moment (epoch seconds) from which this node writes it; it could have since `seen`."""
    if _is_early(incident, item, ledger, around):
        return item.since + END_PATIENCE
    wait = item.since
    if item.need is not None and _is_blind(incident, item.need, ledger, around):
        wait = max(wait, around.running_since + PICTURE_PATIENCE)
    if item.need is not None and _wants_cause(incident, item.need):
        wait += CAUSE_PATIENCE
    before = _nodes_before(incident, item, ledger, around)
    if before:
        twins = [each for each in ledger.all(Incident) if each.id in incident.twins and each.node in before]
        wait = max(wait, seen) + (GRACE_WITH_TWIN if twins else GRACE_ALONE)
    return wait


def _nodes_before(incident: Incident, item: Due, ledger: Ledger, around: Around) -> list[str]:
    """The nodes to which it is left for a moment: whose message is late turns to the next way itself."""
    if item.instead is not None:
        return [node for node in around.talking if node == item.instead.node]
    nodes = [node for node in around.talking if node < around.node]
    return [node for node in nodes if not _fails(node, incident, item.person, ledger, around)]


def _fails(node: str, incident: Incident, person: Contact, ledger: Ledger, around: Around) -> bool:
    """Whether a node's last message of this to this person does not get through."""
    about = list(ledger.about(Message, incident.names))
    mine = [each for each in about if (each.node, each.person) == (node, person.name)]
    last = max(mine, key=lambda each: each.created_at, default=None)
    return last is not None and _is_stuck(last, about, around)


def _still_seen_elsewhere(incident: Incident, ledger: Ledger, around: Around) -> bool:
    return any(
        not each.resolved and each.node in around.talking
        for each in ledger.all(Incident)
        if each.id in incident.twins
    )


def _is_blind(incident: Incident, need: Need, ledger: Ledger, around: Around) -> bool:
    """Whether it was found again, and it is not seen who holds what, or a node is not heard: it has no name then."""
    if incident.opened_at >= around.running_since:
        return False
    view = around.view(need.instance)
    if view is None or view.verdict.kind is VerdictKind.INDETERMINATE:
        return True
    return not ledger.peers <= around.talking


def _wants_cause(incident: Incident, need: Need) -> bool:
    return need.verdict is VerdictKind.SPLIT_BRAIN and not any(part.causes for part in incident.parts)


def _is_over(incident: Incident, ledger: Ledger, around: Around) -> bool:
    return incident.resolved and not _still_seen_elsewhere(incident, ledger, around)


# --- with which code, in which words --------------------------------------------------------------


def _write(incident: Incident, item: Due, ledger: Ledger, around: Around, due_at: float) -> None:
    code = (
        code_of(incident, item.person, ledger, around)
        if item.occasion is Occasion.RESOLVED
        else give_code(incident, item.person, ledger, around)
    )
    language = around.language(item.person)
    minutes = round((around.now - incident.opened_at) / 60) or None
    who = _giver(incident) if item.occasion is Occasion.RELEASED else None
    told = brief(incident, item.person, around, code=code, minutes=minutes, who=who)
    write(
        ledger,
        around,
        item.person,
        item.way,
        compose(language, item.occasion, told),
        occasion=item.occasion.value,
        medium=item.medium,
        incidents=incident.names,
        verdict=told.verdict,
        level=0 if item.need is None else item.need.level,
        due_at=due_at,
        instead="" if item.instead is None else item.instead.id,
        why=item.why,
    )


def _giver(incident: Incident) -> str | None:
    """Who gave it back last."""
    given_back = [entry.who for entry in incident.timeline if entry.kind is EntryKind.RELEASED]
    return given_back[-1] if given_back else None


def give_code(incident: Incident, person: Contact, ledger: Ledger, around: Around) -> Code | None:
    """The person's code of an incident with the menu as it is now, a fresh one if there is none yet.

    None when all numbers are taken: the message goes out without.
    """
    menu = offers(incident, ledger.all(NodeAbilities), around, around.language(person))
    known = code_of(incident, person, ledger, around)
    if known is not None:
        after = extended(known.menu, menu, around.half)
        if after != known.menu:
            known = replace(known, menu=after, revision=max(known.revision, incident.revision))
            ledger.put(known)
        return known
    try:
        number = number_for(
            ledger.all(Code),
            person=person.name,
            incidents=incident.names,
            now=around.now,
            half=around.half,
            start=_start(incident.id),
        )
    except CodesExhaustedError:
        return None
    code = Code(
        person=person.name,
        number=number,
        incident=incident.id,
        node=around.node,
        given_at=around.now,
        revision=incident.revision,
        menu=menu,
    )
    ledger.put(code)
    return code


def code_of(incident: Incident, person: Contact, ledger: Ledger, around: Around) -> Code | None:
    """The code by which a person knows an incident, while it stands; the first that was given if there are two."""
    mine = (each for each in ledger.about(Code, incident.names) if each.person == person.name)
    return first_given(each for each in mine if each.stands(around.now))


def _retire(incident: Incident, ledger: Ledger, around: Around) -> None:
    for code in list(ledger.about(Code, incident.names)):
        if code.retired_at is None:
            ledger.put(replace(code, retired_at=around.now))


def _start(name: str) -> int:
    """Where a fresh number is looked for: not in order, so that the next one cannot be told from the last."""
    return 10 + int.from_bytes(sha256(name.encode()).digest()[:4], "big") % 90
