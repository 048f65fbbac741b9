"""The incidents of this node: those that are open, the latest that are over, and every name that is taken."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from hawatch.agent.bookkeeping import Found
from hawatch.incident import Incident

log = logging.getLogger("hawatch.incident")

RECENT = 50


class OwnIncidents:
    """What is known of them; all of it is stored, while the store works."""

    def __init__(self) -> None:
        self.open: tuple[Incident, ...] = ()
        """Those that are not over, the oldest first."""
        self.recent: deque[Incident] = deque(maxlen=RECENT)
        """Those that are, the newest first."""
        self.taken: set[str] = set()
        """The names that no new one may have."""

    def get(self, name: str) -> Incident | None:
        """One by its id; None where it is none of these."""
        return next((each for each in (*self.open, *self.recent) if each.id == name), None)

    def newest_first(self) -> tuple[Incident, ...]:
        """The open ones, then those that are over."""
        return (*reversed(self.open), *self.recent)

    def take_over(self, found: Found) -> None:
        """Go on with what was stored, beside what has happened since."""
        own = {each.id for each in (*self.open, *self.recent)}
        again = [each for each in found.open if each.id not in own]
        self.open = (*again, *self.open)
        over = [each for each in found.over if each.id not in own]
        self.recent = deque([*self.recent, *over][:RECENT], maxlen=RECENT)
        self.taken |= found.names
        for incident in again:
            log.info("incident=%s state=%s found again", incident.id, incident.state.value)

    def show(self, incidents: Sequence[Incident], changed: Sequence[Incident]) -> None:
        """So they are now; the log is told of what has changed."""
        self.open = tuple(each for each in incidents if not each.resolved)
        fresh = {each.id: each for each in incidents if each.resolved}
        known = [fresh.pop(each.id, each) for each in self.recent]
        self.recent = deque([*reversed(fresh.values()), *known], maxlen=RECENT)
        self.taken |= {each.id for each in changed}
        for each in changed:
            entry = each.timeline[-1]
            log.info(
                "incident=%s state=%s revision=%d who=%s %s=%r",
                each.id,
                each.state.value,
                each.revision,
                entry.who,
                entry.kind.value,
                entry.text,
            )
