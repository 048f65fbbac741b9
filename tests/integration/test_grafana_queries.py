"""Every query of both dashboards, answered by the real Prometheus over a real split.

No Grafana server can be had from the package sources that the tests use, so this asks what it would ask: each query as
its panel asks it, with Grafana's variables filled in. Its pictures are checked as far as the answers go: that each has
the labels that the panel's legend or table names, and that the split can be seen in them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby

import pytest

from deploy.lab.actions import ACTIONS
from deploy.lab.waiting import wait_until
from grafana.make_dashboards import BOARDS
from grafana.questions import Question, Times, questions
from grafana.style import VERDICTS
from tests.integration.conftest import Tell
from tests.integration.monitored import monitor, monitored_pair, split
from tests.integration.prometheus_server import Prometheus, Series
from tests.lab.scene import HANG_GUARD, Scene
from tests.lab.test_drill import begin, ready

CONFIG = """
[[service]]
name = "status"
tcp = "127.0.0.1:10112"
on = "both"
[service.guard]
attempts = 1

[[passive]]
name = "spool"
spool = "/tmp"
of = "node"

[[channel]]
name = "modem"
kind = "smstools"
spool = "/tmp/sms"
replies = "/tmp/sms/replies"
[channel.probe]
to = "+8613900000009"
"""
ACTIONS_TOML = """
[action.restart-status]
command = ["/bin/true"]
"""
VARIABLES = {
    "hawatch-fleet": {"pair": ".+"},  # All
    "hawatch-pair": {"pair": "web"},
}
AGENTS = ("lb01:10112", "lb02:10112")
NODES = ("lb01", "lb02")

WELL = (
    'hawatch_severity{severity="ok"} == 1 and on (instance) hawatch_verdict{verdict="steady"} == 1'
    ' and on (instance) hawatch_vip_held{node="lb01"} == 1 and on (instance) hawatch_vip_held{node="lb02"} == 0'
)
"""What each agent gives while nothing is wrong."""

EMPTY: Mapping[str, str] = {
    f"hawatch-fleet: Drills: {ref}": "nobody drills in such a night; the drill has a story of its own, below"
    for ref in "ABCD"
}
"""What answers with nothing, or with nothing but NaN, in this story, and why it ought to."""


@dataclass(frozen=True, slots=True)
class Night:
    """What was recorded: the time from settled to settled, and a moment within the split, in epoch seconds."""

    pair: Scene
    server: Prometheus
    times: Times
    during: float

    def ask(self, question: Question, *, at: float | None = None) -> list[Series]:
        """The answer to a query as its panel asks it; an instant query at the end, or at another moment."""
        filled = question.filled_in(self.times, **VARIABLES[question.board])
        if not filled.instant:
            times = self.times
            return self.server.query_range(filled.expr, start=times.start, end=times.end, step=times.step)
        moment = self.times.end if at is None else at
        return [
            Series(found.labels, ((moment, found.value),))
            for found in self.server.query(filled.expr, at=moment)
        ]

    def seconds_to_answer(self) -> float:
        """How long all queries take together, one after the other."""
        begun = self.pair.lab.now()
        for question in ALL.values():
            self.ask(question)
        return self.pair.lab.now() - begun


@contextmanager
def recorded() -> Iterator[Night]:
    """A pair that is steady, split, steady, without its first node, and steady again."""
    with monitored_pair(CONFIG, start_agents=False) as pair:
        for node in NODES:
            pair.lab.node(node).write(ACTIONS, ACTIONS_TOML)
            for inside in ("/tmp/sms", "/tmp/sms/outgoing", "/tmp/sms/replies"):
                directory = pair.lab.node(node).path(inside)
                directory.mkdir()
                directory.chmod(0o777)
        pair.lab.start_agents()
        server = Prometheus(monitor(pair), every="1s")
        server.await_up(2)
        pair.settle()
        for node in NODES:
            bring_back_a_probe(pair, node)
        server.await_samples(lasting(WELL), 2)
        start = now(server)
        with split(pair):
            server.await_samples('hawatch_verdict{verdict="split_brain"} == 1', 2)
            server.await_samples('hawatch_finding{cause="vrrp_blocked_inbound",node="lb02"}', 2)
            server.await_samples('hawatch_notifications_total{result="delivered"} > 0')
            server.await_samples(lasting("hawatch_vip_held == 1"), 4)
            during = now(server)
        server.await_samples(lasting(WELL), 2)
        with pair.lab.wires.cut("lb01"):
            server.await_samples('hawatch_last_move_timestamp_seconds{kind="failover"}')
        server.await_samples(
            f'({WELL}) and on (pair) hawatch_last_move_timestamp_seconds{{kind="failback"}}', 2
        )
        server.await_samples(lasting(WELL), 2)
        yield Night(pair, server, Times(start=start, end=now(server), scrape_interval=1), during)


def bring_back_a_probe(pair: Scene, node: str) -> None:
    """Be the network: say that the text that a node's agent sends itself has gone out, and hand it in again."""
    spool = pair.lab.node(node).path("/tmp/sms")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(pair.lab.agent(node).command, "test-message", "--loop", "modem")
        sent = wait_until(
            lambda: next((spool / "outgoing").glob("hawatch-*"), None), what="a probe", timeout=HANG_GUARD
        )
        text = sent.read_text().partition("\n\n")[2]
        for name, content in (
            (f"1.1.SENT.{sent.name}", "To: 8613900000009\n\n"),
            ("2.1.RECEIVED.GSM1.1", f"From: 8613900000009\nSent: 26-11-22 03:00:00\n\n{text}"),
        ):
            draft = spool / f".{name}"
            draft.write_text(content)
            draft.chmod(0o666)
            draft.rename(spool / "replies" / name)
        assert "back after" in asked.result()


