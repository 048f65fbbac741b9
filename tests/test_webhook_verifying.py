"""Whether a webhook is believed: published examples, and everything that a forger can change about a real one."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.provider import Hash, Mac, Verify, Webhook
from hawatch.config.provider_template import Template
from hawatch.provider.hook import HookCall
from hawatch.provider.verifying.jwt import jwt_problem
from hawatch.provider.verifying.twilio import twilio_signatures
from hawatch.provider.verifying.verdict import Forged, caller, forged, full_url
from hawatch.provider.verifying.vonage import vonage_signature
from tests.provider_servers import Twilio
from tests.provider_servers_west import MessageBird

NOW = 1_780_272_000.0
KEY = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb"
NOON = 1_625_479_200.0  # 2021-07-05T12:00:00+02:00
HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
ISSUED = HEAD + (
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI1OWEyNDRkYy1lOWFkLTRlMjMtOTc3"
    "OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzlj"
    "Nzc4M2U5ZDcifQ.6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E"
)
WITH_BODY = HEAD + (
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI5M2U1NTAwNi1hMGU4LTQ1MjYtYTE5"
    "MC1mYTVmZjAwZWExMTYiLCJ1cmxfaGFzaCI6IjQxZjA1ZjBkZGQwYTIyYWIyMDlhYzQ2ZjQ3YzQ1NzJkOWNlZmEyNTdlZDc0YjI0MDA0YmFlNzUz"
    "ZWNlNmMyNjAiLCJwYXlsb2FkX2hhc2giOiJkZmZkNjAyMWJiMmJkNWIwYWY2NzYyOTA4MDllYzNhNTMxOTFkZDgxYzdmNzBhNGIyODY4OGEzNjIx"
    "ODI5ODZmIn0._H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I"
)
TOO_EARLY = HEAD + (
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ4MjgwMCwiZXhwIjoxNjI1NDgyODYwLCJqdGkiOiJmOWY4YzM4Mi0yNDQ5LTQzMTEtYjcy"
    "Yi0xZGY3MTY4NzkzMWUiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzlj"
    "Nzc4M2U5ZDcifQ.ZELgDFNGhjZH9CffQKcq3sytBe2I0KciLxpBhcfstHQ"
)
TOO_LATE = HEAD + (
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3NTYwMCwiZXhwIjoxNjI1NDc1NjYwLCJqdGkiOiI1ZjAyZjUyMi02MDMwLTQ2YzgtYjVh"
    "My0wMTI0NjQ3OGQ4YmMiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzlj"
    "Nzc4M2U5ZDcifQ.45MSST3B_2PsjNUeiuW54_vUQgVw4rBXrdWrOUEz3lM"
)
OTHER_BODY = HEAD + (
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiIxNDUwMTUzMi05NmYyLTQ2ODQtOTgz"
    "Mi02OGYwOTUxYWUzNDIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzlj"
    "Nzc4M2U5ZDciLCJwYXlsb2FkX2hhc2giOiJmYjYyZjAyYWNkYTdkNzQxNzdhNzAxYTFjZTAwNmU2YmFjZDkwYzdkNGQ3YWI0ODE2OTJjMWRhNDdj"
    "ODEwNzZiIn0.m79RCwO6dGa9pvzsQypkVuXQ6eM0CkRl6_U7MfWg6TM"
)
ROOT, PATH = "https://example.com/", "https://example.com/path?bar=1&foo=2"


# --- MessageBird's published tokens ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "url", "body", "problem"),
    [
        (ISSUED, ROOT, b"", None),
        (WITH_BODY, PATH, b"Hello, World!", None),
        (TOO_EARLY, ROOT, b"", "it does not hold now"),
        (TOO_LATE, ROOT, b"", "it does not hold now"),
        (OTHER_BODY, ROOT, b"Hello, World!", "it is about another body"),
        (ISSUED, "https://example.com/path?foo=1&bar=2", b"", "it is about another URL"),
        (ISSUED, ROOT, b"added", "it is about another body"),
        (WITH_BODY, PATH, b"", "it is about another body"),
    ],
)
def test_messagebird_s_published_tokens(token: str, url: str, body: bytes, problem: str | None) -> None:
    assert jwt_problem(token, url, body, KEY, NOON) == problem


def test_another_key_signs_nothing() -> None:
    assert jwt_problem(ISSUED, ROOT, b"", "another", NOON) == "it is not signed with our key"


def test_a_token_does_not_choose_how_it_is_signed() -> None:
    bird = MessageBird()
    bird.now = lambda: NOON
    claims = bird.token(ROOT, b"").split(".")[1]
    for head in ('{"alg":"none"}', '{"alg":"HS1"}', "[]", "7", "\x00"):
        forged_head = base64.urlsafe_b64encode(head.encode()).decode().rstrip("=")
        assert jwt_problem(f"{forged_head}.{claims}.", ROOT, b"", bird.SIGNING, NOON) is not None


def test_a_token_of_somebody_else_who_has_the_key_is_none() -> None:
    bird = MessageBird()
    bird.now = lambda: NOON
    assert (
        jwt_problem(bird.token(ROOT, b"", iss="Eve"), ROOT, b"", bird.SIGNING, NOON)
        == "it is from somebody else"
    )
    for lasting in ({"exp": "never"}, {"nbf": None}):
        token = bird.token(ROOT, b"", **lasting)
        assert jwt_problem(token, ROOT, b"", bird.SIGNING, NOON) is not None


@given(st.text(max_size=200))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert jwt_problem(text, ROOT, b"", KEY, NOON) is not None


# --- Vonage ---------------------------------------------------------------------------------------------


def test_vonage_s_example_with_its_oldest_hash() -> None:
    fields = {"a": "1", "b": "2", "timestamp": "1461605396"}
    assert vonage_signature(fields, "secret", Hash.MD5HASH) == "6af838ef94998832dbfc29020b564830"


def test_what_could_be_taken_for_another_field_is_none() -> None:
    honest = vonage_signature({"text": "1", "to": "2"}, "k", Hash.SHA256)
    assert vonage_signature({"text": "1&to=2"}, "k", Hash.SHA256) != honest


# --- the verdict ------------------------------------------------------------------------------------------


def by_mac(**changes: object) -> tuple[Webhook, HookCall]:
    webhook = Webhook(
        verify=Verify.HMAC,
        secret="hook",
        mac=Mac(header="X-Signature", over=Template("{timestamp}.{body}")),
        timestamp="X-Timestamp",
    )
    body, stamp = b'{"text":"47"}', str(int(NOW))
    made = hmac.new(b"key", f"{stamp}.".encode() + body, "sha256").hexdigest()
    call = HookCall(
        channel="any",
        method="POST",
        headers={"x-signature": made, "x-timestamp": stamp},
        body=body,
        peer="203.0.113.7",
    )
    return webhook, replace(call, **changes)  # type: ignore[arg-type]


def test_a_keyed_hash_over_time_and_body_is_believed() -> None:
    assert forged(*by_mac(), "key", NOW) is None
    assert forged(*by_mac(), "key", NOW + 299) is None


def test_an_old_one_is_not_even_with_the_right_hash() -> None:
    assert forged(*by_mac(), "key", NOW + 301) is Forged.TOO_OLD
    assert forged(*by_mac(), "key", NOW - 301) is Forged.TOO_OLD


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b'{"text":"48"}'},
        {"headers": {}},
        {"headers": {"x-signature": "", "x-timestamp": str(int(NOW))}},
        {"headers": {"x-signature": "00" * 32, "x-timestamp": str(int(NOW))}},
        {"headers": {"x-signature": "\xff\xfe", "x-timestamp": "²"}},
    ],
)
def test_whatever_is_changed_is_seen(changes: dict[str, object]) -> None:
    assert forged(*by_mac(**changes), "key", NOW) is Forged.SIGNATURE
    assert forged(*by_mac(), "another key", NOW) is Forged.SIGNATURE


def test_a_secret_path_is_all_or_nothing() -> None:
    webhook = Webhook(verify=Verify.PATH, secret="hook")
    call = HookCall(channel="any", method="POST", secret="correct-horse")
    assert forged(webhook, call, "correct-horse", NOW) is None
    for secret in ("", "correct-hors", "correct-horse ", "CORRECT-HORSE", "\udcff"):
        assert forged(webhook, replace(call, secret=secret), "correct-horse", NOW) is Forged.SIGNATURE


def test_another_method_is_not_believed() -> None:
    webhook, call = by_mac(method="GET")
    assert forged(webhook, call, "key", NOW) is Forged.METHOD
    assert forged(replace(webhook, methods=("GET", "POST")), call, "key", NOW) is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # no proxy of ours: what it says is nothing
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (
            "127.0.0.1",
            "198.51.100.1, 203.0.113.9",
            "203.0.113.9",
        ),  # what stands before was said by a stranger
        ("127.0.0.1", "198.51.100.1, 10.0.0.5", "198.51.100.1"),  # two proxies of ours
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_proxies_of_ours_say_who_calls(peer: str, forwarded: str, who: str) -> None:
    webhook = replace(by_mac()[0], proxies=("127.0.0.1", "10.0.0.0/8"))
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert caller(webhook, HookCall(channel="c", method="POST", peer=peer, headers=headers)) == who


def test_from_elsewhere_nothing_is_believed() -> None:
    webhook, call = by_mac()
    fenced = replace(webhook, allow=("203.0.113.0/24", "2001:db8::/32"))
    assert forged(fenced, call, "key", NOW) is None
    assert forged(fenced, replace(call, peer="2001:db8::7"), "key", NOW) is None
    for peer in ("198.51.100.1", "2001:db9::7", "unix", ""):
        assert forged(fenced, replace(call, peer=peer), "key", NOW) is Forged.ADDRESS


def test_the_url_is_the_one_that_the_provider_knows() -> None:
    webhook = Webhook(verify=Verify.JWT, secret="k", url="https://ops.example.org/hook/x")
    assert full_url(webhook, HookCall(channel="x", method="GET")) == "https://ops.example.org/hook/x"
    called = HookCall(channel="x", method="GET", query="a=1&b=%20")
    assert full_url(webhook, called) == "https://ops.example.org/hook/x?a=1&b=%20"
    with_query = replace(webhook, url="https://ops.example.org/hook/x?k=v")
    assert full_url(with_query, replace(called, query="k=v&a=1")) == "https://ops.example.org/hook/x?k=v&a=1"


# --- Twilio's, whole ------------------------------------------------------------------------------------

FIELDS = st.dictionaries(
    st.text(st.characters(codec="ascii", exclude_characters="&=", min_codepoint=33), min_size=1, max_size=8),
    st.text(max_size=12),
    max_size=6,
)


@given(FIELDS)
def test_whatever_twilio_posts_is_believed_and_nothing_else_is(form: dict[str, str]) -> None:
    server = Twilio()
    webhook = Webhook(verify=Verify.TWILIO, secret="", url=server.public)
    call = HookCall(
        channel="twilio",
        method="POST",
        headers={"x-twilio-signature": server.sign(server.public, form)},
        body=urlencode(form).encode(),
    )
    assert forged(webhook, call, server.token, NOW) is None
    assert forged(webhook, call, "another token", NOW) is Forged.SIGNATURE
    more = urlencode({**form, "Body": form.get("Body", "") + "7"}).encode()
    assert forged(webhook, replace(call, body=more), server.token, NOW) is Forged.SIGNATURE
    assert forged(webhook, replace(call, query="message=x"), server.token, NOW) is Forged.SIGNATURE
    assert forged(webhook, replace(call, headers={}), server.token, NOW) is Forged.SIGNATURE


def test_a_flood_of_fields_is_no_message() -> None:
    with pytest.raises(ValueError, match="fields"):
        twilio_signatures("https://a.example/", b"&".join(b"a=1" for _ in range(10_000)), "t")


def test_no_signature_is_believed_without_a_key() -> None:
    webhook = Webhook(verify=Verify.PATH, secret="hook")
    assert forged(webhook, HookCall(channel="c", method="POST"), "", NOW) is Forged.SIGNATURE
    assert json.dumps(Forged.SIGNATURE) == '"signature"'
