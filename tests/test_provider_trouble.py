"""Providers that are down, slow, busy or mad: nothing is lost, the order is kept, and no secret is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from hawatch.config.provider import Call
from hawatch.config.provider_template import Template
from hawatch.evidence import Evidence, ObserverState
from hawatch.provider.drawing import Moment, draw_request
from hawatch.provider.exchange import Answer, ExchangeError, Request, exchange
from hawatch.provider.secret_files import SecretError, Secrets, read_secret
from hawatch.replies.looks import Kept
from hawatch.replies.polling import IDLE, BusyError, Polling
from hawatch.reply.arrival import Arrival, Reply
from tests.phones import LB01
from tests.provider_night import ANNA
from tests.provider_servers import Asked, Provider, Says, running, says_json
from tests.test_provider_shipped import ACKNOWLEDGED, code_in, with_twilio, with_vonage


class Plain(Provider):
    """Takes everything."""

    def answer(self, asked: Asked) -> Says:
        del asked
        return Says(200, "taken")


def ask(request: Request, seconds: float = 5.0) -> Answer:
    return asyncio.run(exchange(request, seconds))


def failing(request: Request, seconds: float = 5.0) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        ask(request, seconds)
    return caught.value


# --- one request ------------------------------------------------------------------------------------------


def test_a_slow_one_is_given_up_and_may_have_done_it() -> None:
    server = Plain()
    with running(server):
        server.faults.append(Says(200, "late", after=3))
        error = failing(Request(method="POST", url=f"{server.url}/send?key=secret"), 0.3)
        assert error.unclear
        assert str(error) == f"{server.url}/send: no answer in 0.3 s"


def test_one_that_hangs_up_may_have_done_it() -> None:
    server = Plain()
    with running(server):
        server.faults.append(Says(0, dropped=True))
        assert failing(Request(method="POST", url=server.url)).unclear


def test_nobody_there_has_done_nothing() -> None:
    server = Plain()
    with running(server):
        url = server.url
    error = failing(Request(method="POST", url=f"{url}/?password=secret"))
    assert not error.unclear
    assert str(error) == f"{url}/: connection refused"


def test_a_certificate_of_nobody_known_is_no_connection(tmp_path: Path) -> None:
    server = Plain()
    with running(server):
        error = failing(Request(method="POST", url=server.url.replace("http:", "https:")))
        assert not error.unclear
        assert "no secure connection" in str(error)


def test_an_answer_without_end_is_none() -> None:
    server = Plain()
    with running(server):
        server.faults.append(Says(200, b"x" * (1 << 19)))
        assert "no end" in str(failing(Request(method="GET", url=server.url)))


def test_a_redirection_is_not_followed() -> None:
    server = Plain()
    with running(server):
        server.faults.append(Says(302, "", {"Location": f"{server.url}/elsewhere"}))
        assert ask(Request(method="POST", url=server.url)).status == 302
        assert len(server.asked) == 1


def test_a_proxy_is_used_where_one_is_written() -> None:
    proxy = Plain()
    with running(proxy):
        ask(Request(method="GET", url="http://provider.example/send", proxy=proxy.url))
        assert proxy.asked[0].headers["host"] == "provider.example"


@pytest.mark.parametrize(
    ("said", "seconds"), [("17", 17.0), ("soon", None), ("", None), ("-1", None), ("9" * 9, None)]
)
def test_retry_after_is_a_number_of_seconds_or_nothing(said: str, seconds: float | None) -> None:
    assert Answer(status=429, headers={"retry-after": said}).retry_after == seconds


def test_no_value_can_leave_its_place() -> None:
    call = Call(
        url=Template("http://127.0.0.1:1/{to}/send"),
        query=(("text", Template("{text}")),),
        json='{"a": "{text}", "b": ["{variables.list}"], "c": "{variables.object}", "n": 7}',
    )
    values = {"to": "../?x=&#/", "text": '"},{"x":{secret.key}&', "secret.key": "hidden"}
    moment = Moment(now=0.0, nonce="n")
    request = draw_request(
        call, values, moment, parts={"variables.object": {"k": '"'}, "variables.list": ["v"]}
    )
    assert (
        request.url
        == "http://127.0.0.1:1/..%2F%3Fx%3D%26%23%2F/send?text=%22%7D%2C%7B%22x%22%3A%7Bsecret.key%7D%26"
    )
    assert json.loads(request.body) == {"a": values["text"], "b": [["v"]], "c": {"k": '"'}, "n": 7}


def test_secrets_are_hidden_wherever_they_come_back() -> None:
    hidden = Secrets({"long": "correct horse", "short": "ab"})
    assert hidden.hidden_in("bad key correct horse, about") == "bad key ***, about"


def test_a_secret_that_is_no_line_is_told_by_its_file(tmp_path: Path) -> None:
    for content, problem in ((b"", "no secret"), (b"\xff\n", "not UTF-8"), (b"a\x07b\n", "no secret")):
        (tmp_path / "s").write_bytes(content)
        with pytest.raises(SecretError, match=problem):
            read_secret(str(tmp_path / "s"))
    with pytest.raises(SecretError, match="no such file"):
        read_secret(str(tmp_path / "gone"))


# --- a night ----------------------------------------------------------------------------------------------


def test_while_a_provider_is_down_nothing_is_lost_and_the_order_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        server.faults.extend([Says(503, "down")] * 4)
        on_call.split()
        code = next(each.number for each in on_call.lb01.oncall.ledger._records["code"].values())
        on_call.sms(str(code), ANNA, LB01, channel="twilio")  # she has seen it on the page
        assert server.sent == []
        on_call.passes(120, step=1.0)
        split, echo = on_call.texts()
        assert "SPLIT BRAIN" in split
        assert "is yours" in echo


def test_the_metrics_tell_how_often_it_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        # the message; the list, in which it is looked for; the message again
        server.faults.extend([Says(500, ""), Says(500, ""), says_json(429, {}, **{"Retry-After": "1"})])
        on_call.split()
        on_call.passes(10, step=1.0)
        counts = on_call.lb01.oncall.results.counts
        assert {result: count for (_, result), count in counts.items()} == {"retrying": 2, "sent": 1}


def test_one_that_wants_to_be_left_alone_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        on_call.cannot_talk()
        server.faults.append(says_json(429, {"message": "Too Many Requests"}, **{"Retry-After": "30"}))
        on_call.lb02.alive = False
        on_call.split()
        on_call.passes(29, step=1.0)
        assert [each.method for each in server.asked] == ["POST"]
        on_call.passes(2, step=1.0)
        assert len(server.sent) == 1


def test_one_that_wants_to_be_left_alone_for_a_day_is_asked_again_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        on_call.lb02.alive = False
        server.faults.append(says_json(429, {}, **{"Retry-After": "86400"}))
        on_call.split()
        on_call.passes(601, step=10.0)
        assert len(server.sent) >= 1


def test_a_secret_that_is_not_there_yet_is_for_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_vonage(monkeypatch, tmp_path) as (on_call, server):
        kept = (tmp_path / "vonage.key").read_text()
        (tmp_path / "vonage.key").unlink()
        on_call.split()
        assert on_call.states(LB01) == ["retrying", "retrying"]
        assert on_call.lb01.messages[0].problem == f"{tmp_path}/vonage.key: no such file or directory"
        (tmp_path / "vonage.key").write_text(kept)
        on_call.passes(3)
        assert on_call.states(LB01) == ["sent", "sent"]
        assert len(server.sent) == 2


def test_a_list_that_cannot_be_had_is_told_in_one_line_and_answers_wait_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        server.receives(ANNA, code_in(on_call.texts()[0]))
        for fault, problem in (
            (Says(500, "oops"), "500 oops"),
            (Says(200, "<html>"), "200, an answer that makes no sense"),
            (says_json(401, {"message": server.token}), '401 {"message": "***"}'),
        ):
            server.faults.append(fault)
            assert on_call.looks(LB01) == f"{server.url}: {problem}"
        assert on_call.looks(LB01) is None
        assert on_call.incident_states() == ACKNOWLEDGED


# --- looking every so often -------------------------------------------------------------------------------


class Quick:
    """Time that passes as fast as it is asked for."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class _EndError(Exception):
    """The end of the story."""