def lasting(what: str) -> str:
    """The same, but only if it has been so for more than a step of the dashboards."""
    return f"count_over_time(({what})[2s:500ms]) >= 4"


def now(server: Prometheus) -> float:
    """Epoch seconds by Prometheus's clock."""
    return server.query("vector(time())")[0].value


ALL = {question.name: question for board in BOARDS for question in questions(board.text())}


def panel(board: str, title: str, ref: str = "A") -> Question:
    """One query of a panel."""
    return ALL[f"hawatch-{board}: {title}: {ref}"]


def says_something(answer: list[Series]) -> bool:
    return any(not math.isnan(value) for series in answer for _, value in series.points)


def words(series: Series) -> list[str]:
    """What a timeline of verdicts says, each change once."""
    names = [kind.value for kind in VERDICTS]
    return [names[int(value)] for value, _ in groupby(value for _, value in series.points)]


def is_in_order(wanted: list[str], said: list[str]) -> bool:
    """Whether the words come in this order, whatever else comes between them."""
    rest = iter(said)
    return all(word in rest for word in wanted)


# --- every query ----------------------------------------------------------------------------------


def every_query_answers_with_data_and_none_that_does_is_listed_as_empty(night: Night) -> None:
    empty = {name for name, question in ALL.items() if not says_something(night.ask(question))}
    assert empty == EMPTY.keys()


def every_answer_has_the_labels_that_legends_and_tables_name(night: Night) -> None:
    for name, question in ALL.items():
        if name in EMPTY:
            continue
        labels = {label for series in night.ask(question) for label in series.labels}
        assert set(re.findall(r"\{\{(\w+)\}\}", question.legend)) <= labels, name


def every_column_of_a_table_is_in_an_answer(night: Night) -> None:
    tables: dict[tuple[str, str], set[str]] = {}
    for name, question in ALL.items():
        if question.panel["type"] == "table" and name not in EMPTY:
            columns = tables.setdefault((question.board, question.panel["title"]), columns_of(question))
            for moment in (night.during, night.times.end):
                columns -= {label for series in night.ask(question, at=moment) for label in series.labels}
    assert {table: missing for table, missing in tables.items() if missing} == {}


def columns_of(question: Question) -> set[str]:
    """The labels that a table names."""
    named = question.panel["transformations"][-1]["options"]["includeByName"]
    return {name for name in named if not name.startswith("Value")}


def no_answer_has_two_series_of_one_name(night: Night) -> None:
    for name, question in ALL.items():
        if question.legend and name not in EMPTY:
            named = [legend(question, series) for series in night.ask(question)]
            assert len(named) == len(set(named)), name


def legend(question: Question, series: Series) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: series.labels.get(found[1], ""), question.legend)


def the_variable_offers_the_pair(night: Night) -> None:
    assert night.server.ask("label/pair/values", **{"match[]": "hawatch_build_info"}) == ["web"]


# --- what the split looks like --------------------------------------------------------------------


def the_timeline_of_verdicts_tells_the_split_for_both_agents(night: Night) -> None:
    told = {
        series.labels["instance"]: words(series) for series in night.ask(panel("pair", "Verdict, by agent"))
    }
    assert told.keys() == set(AGENTS)
    for said in told.values():
        assert is_in_order(["steady", "split_brain", "steady"], said), told
    (of_pair,) = night.ask(panel("fleet", "Verdicts"))
    assert of_pair.labels == {"pair": "web", "vrrp_instance": "VI_1"}
    assert is_in_order(["steady", "split_brain", "steady"], words(of_pair))


def a_split_of_seconds_shows_in_a_step_that_is_longer_than_it(night: Night) -> None:
    month = replace(night.times, start=night.times.end - 30 * 86400)
    seen = replace(night, times=month).ask(panel("fleet", "Verdicts"))
    assert "split_brain" in [word for series in seen for word in words(series)]


