"""All that follows from the incidents and the ledger as they are: what is known, what is done, who is told."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.desk.answering_again import answer_again
from hawatch.desk.around import Around
from hawatch.desk.deeds import conclude
from hawatch.desk.guarding import keep_guards
from hawatch.desk.ledger import Ledger
from hawatch.desk.linking import digest, link, of_others
from hawatch.desk.looping import keep_looping
from hawatch.desk.telling import Seen, tell
from hawatch.incident import Incident

SETTLE_ROUNDS = 3


def follow(
    incidents: Sequence[Incident], ledger: Ledger, around: Around, seen: Seen
) -> tuple[Sequence[Incident], float | None]:
    """The incidents with all that was done about them, and when to look again (epoch seconds; None: at no set time).

    What is to be told and done is in the ledger then.
    """
    look_again_at: float | None = None
    for _ in range(SETTLE_ROUNDS):
        known = incidents
        incidents = digest(link(incidents, ledger, around.talking), ledger)
        whole = (*incidents, *of_others(incidents, ledger))
        conclude(whole, ledger, around)
        answer_again(ledger, around)
        keep_looping(whole, ledger, around)
        keep_guards(incidents, ledger, around)
        look_again_at = tell(incidents, ledger, around, seen)
        if all(one is other for one, other in zip(known, incidents, strict=True)):
            break
    return incidents, look_again_at
