"""One step of the incidents: which words open one, join one, change one, and when it is over.

A verdict of severity critical or warning is trouble, and so is a finding of such a severity alone. `indeterminate`
neither opens nor ends anything: an incident ends when all of its virtual routers are surely well, and have been for one
Master_Down_Interval, in which what the trouble left behind (stale ARP, say) comes to light.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hawatch.incident.changes import calmed, gone_from_configuration, heard, joined, noted, opened
from hawatch.incident.naming import next_id
from hawatch.incident.record import Incident, State
from hawatch.incident.standing import Standing
from hawatch.incident.transitions import resolve, wake
from hawatch.incident.word import Word

OVER = "everything it was about has been well since"
QUIET_IS_OVER = "the time is over"
NOTHING_HEARD: Mapping[str, Word] = {}


def step(
    incidents: Sequence[Incident],
    words: Sequence[Word],
    now: float,
    *,
    node: str,
    watched: Collection[str] | None = None,
    taken: Collection[str] = (),
    heard_before: Mapping[str, Word] = NOTHING_HEARD,
) -> tuple[Incident, ...]:
    """The incidents after a moment (epoch seconds): those handed in, in their order, and after them a new one, if any.

    What did not change is the same object. `words` are what stands now for the virtual routers that this node judges,
    `watched` the names of all that its configuration has (None: that is not known); one that is in neither is at rest.
    `taken` are names of incidents that are not to be used again. `heard_before`, by instance, are the words of the
    moment before, from which these incidents are: what is the same object says nothing new.
    """
    standing = Standing(incidents, now)
    news = [each for each in words if heard_before.get(each.instance) is not each]
    for word in sorted(news, key=lambda each: each.instance):
        known = standing.places(word.instance)
        for number, place in known:
            after = heard(standing.incidents[number], place, word, now, node=node)
            standing.put(number, place, noted(after, word, node=node))
        if not known and word.bad:
            _fall(standing, word, now, node, taken)
    spoken = {word.instance: word for word in words}
    return tuple(_move_on(each, spoken, watched, now, node) for each in standing.incidents)


def _fall(standing: Standing, word: Word, now: float, node: str, taken: Collection[str]) -> None:
    """A virtual router that was in no trouble is now."""
    number = standing.to_join(word)
    if number is None:
        name = next_id(node, now, {*taken, *(each.id for each in standing.incidents)})
        standing.put(len(standing.incidents), 0, opened(name, word, now, node=node))
    else:
        incident = standing.incidents[number]
        standing.put(number, len(incident.parts), joined(incident, word, now, node=node))


def _move_on(
    incident: Incident,
    spoken: dict[str, Word],
    watched: Collection[str] | None,
    now: float,
    node: str,
) -> Incident:
    """What passes without a word: a virtual router that is no more, the end of a snooze, the end of it all."""
    if incident.resolved:
        return incident
    absent = {instance for instance in incident.instances if instance not in spoken}
    if watched is not None:
        incident = gone_from_configuration(incident, absent.difference(watched), now, node=node)
    if incident.state is State.SNOOZED and now >= (incident.snoozed_until or now):
        incident = wake(incident, at=now, who=node, text=QUIET_IS_OVER)
    unheard = absent if watched is None else absent.intersection(watched)
    if not unheard and calmed(incident, spoken, now):
        incident = resolve(incident, at=now, who=node, text=OVER)
    return incident