def both_nodes_hold_the_vip_during_the_split_and_one_afterwards(night: Night) -> None:
    held = night.ask(panel("pair", "VIP held, by node"))
    assert {series.labels["node"] for series in held} == {"lb01", "lb02"}
    assert {node_value(series, night.during) for series in held} == {("lb01", 1.0), ("lb02", 1.0)}
    assert {node_value(series, night.times.end) for series in held} == {("lb01", 1.0), ("lb02", 0.0)}
    owners = panel("fleet", "Owners")
    assert rows(night, owners, night.during) == {("lb01", 2.0), ("lb02", 2.0)}
    assert rows(night, owners, night.times.end) == {("lb01", 1.0)}


def node_value(series: Series, moment: float) -> tuple[str, float]:
    """The node, and its value at the last point that is not after this moment."""
    return series.labels["node"], [value for time, value in series.points if time <= moment][-1]


def rows(night: Night, question: Question, moment: float) -> set[tuple[str, float]]:
    return {(series.labels["node"], series.points[0][1]) for series in night.ask(question, at=moment)}


def the_finding_stands_in_the_tables_during_the_split_and_the_tables_say_none_afterwards(
    night: Night,
) -> None:
    for question in (panel("fleet", "Findings"), panel("pair", "Findings")):
        during = {
            (series.labels["cause"], series.labels.get("node"))
            for series in night.ask(question, at=night.during)
        }
        assert ("vrrp_blocked_inbound", "lb02") in during
        after = {series.labels["cause"] for series in night.ask(question)}
        assert "vrrp_blocked_inbound" not in after
        assert after


def the_top_rows_tell_the_split_and_then_that_all_is_well(night: Night) -> None:
    tops = [("fleet", "Pairs in trouble"), ("fleet", "Open findings"), ("pair", "Open findings")]
    for board, title in tops:
        assert one(night, panel(board, title), night.during) >= 1, title
        assert one(night, panel(board, title), night.times.end) == 0, title
    worst = panel("fleet", "Is everything right?")
    names = [kind.value for kind in VERDICTS]
    assert names[int(one(night, worst, night.during))] == "split_brain"
    assert names[int(one(night, worst, night.times.end))] == "steady"
    assert one(night, panel("pair", "Do the agents agree?"), night.times.end) == 0


def one(night: Night, question: Question, moment: float) -> float:
    (series,) = night.ask(question, at=moment)
    return series.points[0][1]


def an_agent_that_falls_silent_is_counted(night: Night) -> None:
    silent = panel("fleet", "Silent agents")
    assert one(night, silent, night.times.end) == 0
    night.pair.lab.agent("lb02").stop()
    night.server.await_samples("up == 0")
    assert one(night, silent, now(night.server)) == 1
    assert one(night, panel("pair", "Silent agents"), now(night.server)) == 1


CLAIMS = (
    every_query_answers_with_data_and_none_that_does_is_listed_as_empty,
    every_answer_has_the_labels_that_legends_and_tables_name,
    every_column_of_a_table_is_in_an_answer,
    no_answer_has_two_series_of_one_name,
    the_variable_offers_the_pair,
    the_timeline_of_verdicts_tells_the_split_for_both_agents,
    a_split_of_seconds_shows_in_a_step_that_is_longer_than_it,
    both_nodes_hold_the_vip_during_the_split_and_one_afterwards,
    the_finding_stands_in_the_tables_during_the_split_and_the_tables_say_none_afterwards,
    the_top_rows_tell_the_split_and_then_that_all_is_well,
    an_agent_that_falls_silent_is_counted,
)


def test_what_the_dashboards_show_of_a_split(subtests: pytest.Subtests, told: Tell) -> None:
    with recorded() as night:
        for claim in CLAIMS:
            with subtests.test(claim.__name__):
                claim(night)
        told(
            f"prometheus: the answers to the {len(ALL)} queries of the dashboards", night.seconds_to_answer()
        )


def test_what_the_fleet_s_dashboard_shows_of_a_drill() -> None:
    with monitored_pair(start_agents=False) as pair:
        server = Prometheus(monitor(pair), every="1s")
        ready(pair)
        server.await_up(2)
        start = now(server)
        drill = begin(pair, "lb02")
        assert drill.wait(HANG_GUARD) == 0, drill.output()
        server.await_samples('hawatch_drill_last_success{pair="web"}', 2)
        times = Times(start=start, end=now(server), scrape_interval=1)
        night = Night(pair, server, times, during=times.end)
        passed, ago, longest, slowest = (one(night, ALL[name], times.end) for name in EMPTY)
        assert passed == 1
        assert 0 <= ago <= times.end - start
        assert longest >= 0
        assert 0 < slowest < times.end - start
