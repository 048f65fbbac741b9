"""One step of the incidents: which words open one, join one, change one, and when it is over.

A verdict of severity critical or warning is trouble, and so is a finding of such a severity alone. `indeterminate`
neither opens nor ends anything: an incident ends when all of its virtual routers are surely well, and have been for one
Master_Down_Interval, in which what the trouble left behind (stale ARP, say) comes to light.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from hawatch.incident.changes import calmed, gone_from_configuration, heard, joined, noted, opened
from hawatch.incident.naming import next_id
from hawatch.incident.record import Incident, State
from hawatch.incident.transitions import resolve, wake
from hawatch.incident.word import Word

OVER = "everything it was about has been well since"
QUIET_IS_OVER = "the time is over"


def step(
    incidents: Sequence[Incident],
    words: Sequence[Word],
    now: float,
    *,
    node: str,
    watched: Collection[str] | None = None,
    taken: Collection[str] = (),
) -> tuple[Incident, ...]:
    """The incidents after a moment (epoch seconds): those handed in, in their order, and after them a new one, if any.

    What did not change is the same object. `words` are what stands now for the virtual routers that this node judges,
    `watched` the names of all that its configuration has (None: that is not known); one that is in neither is at rest.
    `taken` are names of incidents that are not to be used again.
    """
    after = list(incidents)
    for word in sorted(words, key=lambda each: each.instance):
        known = [number for number, each in _open(after) if word.instance in each.instances]
        for number in known:
            after[number] = noted(heard(after[number], word, now, node=node), word, node=node)
        if word.bad and not known:
            at = _to_join(after, word, now)
            if at is None:
                name = next_id(node, now, {*taken, *(each.id for each in after)})
                after.append(opened(name, word, now, node=node))
            else:
                after[at] = joined(after[at], word, now, node=node)
    spoken = {word.instance: word for word in words}
    return tuple(_move_on(each, spoken, watched, now, node) for each in after)


def _to_join(incidents: Sequence[Incident], word: Word, now: float) -> int | None:
    """Which open incident this trouble belongs to: its sync group's, or one that has just begun or grown."""
    groups = {part.sync_group: n for n, each in _open(incidents) for part in each.parts if part.sync_group}
    if word.sync_group in groups:
        return groups[word.sync_group]
    for number, incident in _open(incidents):
        if any(abs(now - part.fell_at) <= word.down_interval for part in incident.parts):
            return number
    return None


def _open(incidents: Sequence[Incident]) -> Iterator[tuple[int, Incident]]:
    return ((number, each) for number, each in enumerate(incidents) if not each.resolved)


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
