"""Twilio: its published signatures, its documented exchanges both ways, and what happens when it does not behave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from hawatch.config import load
from hawatch.config.oncall import Channel
from hawatch.errors import DeliveryError
from hawatch.notification.outgoing import Delivery, Handover, Outgoing
from hawatch.notifiers.twilio import TwilioNotifier
from hawatch.provider.verifying.twilio import twilio_signatures
from tests.provider_servers import PUBLIC, Says, Twilio, running, says_json

T = TypeVar("T")
NOW = 1_780_272_000.0
ANNA = "+8613800000001"


class Still:
    """A clock that stands."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def wall(self) -> float:
        return self.now


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    server = Twilio()
    server.now = lambda: NOW
    with running(server):
        yield server


def channel_for(server: Twilio, directory: Path, more: str = "", webhook: bool = False) -> Channel:
    token = directory / "token"
    token.write_text(f"{server.token}\n", encoding="ascii")
    hook = f'[channel.webhook]\nurl = "{PUBLIC}"\n' if webhook else ""
    text = f"""
[[channel]]
name = "twilio"
kind = "twilio"
account = "{Twilio.ACCOUNT}"
token_file = "{token}"
base_url = "{server.url}"
timeout = "5s"
{more or f'from = "{Twilio.NUMBER}"'}
{hook}
"""
    return load(text, "test").channels[0]


def outgoing(text: str = "[hawatch web] SPLIT BRAIN. 47=ack", **more: object) -> Outgoing:
    plain = Outgoing(id="lb01-7-1", person="anna", to=ANNA, text=text, written_at=NOW + 1)
    return replace(plain, **more)  # type: ignore[arg-type]


def do(doing: Awaitable[T]) -> T:
    async def whole() -> T:
        return await doing

    return asyncio.run(whole())


def refusal(notifier: TwilioNotifier, **more: object) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        do(notifier.deliver(outgoing(**more)))  # type: ignore[arg-type]
    return caught.value


# --- its signatures -----------------------------------------------------------------------------------

PUBLISHED = {
    "Digits": "1234",
    "To": "+18005551212",
    "From": "+14158675310",
    "Caller": "+14158675310",
    "CallSid": "CA1234567890ABCDE",
}


def test_the_signature_that_twilio_publishes_is_the_one_that_is_looked_for() -> None:
    signatures = twilio_signatures(
        "https://mycompany.com/myapp.php?foo=1&bar=2", urlencode(PUBLISHED).encode(), "12345"
    )
    assert signatures[0] == "GvWf1cFY/Q7PnoempGyD5oXAezc="


def test_its_other_example_too() -> None:
    fields = {**PUBLISHED, "From": "+12349013030", "Caller": "+12349013030"}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signatures(url, urlencode(fields).encode(), "12345")[0] == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize(
    ("configured", "called"),
    [
        ("https://ops.example.org/hook/t", "https://ops.example.org:443/hook/t"),
        ("https://ops.example.org:443/hook/t", "https://ops.example.org/hook/t"),
        ("https://ops.example.org:8443/hook/t", "https://ops.example.org/hook/t"),
        ("http://ops.example.org/hook/t", "http://ops.example.org:80/hook/t"),
    ],
)
def test_a_port_that_is_there_or_not_makes_no_difference(configured: str, called: str) -> None:
    body = urlencode(PUBLISHED).encode()
    assert Twilio(token="12345").sign(called, PUBLISHED) in twilio_signatures(configured, body, "12345")


def test_a_field_that_is_there_twice_with_one_value_counts_once() -> None:
    once, twice = (
        twilio_signatures("https://a.example/", body, "t") for body in (b"a=1&b=2", b"a=1&b=2&a=1")
    )
    assert once == twice


# --- out ------------------------------------------------------------------------------------------------


def test_a_message_goes_out_as_the_message_resource_wants_it(twilio: Twilio, tmp_path: Path) -> None:
    notifier = TwilioNotifier(channel_for(twilio, tmp_path), Still())
    handed = do(notifier.deliver(outgoing("裂脑 47=ack")))
    assert handed == Handover(delivery=Delivery.SENT, reference=twilio.sent[0].id)
    (asked,) = twilio.asked
    assert asked.form == {
        "To": ANNA,
        "From": Twilio.NUMBER,
        "Body": "裂脑 47=ack",
        "ValidityPeriod": "3600",
    }


def test_a_messaging_service_takes_the_place_of_a_number(twilio: Twilio, tmp_path: Path) -> None:
    service = "MG" + "0" * 32
    channel = channel_for(twilio, tmp_path, f'service = "{service}"\nvalidity = "5m"')
    do(TwilioNotifier(channel, Still()).deliver(outgoing()))
    form = twilio.asked[0].form
    assert (form["MessagingServiceSid"], form["ValidityPeriod"]) == (service, "300")
    assert "From" not in form


def test_receipts_are_asked_for_only_where_they_can_be_posted(twilio: Twilio, tmp_path: Path) -> None:
    do(TwilioNotifier(channel_for(twilio, tmp_path, webhook=True), Still()).deliver(outgoing()))
    assert twilio.asked[0].form["StatusCallback"] == f"{PUBLIC}?message=lb01-7-1"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_for_now(twilio: Twilio, tmp_path: Path, status: int) -> None:
    twilio.faults.append(Says(status, "<html>Bad gateway</html>"))
    error = refusal(TwilioNotifier(channel_for(twilio, tmp_path), Still()))
    assert error.temporary
    assert str(error).startswith(f"{twilio.url}: {status}")


