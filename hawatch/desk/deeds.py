"""Deeds on their way: which one this node is to begin, whether it still may, and who is told what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hawatch.ability import Ability
from hawatch.codes import Choice, Code
from hawatch.config.oncall import Contact
from hawatch.desk.around import Around
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.ledger import Ledger
from hawatch.desk.menu import ability_of, extended, in_words
from hawatch.desk.records import NodeAbilities
from hawatch.desk.talk import code_for, send, told_of
from hawatch.incident import Incident
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import say, tell
from hawatch.permit import permit
from hawatch.refusal import Refusal

LAST_MOMENT = 2.0
"""Seconds before a deed expires in which it is no longer put off."""
AFTERMATH = 10.0
"""Seconds after a deed in which nothing is done on another node for the same incident."""
TOLD_WITHIN = 3600.0
"""Seconds after which an outcome is told no more."""
ENDS_WITHIN = 660.0
"""Seconds after which a deed that was begun, and is not heard of again, is told as unclear."""
BEGINS_WITHIN = 15.0
"""Seconds after which the asker takes a deed that nobody has begun for undone: the node cannot be reached."""


def to_do(ledger: Ledger, node: str) -> Iterator[Deed]:
    """The deeds that this node is to do, or was doing when it was interrupted; the oldest first."""
    mine = [each for each in ledger.all(Deed) if each.node == node and not each.final]
    return iter(sorted(mine, key=lambda each: each.asked_at))


def refusal(
    deed: Deed, ability: Ability | None, incidents: Sequence[Incident], ledger: Ledger, around: Around
) -> Refusal | None:
    """The last look before a deed, on the node where it would run."""
    known = ledger.get(Deed, deed.id)
    if around.now > deed.until or (known is not None and known.final):
        return Refusal.EXPIRED
    if ability is None:
        return Refusal.NOT_ALLOWED
    about = [each for each in incidents if not set(each.names).isdisjoint(deed.incidents)]
    if takes_back(deed.action, deed.node, deed.incidents, ledger):
        # What was done for a trouble is taken back when that is over, too.
        ability = replace(ability, offer=())
    elif about and all(each.resolved for each in about):
        return Refusal.HEALED
    if _under_way_elsewhere(deed, ledger, around.now):
        return Refusal.BUSY
    if _just_done(deed, ledger, around.now):
        return Refusal.ALREADY
    # Each node has names of its own for its virtual routers.
    ours = {name for each in about if each.node == around.node for name in each.instances}
    instances = tuple(sorted(ours)) or deed.instances
    return permit(around.snapshot, node=around.node, ability=ability, instances=instances, vip=deed.vip)


def takes_back(action: str, node: str, incidents: Iterable[str], ledger: Ledger) -> bool:
    """Whether an action undoes what was done on that node for this incident."""
    for deed in ledger.about(Deed, incidents):
        if deed.node == node and deed.state in {DeedState.DONE, DeedState.UNKNOWN}:
            done = ability_of(ledger.all(NodeAbilities), Choice(number=0, action=deed.action, node=node))
            if done is not None and done.undo == action:
                return True
    return False


def may_wait(deed: Deed, ledger: Ledger, now: float) -> bool:
    """Whether it takes back what may not have come to its end yet: keepalived needs a moment to stop."""
    return now < deed.until - LAST_MOMENT and takes_back(deed.action, deed.node, deed.incidents, ledger)


def _just_done(deed: Deed, ledger: Ledger, now: float) -> bool:
    """Whether the same was asked for twice, by two people, say, and has been done."""
    return any(
        (other.action, other.node, other.vip) == (deed.action, deed.node, deed.vip)
        and other.state is DeedState.DONE
        and now - other.changed_at < AFTERMATH
        for other in ledger.about(Deed, deed.incidents)
    )


def _under_way_elsewhere(deed: Deed, ledger: Ledger, now: float) -> bool:
    """Whether another node does something about the same incident, or just did: its owners may not be known yet."""
    return any(
        other.node != deed.node
        and (
            other.state is DeedState.BEGUN
            or (other.final and other.state is not DeedState.REFUSED and now - other.changed_at < AFTERMATH)
            or (other.state is DeedState.ASKED and other.id < deed.id and now <= other.until)
        )
        for other in ledger.about(Deed, deed.incidents)
    )


def conclude(incidents: Sequence[Incident], ledger: Ledger, around: Around) -> None:
    """Tell the outcome of what was asked for here, to the person and to all who know of the incident."""
    asked_here = [
        each
        for each in ledger.all(Deed)
        if each.asked_by == around.node and around.now - each.changed_at < TOLD_WITHIN
    ]
    for deed in asked_here:
        if deed.final:
            _tell(deed, incidents, ledger, around)
        elif deed.state is DeedState.ASKED and around.now - deed.asked_at > BEGINS_WITHIN:
            expired = deed.moved_to(DeedState.EXPIRED, around.now)
            ledger.put(expired)
            _tell(expired, incidents, ledger, around)
        elif deed.state is DeedState.BEGUN and around.now - deed.changed_at > ENDS_WITHIN:
            lost = deed.moved_to(DeedState.UNKNOWN, around.now)
            ledger.put(lost)
            _tell(lost, incidents, ledger, around)


def _tell(deed: Deed, incidents: Sequence[Incident], ledger: Ledger, around: Around) -> None:
    about = next((each for each in incidents if not set(each.names).isdisjoint(deed.incidents)), None)
    if about is None:
        return
    undo = _undo(deed, ledger)
    for name in dict.fromkeys((deed.person, *told_of(about, ledger))):
        person = around.roster.contact(name)
        if person is not None:
            code = code_for(name, about, ledger)
            number = None if undo is None or code is None else _offer(undo, code, ledger, around)
            text = _outcome(deed, person, ledger, around)
            if number is not None:
                language = around.language(person)
                more = say(language, Phrase.REDUNDANCY_GONE, node=deed.node, undo_code=number)
                text = language.phrases["join.sentences"].join((text, more))
            # A node that could not be reached may yet have begun: then that is told as well.
            ref = f"deed/{deed.id}/expired" if deed.state is DeedState.EXPIRED else f"deed/{deed.id}"
            send(person, text, about, ledger, around, ref=ref)


def _outcome(deed: Deed, person: Contact, ledger: Ledger, around: Around) -> str:
    language, pair = around.language(person), around.pair
    what = in_words(_choice(deed), ledger.all(NodeAbilities), language)
    match deed.state:
        case DeedState.DONE:
            return tell(language, pair, Phrase.DEED_DONE, what=what, node=deed.node, who=deed.person)
        case DeedState.FAILED:
            return tell(
                language, pair, Phrase.DEED_FAILED, what=what, node=deed.node, reason=deed.text or "?"
            )
        case DeedState.UNKNOWN:
            return tell(language, pair, Phrase.DEED_UNKNOWN, what=what, node=deed.node)
        case DeedState.EXPIRED:
            others = ", ".join(each.name for each in around.roster.contacts if each.name != person.name)
            return tell(language, pair, Phrase.UNREACHABLE, node=deed.node, whom=others or "-")
        case _:
            reason = say(language, deed.refusal or Refusal.CHANGED)
            return tell(language, pair, Phrase.DEED_REFUSED, what=what, node=deed.node, reason=reason)


def _choice(deed: Deed) -> Choice:
    return Choice(number=0, action=deed.action, node=deed.node, vip=deed.vip)


def _undo(deed: Deed, ledger: Ledger) -> Choice | None:
    """What takes a deed back that was done, if there is such a thing."""
    done = ability_of(ledger.all(NodeAbilities), _choice(deed))
    if deed.state is not DeedState.DONE or done is None or done.undo is None:
        return None
    taken_back = ability_of(ledger.all(NodeAbilities), Choice(number=0, action=done.undo, node=deed.node))
    vip = deed.vip if taken_back is not None and taken_back.vips else None
    return Choice(number=0, action=done.undo, node=deed.node, vip=vip)


def _offer(undo: Choice, code: Code, ledger: Ledger, around: Around) -> str | None:
    """Put what takes it back on a person's menu; what to reply for it, None if there is no room."""
    menu = extended(code.menu, [undo], around.half)
    if menu != code.menu:
        ledger.put(replace(code, menu=menu))
    place = (undo.action, undo.node, undo.vip)
    number = next((each.number for each in menu if (each.action, each.node, each.vip) == place), None)
    return None if number is None else f"{code.number} {number}"
