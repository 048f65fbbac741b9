"""Webhooks at the agent's real listener: what is forged stores nothing, what comes again does nothing."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hawatch.replies.webhook import HookResult
from tests.phones import LB01, LB02
from tests.provider_night import ANNA, ProviderNight, config_of, night, shipped, write_secrets
from tests.provider_servers import FORM, PUBLIC, Pushed, Twilio, post, running
from tests.provider_servers_china import Aliyun
from tests.test_provider_shipped import ACKNOWLEDGED, code_in, with_aliyun, with_kannel, with_twilio

REFUSED, TAKEN, NOTHING, FAILED = (
    HookResult.REFUSED,
    HookResult.TAKEN,
    HookResult.NOTHING,
    HookResult.FAILED,
)


@contextmanager
def split_with_twilio(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> Iterator[tuple[ProviderNight, Twilio, dict[str, str]]]:
    """A split that anna has been told of, and her answer on its way."""
    with with_twilio(monkeypatch, path, webhook=True) as (on_call, server):
        on_call.split()
        form = server.inbound(server.receives(ANNA, code_in(on_call.texts()[0])))
        yield on_call, server, form


def results(on_call: ProviderNight) -> list[HookResult]:
    return [result for _, result in on_call.hooks]


FORGERIES: dict[str, Callable[[Twilio, dict[str, str]], Pushed]] = {
    "signed for another place": lambda server, form: server.posts(form, "https://evil.example/"),
    "signed for a place below": lambda server, form: server.posts(form, f"{PUBLIC}/other"),
    "not signed": lambda server, form: post(server.hook, urlencode(form).encode(), FORM),
    "signed by a guess": lambda server, form: server.posts(form, **{"X-Twilio-Signature": "AAAA"}),
    "signed by nothing": lambda server, form: server.posts(form, **{"X-Twilio-Signature": ""}),
    "changed on the way": lambda server, form: post(
        server.hook,
        urlencode({**form, "Body": "ok"}).encode(),
        {**FORM, "X-Twilio-Signature": server.sign(PUBLIC, form)},
    ),
    "in the query": lambda server, form: post(f"{server.hook}?{urlencode(form)}", method="GET"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_webhook_is_refused_and_nothing_is_stored(
    forgery: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        answer = on_call.hears(FORGERIES[forgery], server, form)
        assert (answer.status, answer.body) == (403, "not believed\n")
        assert on_call.heard(LB02) == []
        assert on_call.incident_states() == ["open", "open"]
        assert results(on_call) == [REFUSED]


def test_a_replayed_one_is_answered_and_not_acted_on_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        for _ in range(3):
            assert on_call.hears(server.posts, form).status == 200
        server.hook = on_call.hook(LB01)
        assert on_call.hears(server.posts, form).status == 200
        assert on_call.incident_states() == ACKNOWLEDGED
        assert len(on_call.heard(LB01)) == 1
        assert len([text for text in on_call.texts() if "is yours" in text]) == 1


def test_an_old_answer_that_is_replayed_takes_nothing_new(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        on_call.hears(server.posts, form)
        on_call.heals()
        on_call.passes(60)
        on_call.split()
        assert on_call.hears(server.posts, form).status == 200
        assert on_call.incident_states() == ["open", "open"]


def test_fields_that_twilio_adds_one_day_are_signed_and_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        assert on_call.hears(server.posts, {**form, "NewThing": "裂=&脑", "Another": ""}).status == 200
        assert on_call.incident_states() == ACKNOWLEDGED


def test_a_verified_call_without_anything_for_us_is_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, _):
        assert on_call.hears(server.posts, {"AccountSid": server.ACCOUNT}).status == 200
        assert on_call.hears(server.posts, {"MessageSid": "SM1", "MessageStatus": "dreaming"}).status == 200
        assert on_call.hears(server.posts, {"MessageSid": "SM1", "MessageStatus": "delivered"}).status == 200
        assert results(on_call) == [NOTHING, NOTHING, TAKEN]
        assert on_call.heard(LB02) == []


def test_while_it_cannot_be_stored_the_provider_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        on_call.post = False
        with monkeypatch.context() as full:
            books = type(on_call.lb02.oncall._books)
            full.setattr(books, "behind", property(lambda _: "no space left on device"))
            assert on_call.hears(server.posts, form).status == 503
            assert on_call.hears(server.posts, form).status == 503
        on_call.post = True
        assert on_call.hears(server.posts, form).status == 200
        assert results(on_call) == [FAILED, FAILED, TAKEN]
        assert on_call.incident_states() == ACKNOWLEDGED


def test_without_the_token_nobody_is_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        (tmp_path / "twilio.token").unlink()
        assert on_call.hears(server.posts, form).status == 503
        (tmp_path / "twilio.token").write_text("\n", encoding="ascii")
        assert on_call.hears(server.posts, form).status == 503
        assert on_call.heard(LB02) == []


def test_a_stranger_s_text_is_noted_and_not_answered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        before = len(server.sent)
        assert (
            on_call.hears(server.posts, {**form, "From": "+4915112345678", "MessageSid": "SM9"}).status == 200
        )
        assert len(server.sent) == before
        assert [each.person for each in on_call.heard(LB02)] == [None]


# --- the listener's limits ------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        assert on_call.hears(server.posts, {**form, "Body": "7" * 65_537}).status == 413
        chunked = {"Transfer-Encoding": "chunked", "Content-Length": "3"}
        assert on_call.hears(post, server.hook, b"", chunked).status in {400, 411}
        assert on_call.heard(LB02) == []
        assert results(on_call) == []


def test_a_text_as_long_as_a_book_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):
        assert on_call.hears(server.posts, {**form, "Body": "x" * 60_000}).status == 200
        assert [len(each.text) for each in on_call.heard(LB02)] == [2000]


def test_a_caller_who_does_not_finish_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("hawatch.exporter.webhook.PATIENCE", 0.1)
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, form):

        def half() -> Pushed:
            with socket.create_connection(("127.0.0.1", on_call.ports[LB02]), timeout=30) as caller:
                caller.sendall(b"POST /hook/twilio HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
                return Pushed(int(caller.recv(4096).split()[1]), "", "")

        assert on_call.hears(half).status == 408
        assert on_call.hears(server.posts, form).status == 200


@pytest.mark.parametrize("path", ["/hook/other", "/hook/", "/hook", "/hook/twilio/a/b"])
def test_there_is_nothing_anywhere_else(path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with split_with_twilio(monkeypatch, tmp_path) as (on_call, server, _):
        url = server.hook.removesuffix("/hook/twilio") + path
        assert on_call.hears(post, url, b"Body=ok", FORM).status == 404


def test_without_a_webhook_in_hawatch_toml_there_is_no_such_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, _):
        on_call.split()
        assert on_call.hears(post, on_call.hook(LB01), b"Body=ok", FORM).status == 404


# --- providers that sign nothing ------------------------------------------------------------------------


def test_a_secret_path_is_the_only_way_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        name = server.receives(ANNA, server.sent[0].more["code"])
        for wrong in ("", "another-path", "a-secret-pat"):
            server.hook = on_call.hook(LB01, wrong)
            assert on_call.hears(server.pushes, name).status == 403
        assert on_call.incident_states() == ["open", "open"]
        server.hook = on_call.hook(LB01, "a-secret-path")
        assert on_call.hears(server.pushes, name).status == 200
        assert on_call.incident_states() == ACKNOWLEDGED


def test_secrets_stand_in_no_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        on_call.hears(server.pushes, server.receives(ANNA, "hello"))
        server.hook = on_call.hook(LB01, "a-guess-at-the-path")
        on_call.hears(server.pushes, server.receives(ANNA, "hello"))
        told = [repr(each) for desk in on_call for each in desk.messages]
    for line in [*caplog.messages, *told]:
        for secret in ("a-secret-path", "a-guess-at-the-path", server.KEY):
            assert secret not in line
    assert any("refused=signature caller=127.0.0.1" in line for line in caplog.messages)


def test_only_listed_networks_get_through_a_proxy_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Aliyun()
    write_secrets(tmp_path, aliyun_id=server.ID, aliyun_key=server.KEY, aliyun_hook="a-secret-path")
    with running(server):
        text = shipped(
            "aliyun",
            tmp_path,
            **{
                "https://dysmsapi.aliyuncs.com": server.url,
                "# allow": "allow",
                "# proxies": "proxies",
            },
        )
        with night(monkeypatch, config_of(text), server) as on_call:
            hook, body = on_call.hook(LB01, "a-secret-path"), b"[]"
            for said, status in (
                ("203.0.113.9", 200),
                ("198.51.100.1", 403),
                ("203.0.113.9, 198.51.100.1", 403),
            ):
                assert on_call.hears(post, hook, body, {"X-Forwarded-For": said}).status == status
            assert on_call.hears(post, hook, body).status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"7",
        b"null",
        b"[[[]]]",
        b'[{"phone_number":7}]',
        b'{"a":' * 9999,
        b"\xff\xfe",
        b'["\\ud800"]',
    ],
)
def test_nonsense_behind_the_right_path_does_no_harm(
    body: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        answer = on_call.hears(post, server.hook, body, {"Content-Type": "application/json"})
        assert answer.status == 200
        assert results(on_call) == [NOTHING]


def test_half_a_character_is_stored_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        body = b'[{"phone_number":"13800000001","content":"\\ud83d","sequence_id":"1","send_time":""}]'
        assert on_call.hears(post, server.hook, body).status == 200
        assert len(on_call.heard(LB01)) == 1


def test_kannel_may_only_get(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_kannel(monkeypatch, tmp_path) as (on_call, server):
        assert on_call.hears(post, server.hook, b"from=%2B8613800000001&text=ok&id=1", FORM).status == 403