def test_too_many_requests_are_tried_again_when_twilio_says(twilio: Twilio, tmp_path: Path) -> None:
    busy = {"code": 20429, "message": "Too Many Requests", "status": 429}
    twilio.faults.append(says_json(429, busy, **{"Retry-After": "17"}))
    error = refusal(TwilioNotifier(channel_for(twilio, tmp_path), Still()))
    assert (error.temporary, error.retry_after) == (True, 17.0)
    assert str(error) == f"{twilio.url}: 429 Too Many Requests (error 20429)"


def test_a_number_that_cannot_be_reached_is_for_good(twilio: Twilio, tmp_path: Path) -> None:
    error = refusal(TwilioNotifier(channel_for(twilio, tmp_path), Still()), to="13800000001")
    assert not error.temporary
    assert "21211" in str(error)


def test_a_wrong_token_is_told_without_the_token(twilio: Twilio, tmp_path: Path) -> None:
    channel = channel_for(twilio, tmp_path)
    (tmp_path / "token").write_text("another secret token", encoding="ascii")
    error = refusal(TwilioNotifier(channel, Still()))
    assert str(error) == f"{twilio.url}: 401 Authenticate (error 20003)"


def test_a_token_that_the_server_says_back_is_hidden(twilio: Twilio, tmp_path: Path) -> None:
    twilio.faults.append(says_json(400, {"code": 1, "message": f"no such token: {twilio.token}"}))
    error = refusal(TwilioNotifier(channel_for(twilio, tmp_path), Still()))
    assert twilio.token not in str(error)


@pytest.mark.parametrize("answer", [Says(200, "<html>Welcome</html>"), Says(201, "{}"), Says(302, "")])
def test_an_answer_that_is_none_of_twilio_s_is_for_now(twilio: Twilio, tmp_path: Path, answer: Says) -> None:
    twilio.faults.append(answer)
    error = refusal(TwilioNotifier(channel_for(twilio, tmp_path), Still()))
    assert error.temporary
    assert "none of Twilio's" in str(error)


def test_nobody_there_is_for_now(twilio: Twilio, tmp_path: Path) -> None:
    channel = channel_for(twilio, tmp_path)
    url = twilio.url
    twilio.stop()
    error = refusal(TwilioNotifier(channel, Still()))
    assert error.temporary
    assert str(error) == f"{url}: connection refused"


# --- not twice when it can be known ---------------------------------------------------------------------


def deliver_twice(twilio: Twilio, channel: Channel, first: Says) -> tuple[DeliveryError, Handover]:
    notifier = TwilioNotifier(channel, Still())
    twilio.lost.append(first)
    error = refusal(notifier)
    return error, do(notifier.deliver(outgoing()))


@pytest.mark.parametrize(
    "lost", [Says(500, "oops"), Says(0, dropped=True), Says(200, "<html>"), Says(201, "{}", after=3)]
)
def test_what_was_taken_though_no_answer_came_is_not_sent_again(
    twilio: Twilio, tmp_path: Path, lost: Says
) -> None:
    channel = replace(channel_for(twilio, tmp_path), timeout=1.5)
    error, handed = deliver_twice(twilio, channel, lost)
    assert error.temporary
    assert [each.id for each in twilio.sent] == [handed.reference]


def test_what_was_not_taken_is_sent(twilio: Twilio, tmp_path: Path) -> None:
    notifier = TwilioNotifier(channel_for(twilio, tmp_path), Still())
    twilio.faults.append(Says(500, "oops"))
    refusal(notifier)
    do(notifier.deliver(outgoing()))
    assert len(twilio.sent) == 1


def test_an_agent_that_was_killed_over_it_does_not_send_it_again(twilio: Twilio, tmp_path: Path) -> None:
    channel = channel_for(twilio, tmp_path)
    first = do(TwilioNotifier(channel, Still()).deliver(outgoing()))
    again = do(TwilioNotifier(channel, Still(NOW + 30)).deliver(outgoing()))
    assert (again, len(twilio.sent)) == (first, 1)


def test_the_same_words_of_an_hour_ago_are_another_message(twilio: Twilio, tmp_path: Path) -> None:
    channel = channel_for(twilio, tmp_path)
    do(TwilioNotifier(channel, Still()).deliver(outgoing()))
    later = NOW + 3600
    do(TwilioNotifier(channel, Still(later)).deliver(outgoing(id="lb01-8-1", written_at=later - 1)))
    assert len(twilio.sent) == 2


def test_one_that_twilio_has_given_up_is_sent_again(twilio: Twilio, tmp_path: Path) -> None:
    channel = channel_for(twilio, tmp_path)
    do(TwilioNotifier(channel, Still()).deliver(outgoing()))
    twilio.becomes(twilio.sent[0].id, "undelivered", "30003")
    do(TwilioNotifier(channel, Still(NOW + 30)).deliver(outgoing()))
    assert len(twilio.sent) == 2


def test_a_list_that_cannot_be_had_keeps_nobody_from_being_told(twilio: Twilio, tmp_path: Path) -> None:
    twilio.faults.append(Says(500, "no list"))
    handed = do(TwilioNotifier(channel_for(twilio, tmp_path), Still(NOW + 30)).deliver(outgoing()))
    assert handed.reference == twilio.sent[0].id
