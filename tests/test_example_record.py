"""The example's sums: what a client lost, and what hawatch said, from records written by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from deploy.examples.nginx_pair import client
from deploy.examples.nginx_pair.acts import EVENTS
from deploy.examples.nginx_pair.event import Expected, fits
from deploy.examples.nginx_pair.lines import first_blamed, gathered, loss_text
from deploy.examples.nginx_pair.record import lost, read_requests
from deploy.examples.nginx_pair.words import Blamed, Said, Words


def line(
    start: float, outcome: str = "200", balancer: str = "lb01", *, name: str = "www", took: float = 0.01
) -> str:
    """One line of the client's record."""
    return json.dumps(
        {"name": name, "start": start, "end": start + took, "outcome": outcome, "balancer": balancer}
    )


def record(*lines: str) -> str:
    return "".join(f"{each}\n" for each in lines)


def test_a_gap_is_from_the_first_request_that_failed_to_the_first_good_one_after_the_last() -> None:
    text = record(
        line(1.0),
        line(2.0, "timeout", "", took=1.0),
        line(2.1, "timeout", "", took=1.0),
        line(2.2),
        line(2.3, "refused", ""),
        line(2.6, balancer="lb02"),
        line(2.7, balancer="lb02"),
    )
    loss = lost(read_requests(text), "www", since=1.5, until=3.0)
    assert (loss.asked, loss.failed) == (6, 3)
    assert loss.seconds == pytest.approx(0.6)
    assert loss.why == (("timeout", 2), ("refused", 1))
    assert loss.balancers == ("lb01", "lb02")
    assert loss_text(loss) == "lost for 600 ms: 3 of 6 requests (2 timeout, 1 refused); now lb02 answers"


def test_a_request_that_was_under_way_at_the_deed_counts_and_one_that_was_over_does_not() -> None:
    text = record(line(1.0, "reset", ""), line(1.9, "reset", "", took=0.2), line(2.0))
    assert lost(read_requests(text), "www", since=2.0, until=3.0).failed == 1


def test_a_name_that_is_still_lost_has_no_length() -> None:
    loss = lost(read_requests(record(line(1.0), line(2.0, "timeout", ""))), "www", since=0.0, until=3.0)
    assert loss.seconds is None
    assert loss_text(loss).startswith("still lost: 1 of 2")


def test_an_answer_that_came_late_is_told_though_it_came() -> None:
    loss = lost(read_requests(record(line(1.0, took=0.7))), "www", since=0.0, until=3.0)
    assert loss_text(loss) == "lost nothing: 1 requests; the slowest answer took 700 ms"


def test_other_names_and_a_line_that_is_not_whole_are_left_out() -> None:
    text = record(line(1.0), line(1.0, "timeout", name="blog")) + line(2.0)[:20]
    assert lost(read_requests(text), "www", since=0.0, until=3.0).asked == 1


def said(at: float, node: str, verdict: str) -> Said:
    return Said(at=at, node=node, instance="VI_1", verdict=verdict, rule="R", summary="")


def test_what_both_nodes_say_is_one_word_and_the_second_steady_is_another_one() -> None:
    words = gathered(
        [
            said(1.0, "lb01", "steady"),
            said(1.1, "lb02", "steady"),
            said(2.0, "lb02", "failback"),
            said(3.0, "lb01", "steady"),
        ]
    )
    assert [(word.at, word.who, word.verdict) for word in words] == [
        (1.0, "both", "steady"),
        (2.0, "lb02", "failback"),
        (3.0, "lb01", "steady"),
    ]


def test_causes_that_stood_before_are_not_news() -> None:
    blamed = [
        Blamed(at=1.0, node="lb01", instance="VI_1", causes=frozenset({"a@lb01", "b@lb02"})),
        Blamed(at=2.0, node="lb02", instance="VI_1", causes=frozenset({"b@lb02"})),
    ]
    assert first_blamed(blamed, frozenset({"a@lb01"})) == [(1.0, "b@lb02")]


def test_journals_are_read_on_from_where_the_last_look_ended(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    change = {"time": 5.0, "instance": "VI_1", "verdict": "steady", "rule": "ST1", "summary": "well"}
    first = '{"type":"Change",' + json.dumps(change)[1:] + "\n"
    journal.write_text('{"type":"Tick","at":1}\n' + first + '{"type":"Cha')
    words = Words({"lb01": journal})
    assert [each.verdict for each in words.said()] == ["steady"]
    findings = {
        "time": 6.0,
        "instance": "VI_1",
        "findings": [["x", "lb02", "warning"], ["y", "lb02", "info"]],
    }
    journal.write_text(
        '{"type":"Tick","at":1}\n'
        + first
        + first.replace("steady", "degraded")
        + '{"type":"Findings",'
        + json.dumps(findings)[1:]
        + "\n"
    )
    assert [each.verdict for each in words.said()] == ["steady", "degraded"]
    assert [each.causes for each in words.blamed()] == [frozenset({"x@lb02"})]


def test_a_story_fits_word_by_word_and_nothing_else() -> None:
    assert fits(["switchover", "degraded"], ["steady?", "switchover|failover", "degraded"])
    assert not fits(["switchover"], ["switchover", "degraded"])
    assert not fits(["degraded", "steady"], ["degraded"])
    assert fits([], [])


def test_a_story_of_one_node_stands_before_that_of_all() -> None:
    expected = Expected(stories={"VI_1": "degraded", "VI_1@lb01": "isolated"})
    assert expected.story("lb01", "VI_1") == ["isolated"]
    assert expected.story("lb02", "VI_1") == ["degraded"]
    assert expected.story("lb02", "VI_2") == []


def test_every_event_has_a_text_that_must_come_and_one_that_it_is_over() -> None:
    assert len(EVENTS) == 5  # the first of them is two of the six that are shown
    assert all(event.expected.texts and event.expected_back.texts == ("OVER",) for event in EVENTS)


def test_the_client_writes_down_what_came_of_each_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answers.pop(0))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        connect = asyncio.open_connection
        monkeypatch.setattr(asyncio, "open_connection", lambda host, _: connect(host, port))
        for _ in range(3):
            await client.ask(client.Site(name="www", address="127.0.0.1"), 5.0)
        server.close()
        await server.wait_closed()
        await client.ask(client.Site(name="www", address="127.0.0.1"), 5.0)

    answers = [b"HTTP/1.1 200 OK\r\nX-Balancer: lb01\r\n\r\nhello", b"HTTP/1.1 502 Bad\r\n\r\n", b""]
    asyncio.run(play())
    told = [(each.outcome, each.balancer) for each in read_requests(capsys.readouterr().out)]
    assert told == [("200", "lb01"), ("502", ""), ("cut off", ""), ("refused", "")]