def looks(
    outcomes: list[Exception | None], *, waited_for: Callable[[], bool], every: float = 10.0
) -> tuple[list[float], list[Evidence]]:
    """When it looks, and what it tells; time jumps to the end of each pause."""
    clock = Quick()
    at: list[float] = []
    told: list[Evidence] = []

    async def look() -> None:
        at.append(clock.now)
        if len(at) > len(outcomes):
            raise _EndError
        if (error := outcomes[len(at) - 1]) is not None:
            raise error

    async def rest(seconds: float) -> None:
        clock.now += seconds

    async def whole() -> None:
        polling = Polling(
            "replies twilio",
            look,
            every=every,
            waited_for=waited_for,
            changed=asyncio.Event(),
            tell=told.append,
            clock=clock,
        )
        polling._rest = rest  # type: ignore[method-assign]
        with pytest.raises(_EndError):
            await polling.run()

    asyncio.run(whole())
    return at, told


def test_it_looks_often_while_somebody_waits_and_seldom_while_nobody_does() -> None:
    assert looks([None, None], waited_for=lambda: True)[0] == [0.0, 10.0, 20.0]
    assert looks([None, None], waited_for=lambda: False)[0] == [0.0, IDLE, 2 * IDLE]


def test_what_fails_is_told_once_and_asked_less_and_less() -> None:
    down = [BusyError("it is down", 0.0)] * 6
    at, told = looks([*down, None], waited_for=lambda: True)
    assert [later - earlier for earlier, later in pairwise(at)] == [10, 20, 40, 60, 60, 60, 10]
    assert [(each.up, each.problem) for each in told if isinstance(each, ObserverState)] == [
        (False, "it is down"),
        (True, None),
    ]


def test_one_failure_is_no_news() -> None:
    _, told = looks([None, BusyError("a hiccup", 0.0), None], waited_for=lambda: True)
    assert [each.up for each in told if isinstance(each, ObserverState)] == [True]


def test_who_asks_for_patience_gets_it_within_reason() -> None:
    at, _ = looks([BusyError("busy", 90.0), BusyError("busy", 1e6)], waited_for=lambda: True)
    assert at == [0.0, 90.0, 690.0]


def test_what_could_not_be_stored_is_offered_again_in_order_and_once() -> None:
    offered: list[tuple[str, ...]] = []
    broken = True

    async def put(arrivals: object) -> None:
        offered.append(tuple(each.id for each in arrivals))  # type: ignore[attr-defined]
        if broken:
            raise BusyError("no space", 0.0)

    def reply(name: str) -> Arrival:
        return Reply(channel="c", id=name, sender=ANNA, text="47")

    kept = Kept(put)
    doing: list[Awaitable[None]] = [kept.take([reply("1")]), kept.take([reply("1"), reply("2")])]
    for each in doing:
        with pytest.raises(BusyError):
            asyncio.run(each)  # type: ignore[arg-type]
    broken = False
    asyncio.run(kept.take([]))
    asyncio.run(kept.take([]))
    assert offered == [("1",), ("1", "2"), ("1", "2")]
