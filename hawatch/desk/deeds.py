"""Deeds on their way: which one this node is to begin, whether it still may, and who is told what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hawatch.ability import Ability, Power
from hawatch.codes import Choice, Code
from hawatch.config.oncall import Contact, Permission
from hawatch.desk.around import Around
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.drilling import drill_refusal
from hawatch.desk.ledger import Ledger
from hawatch.desk.menu import ability_of, extended, in_words
from hawatch.desk.records import NodeAbilities
from hawatch.desk.talk import code_for, send, told_of
from hawatch.incident import EntryKind, Incident
from hawatch.notification.text.phrase import Phrase
from hawatch.notification.text.saying import say, tell
from hawatch.permit import Trace, permit
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
    deed: Deed,
    ability: Ability | None,
    incidents: Sequence[Incident],
    ledger: Ledger,
    around: Around,
    *,
    power: Power = Power.UNKNOWN,
) -> Refusal | None:
    """The last look before a deed, on the node where it would run; `power` is what a fence device has just said."""
    known = ledger.get(Deed, deed.id)
    if around.now > deed.until or (known is not None and known.final):
        return Refusal.EXPIRED
    if ability is None:
        return Refusal.NOT_ALLOWED
    if deed.drill is not None:
        return drill_refusal(deed, ability, ledger, around)
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
    if ability.cuts_power and (why_not := _may_not_fence(deed, about, ledger, around)) is not None:
        return why_not
    instances = instances_here(deed, about, around.node)
    return permit(
        around.snapshot, node=around.node, ability=ability, instances=instances, vip=deed.vip, power=power
    )


def instances_here(deed: Deed, about: Iterable[Incident], node: str) -> tuple[str, ...]:
    """The virtual routers of a deed's incident: each node has names of its own for them."""
    ours = {name for each in about if each.node == node for name in each.instances}
    return tuple(sorted(ours)) or deed.instances


def changed_since(about: Iterable[Incident], at: float) -> bool:
    """Whether another verdict was said, or another virtual router fell, after `at`: a fence is agreed on anew then."""
    entries = [entry for each in about for entry in each.timeline if entry.at > at]
    return any(entry.kind in {EntryKind.VERDICT, EntryKind.JOINED} for entry in entries)


def _may_not_fence(deed: Deed, about: Sequence[Incident], ledger: Ledger, around: Around) -> Refusal | None:
    """What the desk itself has against a fence: its people, other deeds, a change, a host that has just booted."""
    people = [around.roster.contact(name) for name in {deed.person, deed.second or deed.person}]
    if len([each for each in people if each is not None and Permission.FENCE in each.permissions]) < 2:
        return Refusal.NO_SECOND
    if any(each.id != deed.id and each.state is DeedState.BEGUN for each in ledger.all(Deed)):
        return Refusal.BUSY
    if changed_since(about, deed.asked_at):
        return Refusal.CHANGED
    if 0 <= around.hour.now - around.hour.booted_at < around.roster.options.boot_grace:
        return Refusal.BOOTING
    return None


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
        if each.drill is None
        and around.now - each.changed_at < TOLD_WITHIN
        and _is_to_tell(each, ledger, around)
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


def _is_to_tell(deed: Deed, ledger: Ledger, around: Around) -> bool:
    """Whether this node tells what came of it: it was asked, or it has fenced the node that was."""
    if deed.asked_by == around.node:
        return True
    ability = ability_of(ledger.all(NodeAbilities), _choice(deed))
    fenced = ability is not None and ability.cuts_power and ability.target == deed.asked_by
    return fenced and deed.final and deed.node == around.node and deed.asked_by not in around.talking


def _tell(deed: Deed, incidents: Sequence[Incident], ledger: Ledger, around: Around) -> None:
    about = next((each for each in incidents if not set(each.names).isdisjoint(deed.incidents)), None)
    if about is None:
        return
    undo = _undo(deed, ledger)
    people = (deed.person, deed.second) if deed.second else (deed.person,)
    for name in dict.fromkeys((*people, *told_of(about, ledger))):
        person = around.roster.contact(name)
        if person is not None:
            code = code_for(name, about, ledger)
            number = None if undo is None or code is None else _offer(undo, code, ledger, around)
            text = _outcome(deed, person, ledger, around)
            if number is not None:
                language = around.language(person)
                lost = deed.node if deed.gone is None else deed.gone.target
                more = say(language, Phrase.REDUNDANCY_GONE, node=lost, undo_code=number)
                text = language.phrases["join.sentences"].join((text, more))
            # A node that could not be reached may yet have begun: then that is told as well.
            ref = f"deed/{deed.id}/expired" if deed.state is DeedState.EXPIRED else f"deed/{deed.id}"
            send(person, text, about, ledger, around, ref=ref)


def _outcome(deed: Deed, person: Contact, ledger: Ledger, around: Around) -> str:
    language, pair = around.language(person), around.pair
    what = in_words(_choice(deed), ledger.all(NodeAbilities), language)
    if deed.gone is not None:
        return tell(
            language,
            pair,
            Phrase.FENCED,
            target=deed.gone.target,
            node=deed.gone.node,
            vips=language.phrases["join.list"].join(deed.gone.vips) or "-",
            seconds=f"{deed.gone.silent:.1f}",
            who=language.phrases["join.owners"].join(each for each in (deed.person, deed.second) if each),
        )
    if deed.trace is not None:
        ability = ability_of(ledger.all(NodeAbilities), _choice(deed))
        target = "?" if ability is None else ability.target
        still = say(language, _STILL[deed.trace])
        return tell(language, pair, Phrase.FENCED_UNSEEN, target=target, still=still)
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
            if deed.refusal is Refusal.NO_POWER and deed.text:
                reason = f"{reason} ({deed.text})"
            return tell(language, pair, Phrase.DEED_REFUSED, what=what, node=deed.node, reason=reason)


_STILL = {
    Trace.HEARD: Phrase.STILL_HEARD,
    Trace.ANSWERS: Phrase.STILL_ANSWERS,
    Trace.SPEAKS: Phrase.STILL_SPEAKS,
    Trace.UNCLEAR: Phrase.STILL_UNCLEAR,
}


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
