"""One event after the other, each held against what was expected of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

from deploy.examples.nginx_pair.event import Event, Expected, fits
from deploy.examples.nginx_pair.lines import Report, first_blamed, gathered, show, show_back, show_table
from deploy.examples.nginx_pair.record import lost
from deploy.examples.nginx_pair.stage import GUARD, INSTANCES, PAIR, SITES, Stage
from deploy.lab import LabTimeout
from deploy.lab.demo_lines import say
from deploy.lab.waiting import wait_until

LIMIT = 1.0  # seconds of patience that the client has
OF_THE_MACHINE = frozenset(f"keepalived_starved@{node}" for node in PAIR)
"""True of a small busy machine, and no part of the story."""
Rows = list[tuple[str, Report]]


class Play:
    """The events on a stage; `wrong` is all that was not as expected."""

    def __init__(self, stage: Stage, interval: float) -> None:
        self._stage = stage
        self._interval = interval
        self._number = 0
        self._rows: Rows = []
        self.wrong: list[str] = []

    def run(self, events: Iterable[Event]) -> None:
        """Every event, and the table."""
        self._await_steady()
        for number, event in enumerate(events):
            if event.afresh and number:
                self._start_agents_anew()
            self._event(event)
        say("\nIn one table; the times are counted from the deed:")
        show_table(self._rows)

    def _event(self, event: Event) -> None:
        self._announce(event.title)
        since = self._stage.lab.now()
        fault = event.deed(self._stage)
        report = self._report(since, event.expected)
        show(report)
        self._rows.append((f"{self._number}. {event.title.partition(':')[0].partition(';')[0]}", report))
        if event.shown_back:
            self._announce(event.back)
        since = self._stage.lab.now()
        fault.heal()
        report = self._report(since, event.expected_back)
        if event.shown_back:
            show(report)
            self._rows.append((f"{self._number}. {event.back}", report))
        else:
            show_back(event.back, report)

    def _announce(self, title: str) -> None:
        self._number += 1
        say(f"\n{self._number}. {title}")

    def _report(self, since: float, expected: Expected) -> Report:
        """Wait until all that is expected has been said, and look on for what is not."""
        stage = self._stage
        with suppress(LabTimeout):
            wait_until(
                lambda: self._all_said(since, expected) or None, what="what is expected", timeout=GUARD
            )
        until = stage.lab.now()
        time.sleep(LIMIT + 0.1)  # until then every request that began has an outcome
        requests = stage.requests()
        wrong = self._unexpected(since, expected)
        self.wrong += wrong
        standing = self._standing(since) | OF_THE_MACHINE
        return Report(
            since=since,
            losses=[lost(requests, name, since=since, until=until) for name in SITES],
            words=gathered(stage.words.said(since=since)),
            causes=first_blamed(stage.words.blamed(since=since), standing),
            texts=stage.texts(since=since),
            wrong=wrong,
        )

    # --- what is expected -------------------------------------------------------------------------

    def _all_said(self, since: float, expected: Expected) -> bool:
        told = self._stories(since)
        whole = all(fits(told[key], expected.story(*key)) for key in told)
        return whole and self._blamed(since) >= set(expected.causes) and self._was_told(since, expected)

    def _stories(self, since: float) -> dict[tuple[str, str], list[str]]:
        said = self._stage.words.said(since=since)
        return {
            (node, instance): [s.verdict for s in said if (s.node, s.instance) == (node, instance)]
            for node in PAIR
            for instance in INSTANCES
        }

    def _blamed(self, since: float) -> set[str]:
        return {cause for each in self._stage.words.blamed(since=since) for cause in each.causes}

    def _was_told(self, since: float, expected: Expected) -> bool:
        texts = [sms.text for _, sms in self._stage.texts(since=since)]
        return not expected.texts or any(all(word in text for word in expected.texts) for text in texts)

    def _unexpected(self, since: float, expected: Expected) -> list[str]:
        """A sentence for each thing that was said otherwise."""
        wrong = [
            f"{instance} on {node}: expected “{' '.join(story) or 'nothing'}”, said “{' '.join(told) or 'nothing'}”"
            for (node, instance), told in self._stories(since).items()
            if not fits(told, story := expected.story(node, instance))
        ]
        blamed = self._blamed(since)
        wrong += [f"{cause} was not named" for cause in expected.causes if cause not in blamed]
        allowed = {*expected.causes, *expected.also, *OF_THE_MACHINE, *self._standing(since)}
        wrong += [f"{cause} was named" for cause in sorted(blamed - allowed)]
        if not self._was_told(since, expected):
            wrong.append(f"no text with {' and '.join(expected.texts)}")
        return wrong

    def _standing(self, since: float) -> frozenset[str]:
        """The causes that stood when the deed was done: they may be named on while they go."""
        last: dict[tuple[str, str], frozenset[str]] = {}
        for each in self._stage.words.blamed():
            if each.at < since:
                last[each.node, each.instance] = each.causes
        return frozenset(cause for causes in last.values() for cause in causes)

    # --- between two events -----------------------------------------------------------------------

    def _start_agents_anew(self) -> None:
        """What they know of moves goes with them; incidents stay."""
        lab = self._stage.lab
        since = lab.now()
        for name in PAIR:
            lab.agent(name).stop()
        for name in PAIR:
            lab.agent(name).start()
        for name in PAIR:
            lab.agent(name).wait_ready()
        self._await_steady(since)

    def _await_steady(self, since: float = 0.0) -> None:
        wait_until(
            lambda: all(told[-1:] == ["steady"] for told in self._stories(since).values()) or None,
            what="steady on both nodes",
            timeout=GUARD,
        )
        time.sleep(3 * self._interval)  # until then each agent has heard every owner on the wire
