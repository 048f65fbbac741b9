"""What people do from a shell on the node: the same as with a reply, said at once whether it can be."""

from __future__ import annotations

from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Answer, Answered
from hawatch.incident import Incident, acknowledge, release, snooze


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
