"""Channels of kind twilio and http in hawatch.toml: what can be written, and each mistake in one line with its key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import load
from hawatch.config.loading_provider import FACTS
from hawatch.config.oncall import ChannelKind, Medium
from hawatch.config.provider import Verify
from hawatch.config.provider_template import Template
from hawatch.errors import ConfigError
from hawatch.provider.looking_up import at, filled, rows_of, text_at
from hawatch.replies.provider_rows import moment

SID = "AC" + "0" * 32
TWILIO = f"""[[channel]]
name = "t"
kind = "twilio"
account = "{SID}"
token_file = "/etc/hawatch/twilio.token"
"""
HTTP = """[[channel]]
name = "h"
kind = "http"
secrets = { key = "/etc/hawatch/h.key", hook = "/etc/hawatch/h.hook" }
[channel.send]
url = "https://sms.example.com/send"
"""
REPLIES = """[channel.replies]
fields = { id = "id", sender = "from", text = "text" }
"""
HOOK = '[channel.webhook]\nverify = "path"\nsecret = "hook"\n'


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text, "t.toml")
    return str(caught.value).removeprefix("t.toml: channel[0]").removeprefix(".")


def test_twilio_needs_an_account_a_token_and_a_sender() -> None:
    channel = load(TWILIO + 'from = "+15005550006"', "t.toml").channels[0]
    assert (channel.kind, channel.media) == (ChannelKind.TWILIO, frozenset({Medium.SMS}))
    assert channel.two_way
    assert channel.tells_receipts
    assert channel.webhook is None
    found = channel.twilio
    assert found is not None
    assert (found.base_url, found.poll, found.validity) == ("https://api.twilio.com", 10.0, 3600)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("", "from: and service: one of them says who the messages are from"),
        (f'from = "+1500555"\nservice = "MG{"0" * 32}"', "from: and service: one of them says who"),
        ('service = "MGX"', "service: 'MGX' is not a messaging service's SID"),
        ('from = "+1500555"\npoll = "often"', "poll: 'often' is not a duration"),
        ('from = "+1500555"\nvalidity = "11h"', "validity: Twilio tries for 10 hours at the most"),
        ('from = "+1500555"\nbase_url = "api.twilio.com"', "base_url: 'api.twilio.com' is not a URL"),
        ('from = "+1500555"\nspool = "/var/spool"', "spool: unknown key"),
        ('from = "+1500555"\n[channel.webhook]\n', "webhook.url: missing"),
        ('from = "+1500555"\n[channel.webhook]\nurl = "https://a.example/#x"', "webhook.url: "),
        (
            'from = "+1500555"\n[channel.webhook]\nurl = "https://a.example/"\nallow = ["all"]',
            "webhook.allow[0]: 'all'",
        ),
    ],
)
def test_each_mistake_in_a_twilio_channel_is_named(more: str, problem: str) -> None:
    assert complaint(TWILIO + more).startswith(problem)


def test_an_account_that_is_none_is_named() -> None:
    assert complaint(TWILIO.replace(SID, "AC7") + 'from = "+1500555"').startswith(
        "account: 'AC7' is not an account"
    )


def test_a_poll_of_0_leaves_everything_to_the_webhook() -> None:
    plain = load(TWILIO + 'from = "+15005550006"\npoll = "0s"', "t.toml").channels[0]
    assert not plain.two_way
    hook = '\n[channel.webhook]\nurl = "https://a.example/hook/t"'
    posted = load(TWILIO + 'from = "+15005550006"\npoll = "0s"' + hook, "t.toml").channels[0]
    assert posted.two_way
    assert posted.webhook is not None
    assert posted.webhook.verify is Verify.TWILIO


def test_a_provider_that_only_sends_is_one_way() -> None:
    channel = load(HTTP, "t.toml").channels[0]
    assert not channel.two_way
    assert not channel.tells_receipts
    assert channel.media == {Medium.SMS}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('form = { a = "{nothing}" }', "send.form.a: '{nothing}' has a place {nothing} that nothing"),
        ('form = { a = "{secret.other}" }', "send.form.a: '{secret.other}' has a place {secret.other}"),
        ('form = { a = "{" }', "send.form.a: '{' holds a single brace"),
        ('form = { a = "{to.__class__}" }', "send.form.a: '{to.__class__}' has a place {to.__class__}"),
        ('form = { a = "{to!r}" }', "send.form.a: '{to!r}' holds a single brace"),
        ('form = { a = 7.5 }', "send.form.a: a string of one line is wanted"),
        ('form = { a = "b" }\njson = { a = "b" }', "send.form: and json: a request has one body"),
        ('json = { a = [{ b = "{no}" }] }', "send.json.a[0].b: '{no}' has a place {no}"),
        ('json = { a = 2027-06-30 }', "send.json.a: a date has no form in JSON"),
        ('method = "PATCH"', "send.method: 'PATCH' is none of GET, POST, PUT"),
        ('auth = "basic"', "send.user: missing"),
        ('auth = "bearer"', "send.token: missing"),
        ('sign = { scheme = "rot13" }', "send.sign.scheme: 'rot13' is none of aliyun, tencent, hmac"),
        ('sign = { scheme = "tencent", id = "i", key = "{secret.key}" }', "send.sign.service: missing"),
        ('sign = { scheme = "hmac", key = "{secret.key}" }', "send.sign.header: missing"),
        ('success = { json = { a = "(" } }', "send.success.json.a: '(' is not a regular expression"),
        ('success = { status = 200 }', "send.success.status: an array of HTTP status codes"),
        ('success = { status = [2] }', "send.success.status: has what is no HTTP status code"),
        ('headers = { a = "b\\nc" }', "send.headers.a: a string of one line"),
        ('[[channel.send.template]]\nvariables = { a = "{code}" }', "send.template[0].id: missing"),
        ('[[channel.send.template]]\nid = "1"\nvariables = { a = "{to}" }', "send.template[0].variables.a: '{to}'"),
        (HOOK, "webhook: is of no use without"),
        (REPLIES, "replies: comes by neither"),
        (REPLIES.replace('id = "id", ', "") + HOOK, "replies.fields.id: missing, and so is time"),
        (REPLIES.replace('"text"', '"{"') + HOOK, "replies.fields.text: '{' holds a single brace"),
        (REPLIES + 'time_format = "later"\n' + HOOK, "replies.time_format: 'later' is neither unix"),
        (REPLIES + 'zone = "Moon"\n' + HOOK, "replies.zone: 'Moon' is not a time zone"),
        (REPLIES + HOOK.replace('"hook"', '"other"'), "webhook.secret: 'other' is none of key, hook"),
        (REPLIES + HOOK.replace('"path"', '"twilio"'), "webhook.verify: 'twilio' is none of path, hmac, jwt, vonage"),
        (REPLIES + HOOK.replace('"path"', '"jwt"'), "webhook.url: missing"),
        (REPLIES + HOOK.replace('"path"', '"hmac"'), "webhook.header: missing"),
        (
            REPLIES + HOOK.replace('"path"', '"hmac"') + 'header = "X-S"\nover = "{timestamp}{body}"',
            "webhook.timestamp: names the header",
        ),
        (REPLIES + HOOK.replace('"path"', '"hmac"') + 'header = "X-S"\nover = "裂{body}"', "webhook.over: "),
        (REPLIES + HOOK + 'methods = ["DELETE"]', "webhook.methods[0]: 'DELETE'"),
        ("[channel.receipts]\nfields = { status = \"s\" }\n" + HOOK, "receipts.fields.message: and reference"),
        (
            "[channel.receipts]\nfields = { status = \"s\", message = \"m\" }\n" + HOOK,
            "receipts.delivered: missing",
        ),
        (REPLIES + '[channel.replies.poll]\nurl = "https://a.example/{to}"', "replies.poll.url: 'https://a.example/{to}'"),
    ],
)  # fmt: skip
def test_each_mistake_in_an_http_channel_is_named(more: str, problem: str) -> None:
    assert complaint(HTTP + more).startswith(problem)


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https://{to}/send", "https://a.example{to}", "{secret.key}", "https:///send"]
)
def test_where_a_request_goes_is_fixed(url: str) -> None:
    assert complaint(HTTP.replace("https://sms.example.com/send", url)).startswith("send.url: ")


def test_numbers_are_kept_as_e164_on_both_kinds() -> None:
    people = '\n[[contact]]\nname = "anna"\n[[contact.way]]\nchannel = "h"\nto = "0086 138 0000 0001"\n'
    assert load(HTTP + people, "t.toml").contacts[0].ways[0].to == "+8613800000001"
    with pytest.raises(ConfigError, match="is not an international telephone number"):
        load(HTTP + people.replace("0086 138 0000 0001", "anna"), "t.toml")


DOCS = Path(__file__).parent.parent / "docs" / "providers.md"


def test_what_the_documentation_says_of_a_gateway_of_one_s_own_can_be_written() -> None:
    text = DOCS.read_text(encoding="utf-8").partition("## A gateway of your own")[2]
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    channel = load("".join(blocks), "docs").channels[0]
    assert len(blocks) == 4
    assert (channel.name, channel.two_way, channel.tells_receipts) == ("gateway", True, True)
    assert channel.webhook is not None
    assert channel.webhook.verify is Verify.HMAC


def test_the_documentation_names_every_place_and_every_way_of_knowing_a_webhook() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name in FACTS | {"to", "digits", "text", "body", "id", "from", "time", "person", "coding", "type"}:
        assert f"`{{{name}}}`" in text, name
    for verify in set(Verify) - {Verify.TWILIO}:
        assert f"| `{verify.value}` |" in text


def test_tencent_s_other_way_can_be_written() -> None:
    shipped = (DOCS.parent.parent / "deploy" / "providers" / "tencent.toml").read_text(encoding="utf-8")
    pushed = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[0]
    secrets = shipped.replace("secrets = { id", 'secrets = { hook = "/etc/hawatch/tencent.hook", id')
    channel = load(secrets.partition("[channel.replies]")[0] + pushed, "docs").channels[0]
    assert channel.two_way


# --- texts with places ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{a}", "one two three"),
        ("{a:3}", "one"),
        ("{a:4-7}", "two"),
        ("{a:99-100}", ""),
        ("{{a}}", "{a}"),
        ("{{{a:3}}}", "{one}"),
        ("{b}", "裂"),
        ("{c}", ""),
        ("x{x}y", "x{a}y"),
        ("", ""),
    ],
)
def test_a_place_is_filled_in_once_and_as_a_whole(written: str, told: str) -> None:
    assert Template(written).fill({"a": "one two three", "b": "裂", "x": "{a}"}) == told


@given(st.text(max_size=40), st.dictionaries(st.sampled_from(["a", "b.c"]), st.text(max_size=9)))
def test_no_template_fails_and_no_value_is_looked_into(text: str, values: dict[str, str]) -> None:
    template = Template(text)
    if template.wrong(values.__contains__) is None:
        template.fill(values)
    assert Template("{a}|{b.c}").fill(values) == f"{values.get('a', '')}|{values.get('b.c', '')}"


# --- rows -------------------------------------------------------------------------------------------------


def test_a_path_leads_through_objects_and_lists() -> None:
    said = {"a": [{"b": "c", "d.e": 7}, None], "t": True, "n": None, "f": 1.5}
    assert text_at(said, "a.0.b") == "c"
    assert text_at(said["a"], "0.b") == "c"
    assert text_at({"d.e": 7}, "d.e") == "7"
    assert [text_at(said, each) for each in ("t", "f", "n", "a", "a.9.b", "a.x", "a.1.b", "z", "")] == [
        "true", "1.5", "", "", "", "", "", "", "",
    ]  # fmt: skip
    assert rows_of(said, "a") == said["a"]
    assert rows_of(said, "z") == []
    assert rows_of({"x": 1}, "") == [{"x": 1}]
    assert filled(Template("+{a}{b}"), {"a": "86", "b": 138}) == "+86138"
    assert filled(Template("+{a}{b}"), {"a": "86"}) == ""


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3), max_leaves=9), st.text(max_size=6))  # fmt: skip  # noqa: E501
def test_no_answer_makes_a_path_fail(said: object, path: str) -> None:
    at(said, path)
    text_at(said, path)
    rows_of(said, path)


@pytest.mark.parametrize(
    ("written", "form", "zone", "at"),
    [
        ("1620734188", "unix", "UTC", 1620734188.0),
        ("1620734188500", "unix_ms", "UTC", 1620734188.5),
        ("2021-05-11 19:56:28", "%Y-%m-%d %H:%M:%S", "Asia/Shanghai", 1620734188.0),
        ("2021-05-11 11:56:28", "%Y-%m-%d %H:%M:%S", "UTC", 1620734188.0),
        ("2021-05-11T11:56:28Z", "iso", "Asia/Shanghai", 1620734188.0),
        ("2021-05-11T13:56:28+02:00", "iso", "UTC", 1620734188.0),
        ("", "iso", "UTC", None),
        ("yesterday", "unix", "UTC", None),
        ("1e400", "unix", "UTC", None),
        ("nan", "unix", "UTC", None),
        ("-7", "unix", "UTC", None),
        ("99999-01-01", "%Y-%m-%d", "UTC", None),
    ],
)
def test_times_are_read_in_their_zone_or_not_at_all(
    written: str, form: str, zone: str, at: float | None
) -> None:
    assert moment(written, form, zone) == at
