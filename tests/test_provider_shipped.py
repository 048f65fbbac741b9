"""The channel files in deploy/providers, as they are shipped: each provider's documented exchanges, both ways.

A night for each: a split is told, the receipt comes, somebody answers, and it is acknowledged on both nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hawatch.config import load
from tests.phones import LB01, LB02
from tests.provider_night import (
    ANNA,
    BO,
    BO_TOO,
    PEOPLE,
    SHIPPED,
    ProviderNight,
    config_of,
    night,
    shipped,
    write_secrets,
)
from tests.provider_servers import Provider, Says, Twilio, running, says_json
from tests.provider_servers_china import Aliyun, Tencent
from tests.provider_servers_west import Kannel, MessageBird, Vonage

ACKNOWLEDGED = ["acknowledged", "acknowledged"]


@contextmanager
def with_twilio(
    monkeypatch: pytest.MonkeyPatch, path: Path, *, webhook: bool = False
) -> Iterator[tuple[ProviderNight, Twilio]]:
    server = Twilio()
    write_secrets(path, twilio_token=server.token)
    with running(server):
        changes = {
            "AC00000000000000000000000000000000": server.ACCOUNT,
            '# base_url = "https://api.dublin.ie1.twilio.com"': f'base_url = "{server.url}"',
        }
        if webhook:
            for line in ("[channel.webhook]", 'url = "https://ops.', 'proxies = ["127'):
                changes[f"# {line}"] = line
        text = shipped("twilio", path, **changes)
        with night(monkeypatch, config_of(text), server) as found:
            server.hook = found.hook(LB02)
            yield found, server


@contextmanager
def with_vonage(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[tuple[ProviderNight, Vonage]]:
    server = Vonage()
    write_secrets(path, vonage_key=server.KEY, vonage_secret=server.SECRET, vonage_signature=server.SIGNATURE)
    with running(server):
        text = shipped("vonage", path, **{"https://rest.nexmo.com": server.url})
        with night(monkeypatch, config_of(text, PEOPLE + BO_TOO), server) as found:
            server.hook = found.hook(LB01)
            yield found, server


@contextmanager
def with_kannel(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[tuple[ProviderNight, Kannel]]:
    server = Kannel()
    write_secrets(path, kannel_password=server.PASSWORD, kannel_hook="a-secret-path")
    with running(server):
        text = shipped("kannel", path, **{"http://127.0.0.1:13013": server.url})
        with night(monkeypatch, config_of(text, PEOPLE + BO_TOO), server) as found:
            server.hook = found.hook(LB01, "a-secret-path")
            yield found, server


@contextmanager
def with_aliyun(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[tuple[ProviderNight, Aliyun]]:
    server = Aliyun()
    write_secrets(path, aliyun_id=server.ID, aliyun_key=server.KEY, aliyun_hook="a-secret-path")
    with running(server):
        text = shipped("aliyun", path, **{"https://dysmsapi.aliyuncs.com": server.url})
        with night(monkeypatch, config_of(text), server) as found:
            server.hook = found.hook(LB01, "a-secret-path")
            yield found, server


@contextmanager
def with_tencent(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[tuple[ProviderNight, Tencent]]:
    server = Tencent()
    write_secrets(path, tencent_id=server.ID, tencent_key=server.KEY)
    with running(server):
        text = shipped("tencent", path, **{"https://sms.tencentcloudapi.com": server.url})
        with night(monkeypatch, config_of(text), server) as found:
            yield found, server


@contextmanager
def with_bird(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[tuple[ProviderNight, MessageBird]]:
    server = MessageBird()
    write_secrets(path, messagebird_key=server.KEY, messagebird_signing=server.SIGNING)
    with running(server):
        text = shipped("messagebird", path, **{"https://rest.messagebird.com": server.url})
        with night(monkeypatch, config_of(text), server) as found:
            server.hook = found.hook(LB01)
            yield found, server


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{2,3})=ack|回(\d{2,3})确认", text)
    assert found is not None, text
    return found[1] or found[2]


@pytest.mark.parametrize("name", sorted(each.stem for each in SHIPPED.glob("*.toml")))
def test_every_shipped_file_can_be_read_and_goes_both_ways(name: str) -> None:
    channel = load((SHIPPED / f"{name}.toml").read_text(encoding="utf-8"), name).channels[0]
    assert (channel.name, channel.two_way, channel.tells_receipts) == (name, True, True)


# --- Twilio ---------------------------------------------------------------------------------------------


def test_twilio_without_an_open_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        (text,) = on_call.texts()
        assert "SPLIT BRAIN VI_1" in text
        assert on_call.states(LB01) == ["sent"]
        server.becomes(server.sent[0].id, "delivered")
        server.receives(ANNA, code_in(text))
        assert on_call.looks(LB01) is None
        assert on_call.states(LB01)[0] == "delivered"
        assert on_call.incident_states() == ACKNOWLEDGED
        assert "is yours" in on_call.texts()[1]


def test_twilio_by_webhook_on_one_node_and_list_on_the_other_is_one_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path, webhook=True) as (on_call, server):
        on_call.split()
        sid = server.receives(ANNA, code_in(on_call.texts()[0]))
        answer = on_call.hears(server.pushes, sid)
        assert (answer.status, answer.body, answer.content_type.partition(";")[0]) == (
            200,
            "<Response/>",
            "application/xml",
        )
        assert on_call.incident_states() == ACKNOWLEDGED
        assert on_call.looks(LB01) is None
        assert on_call.hears(server.pushes, sid).status == 200
        echoes = [text for text in on_call.texts() if "is yours" in text]
        assert len(echoes) == 1
        assert len([e for e in on_call.lb01.story() if e[0].value == "acknowledged"]) == 1


def test_twilio_s_receipts_by_webhook_know_the_message_by_our_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path, webhook=True) as (on_call, server):
        on_call.split()
        name = server.sent[0].id
        assert on_call.hears(server.becomes, name, "sent").status == 200
        assert on_call.states(LB01) == ["left"]
        on_call.hears(server.becomes, name, "delivered")
        on_call.hears(server.becomes, name, "sent")  # out of order
        assert on_call.states(LB01) == ["delivered"]


def test_twilio_s_failures_say_by_which_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        server.becomes(server.sent[0].id, "undelivered", "30003")
        on_call.looks(LB01)
        (message,) = [each for each in on_call.lb01.messages if each.node == LB01]
        assert (message.state.value, message.problem) == ("failed", "undelivered, Twilio's error 30003")


def test_twilio_s_list_is_paged_and_only_the_new_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        server.page = 2
        on_call.split()
        code = code_in(on_call.texts()[0])
        for number in range(5):
            server.receives(f"+861390000000{number}", "hello")
        server.receives(ANNA, code)
        server.asked.clear()
        on_call.looks(LB01)
        lists = [each for each in server.asked if each.path.endswith("/Messages.json")]
        assert len([each for each in lists if each.method == "GET"]) == 3
        assert on_call.incident_states() == ACKNOWLEDGED
        server.asked.clear()
        on_call.looks(LB01)
        assert len([e for e in server.asked if e.path.endswith("/Messages.json") and e.method == "GET"]) == 1
        assert [each.sender for each in on_call.heard(LB01)].count(ANNA) == 1


def test_yesterday_s_answers_are_no_answers_to_what_is_open_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_twilio(monkeypatch, tmp_path) as (on_call, server):
        on_call.now = -100_000.0
        server.receives(ANNA, "ok")
        on_call.now = 0.0
        on_call.split()
        on_call.looks(LB01)
        assert on_call.incident_states() == ["open", "open"]


# --- Vonage ---------------------------------------------------------------------------------------------


def test_vonage_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_vonage(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        english, chinese = on_call.sent(ANNA), on_call.sent(BO)
        assert (english.to, english.ours.startswith("lb01-")) == (ANNA.lstrip("+"), True)
        kinds = {each.form["to"]: each.form["type"] for each in server.asked}
        assert kinds == {english.to: "text", chinese.to: "unicode"}
        assert on_call.hears(server.reports, english, "accepted").status == 200
        assert on_call.states(LB01)[0] == "left"
        on_call.hears(server.reports, english, "delivered")
        on_call.hears(server.reports, chinese, "rejected", "7")
        assert on_call.states(LB01)[:2] == ["delivered", "failed"]
        answer = on_call.hears(server.pushes, server.receives(ANNA, code_in(english.text)))
        assert answer.status == 200
        assert on_call.incident_states() == ACKNOWLEDGED


def test_vonage_says_200_to_everything_and_is_understood_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_vonage(monkeypatch, tmp_path) as (on_call, server):
        throttled = {"messages": [{"status": "1", "error-text": "Throughput Rate Exceeded"}]}
        server.faults.extend([says_json(200, throttled), says_json(200, throttled)])
        on_call.split()
        assert on_call.states(LB01) == ["retrying", "retrying"]
        on_call.passes(3)
        assert on_call.states(LB01) == ["sent", "sent"]


def test_vonage_with_a_wrong_secret_is_for_good_and_hides_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_vonage(monkeypatch, tmp_path) as (on_call, server):
        write_secrets(tmp_path, vonage_secret="not the secret")
        on_call.split()
        message = on_call.lb01.messages[0]
        assert message.state.value == "failed"
        assert message.problem == f"{server.url}/sms/json: 200 Bad Credentials"


# --- Kannel ---------------------------------------------------------------------------------------------


def test_kannel_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_kannel(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        english, chinese = on_call.sent(ANNA), on_call.sent(BO)
        assert (english.more["coding"], chinese.more["coding"]) == ("0", "2")
        assert english.more["dlr"].startswith(
            "http://127.0.0.1:10112/hook/kannel/a-secret-path?message=lb01-"
        )
        on_call.hears(server.reports, english, 8)
        assert on_call.states(LB01)[0] == "left"
        on_call.hears(server.reports, english, 1)
        on_call.hears(server.reports, chinese, 16, "NACK/10/Invalid")
        assert on_call.states(LB01)[:2] == ["delivered", "failed"]
        problem = next(each.problem for each in on_call.lb01.messages if each.state.value == "failed")
        assert problem == "NACK/10/Invalid"
        answer = on_call.hears(server.pushes, server.receives(ANNA, code_in(english.text)))
        assert (answer.status, answer.body) == (200, "")  # what stands there would be sent as an SMS
        assert on_call.incident_states() == ACKNOWLEDGED


def test_kannel_queues_refuses_and_is_busy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_kannel(monkeypatch, tmp_path) as (on_call, server):
        server.faults.extend(
            [Says(202, "3: Queued for later delivery"), Says(503, "4: Temporal failure, try again later.")]
        )
        on_call.split()
        assert sorted(on_call.states(LB01)) == ["retrying", "sent"]
        on_call.passes(3)
        assert on_call.states(LB01) == ["sent", "sent"]


def test_kannel_s_password_stands_in_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_kannel(monkeypatch, tmp_path) as (on_call, server):
        server.faults.extend([Says(403, f"Authorization failed for {server.PASSWORD}")] * 2)
        on_call.split()
        problems = {each.problem for each in on_call.lb01.messages if each.state.value == "failed"}
        assert problems == {f"{server.url}/cgi-bin/sendsms: 403 Authorization failed for ***"}


# --- Aliyun ---------------------------------------------------------------------------------------------


def test_aliyun_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        (sent,) = server.sent
        assert sent.to == ANNA.lstrip("+")
        facts = {name: sent.more[name] for name in ("pair", "router", "verdict", "owners")}
        assert facts == {"pair": "web", "router": "VI_1", "verdict": "SPLIT BRAIN", "owners": "lb01+lb02"}
        on_call.hears(server.reports, sent, success=True)
        assert on_call.states(LB01) == ["delivered"]
        answer = on_call.hears(server.pushes, server.receives(ANNA, sent.more["code"]))
        assert (answer.status, answer.body) == (200, '{"code":0,"msg":"接收成功"}')
        assert on_call.incident_states() == ACKNOWLEDGED
        echo = server.sent[1]
        assert "".join(
            echo.more[name] for name in ("one", "two", "three") if echo.more[name] != "-"
        ).startswith(f"{sent.more['code']} is yours: SPLIT BRAIN VI_1")


def test_aliyun_pushes_several_at_once_and_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        names = server.receives("+8613999999999", "hi"), server.receives(ANNA, server.sent[0].more["code"])
        on_call.hears(server.pushes, *names)
        on_call.hears(server.pushes, *names)
        assert on_call.incident_states() == ACKNOWLEDGED
        assert len(on_call.heard(LB01)) == 2
        assert len(server.sent) == 2


def test_aliyun_s_flow_control_is_for_now_and_a_missing_template_for_good(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_aliyun(monkeypatch, tmp_path) as (on_call, server):
        limit = {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控Permits:5"}
        gone = {"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "模板不合法"}
        server.faults.extend([says_json(200, limit), says_json(200, gone)])
        on_call.split()
        assert on_call.states(LB01) == ["retrying"]
        on_call.passes(3)
        assert on_call.states(LB01) == ["failed"]
        assert on_call.lb01.messages[0].problem == f"{server.url}/: 200 模板不合法"


# --- Tencent --------------------------------------------------------------------------------------------


def test_tencent_both_ways_without_an_open_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_tencent(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        (sent,) = server.sent
        assert sent.to == ANNA
        assert (sent.more["1"], sent.more["3"]) == ("web", "SPLIT BRAIN")
        server.reports(sent, "SUCCESS", "用户短信接收成功")
        server.receives(ANNA, sent.more["6"])
        assert on_call.looks(LB02) is None  # whoever asks first gets it
        assert on_call.looks(LB01) is None
        assert on_call.states(LB01) == ["delivered"]
        assert on_call.incident_states() == ACKNOWLEDGED


def test_what_tencent_has_handed_out_once_is_not_lost_while_the_disk_is_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with with_tencent(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        server.receives(ANNA, server.sent[0].more["6"])
        books = on_call.lb01.oncall._books
        on_call.post = False
        with monkeypatch.context() as full:
            full.setattr(type(books), "behind", property(lambda _: "no space left on device"))
            assert on_call.looks(LB01) == "no space left on device"
            assert not server.replies
        on_call.post = True
        assert on_call.looks(LB01) is None
        assert on_call.incident_states() == ACKNOWLEDGED


def test_tencent_refuses_in_two_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_tencent(monkeypatch, tmp_path) as (on_call, server):
        busy = {
            "Response": {"Error": {"Code": "RequestLimitExceeded", "Message": "too fast"}, "RequestId": "1"}
        }
        server.faults.append(says_json(200, busy))
        on_call.split()
        assert on_call.states(LB01) == ["retrying"]
        write_secrets(tmp_path, tencent_key="a wrong key")
        on_call.passes(3)
        message = on_call.lb01.messages[0]
        assert message.state.value == "failed"
        assert "AuthFailure.SignatureFailure" in (message.problem or "")


# --- MessageBird ----------------------------------------------------------------------------------------


def test_messagebird_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with with_bird(monkeypatch, tmp_path) as (on_call, server):
        on_call.split()
        (sent,) = server.sent
        on_call.hears(server.reports, sent, "delivered")
        assert on_call.states(LB01) == ["delivered"]
        assert on_call.hears(server.pushes, server.receives(ANNA, code_in(sent.text))).status == 200
        assert on_call.incident_states() == ACKNOWLEDGED


# --- all of them ----------------------------------------------------------------------------------------


def nonsense_of(server: Provider) -> None:
    server.faults.append(Says(200, "<html><h1>Welcome to nginx!</h1></html>", {"Content-Type": "text/html"}))


@pytest.mark.parametrize(
    "which", [with_twilio, with_vonage, with_kannel, with_aliyun, with_tencent, with_bird]
)
def test_nonsense_is_for_now_and_nothing_is_lost(
    which: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with which(monkeypatch, tmp_path) as (on_call, server):  # type: ignore[operator]
        nonsense_of(server)
        on_call.split()
        problem = next(each.problem for each in on_call.lb01.messages if each.state.value == "retrying")
        assert "an answer that" in problem
        on_call.passes(3)
        assert {*on_call.states(LB01)} == {"sent"}
