"""Mail on its way to a server: what is sent, and what each trouble of the server means for the message."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.mail import Mail, Mailbox, MailServer, Tls
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import DeliveryError, HawatchError
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.mail import MailNotifier
from hawatch.notifiers.mail.letter import LONGEST_SUBJECT, letter, subject
from tests.mails import ANNA, MESSAGE, NOW, OURS, REPLY_TO, TOKENS
from tests.smtp_server import SmtpServer, certificate

TEXT = (
    "[hawatch web] SPLIT BRAIN VI_1 10.0.0.100, held by lb01+lb02 at once, since 03:12, says lb01. "
    "Cause on lb02: incoming VRRP blocked (firewall?). 47=ack, 47 2=demote lb02, 47 0=details"
)
TOLD = Outgoing(
    id=MESSAGE,
    person="anna",
    to=ANNA,
    text=TEXT,
    written_at=NOW,
    thread="lb01-1",
    hint="Answer this mail to reply",
    details="[hawatch web] 47 SPLIT BRAIN and all the rest",
)
PASSWORD = "correct horse"


def written(told: Outgoing = TOLD, *, reply_to: str | None = REPLY_TO) -> email.message.EmailMessage:
    """The mail as a mail program sees it."""
    server = MailServer(host="mail.example.org", port=25, tls=Tls.NONE)
    mail = Mail(sender=OURS, smtp=server, reply_to=reply_to)
    return email.message_from_bytes(letter(told, mail, TOKENS), policy=default)


# --- what is sent ---------------------------------------------------------------------------------


def test_the_subject_says_what_has_happened_and_the_text_begins_with_code_and_menu() -> None:
    mail = written()
    assert mail["Subject"] == (
        "[hawatch web] SPLIT BRAIN VI_1 10.0.0.100, held by lb01+lb02 at once, since 03:12, says lb01"
    )
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    text, hint, details = mail.get_content().replace("\r\n", "\n").strip().split("\n\n")
    assert (text, hint, details) == (TEXT, TOLD.hint, TOLD.details)


def test_a_chinese_mail_has_a_chinese_subject_that_every_server_carries() -> None:
    text = (
        "[hawatch web] 裂脑 VI_1 10.0.0.100，lb01、lb02同时持有，03:12起，lb01报。原因：收不进VRRP。回47确认"
    )
    raw = letter(
        Outgoing(id=MESSAGE, person="bo", to=ANNA, text=text, written_at=NOW),
        Mail(sender=OURS, smtp=MailServer(host="h", port=25, tls=Tls.NONE)),
        TOKENS,
    )
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = email.message_from_bytes(raw, policy=default)
    assert mail["Subject"] == "[hawatch web] 裂脑 VI_1 10.0.0.100，lb01、lb02同时持有，03:12起，lb01报"
    assert text in mail.get_content()


def test_a_message_has_one_message_id_at_every_attempt_and_by_it_its_answer_is_known() -> None:
    first, again = written(), written()
    assert first["Message-ID"] == again["Message-ID"]
    assert first.as_bytes() == again.as_bytes()
    vouched = TOKENS.of_message_id(first["Message-ID"], [ANNA])
    assert vouched is not None
    assert vouched.message == MESSAGE
    before, _, behind = REPLY_TO.partition("{token}")
    token = first["Reply-To"].removeprefix(before).removesuffix(behind)
    assert TOKENS.of_address(token, [ANNA]) is not None
    assert TOKENS.of_address(token, ["bo@example.org"]) is None


def test_nobodys_program_shall_answer_it() -> None:
    mail = written()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_without_a_token_address_answers_come_to_the_sender() -> None:
    assert written(reply_to=None)["Reply-To"] is None


def test_all_mails_of_one_incident_are_one_conversation_and_an_answer_belongs_to_what_it_answers() -> None:
    end = Outgoing(
        id="lb02-19a2b3c4d60-1", person="anna", to=ANNA, text="over", written_at=NOW + 60, thread="lb01-1"
    )
    assert written()["References"] == written(end)["References"] == "<lb01-1.thread@example.org>"
    long = f"<{'x' * 200}@phone.example.net>"
    echo = written(
        Outgoing(id="lb01-2-1", person="anna", to=ANNA, text="yours", thread="lb01-1", answers=long)
    )
    assert echo["In-Reply-To"] == long
    assert echo["References"].split() == ["<lb01-1.thread@example.org>", long]


def test_a_long_name_of_a_node_does_not_break_the_message_id() -> None:
    told = Outgoing(id=f"{'n' * 63}-19a2b3c4d5e-1", person="anna", to=ANNA, text="x", written_at=NOW)
    vouched = TOKENS.of_message_id(written(told)["Message-ID"], [ANNA])
    assert vouched is not None
    assert vouched.message == told.id


@given(
    st.text(max_size=400),
    st.text(max_size=100),
    st.text(max_size=100),
    st.text(max_size=60),
)
def test_no_text_writes_a_header_of_its_own(text: str, thread: str, answers: str, details: str) -> None:
    told = Outgoing(id=MESSAGE, person="anna", to=ANNA, text=text, written_at=NOW, thread=thread, answers=answers,
                    details=details)  # fmt: skip
    mail = written(told)
    usual = {"from", "to", "reply-to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress",
             "content-type", "content-transfer-encoding", "mime-version", "in-reply-to", "references"}  # fmt: skip
    names = [name.lower() for name in mail]
    assert set(names) <= usual
    assert len(names) == len(set(names))
    assert mail["To"] == ANNA
    assert TOKENS.of_message_id(mail["Message-ID"], [ANNA]) is not None


@given(st.text())
def test_a_subject_is_one_short_line(text: str) -> None:
    line = subject(text)
    assert len(line) <= LONGEST_SUBJECT
    assert len(line.splitlines()) <= 1


# --- the talk with the server ---------------------------------------------------------------------


def channel(port: int, tls: Tls = Tls.NONE, *, timeout: float = 20.0, login: Path | None = None, ca: str | None = None,
            host: str = "127.0.0.1") -> Channel:  # fmt: skip
    server = MailServer(
        host=host,
        port=port,
        tls=tls,
        user=None if login is None else "hawatch",
        password_file=None if login is None else str(login),
        ca_file=ca,
    )
    box = Mailbox(server=server)
    mail = Mail(sender=OURS, smtp=server, imap=box, reply_to=REPLY_TO)
    return Channel(name="mail", kind=ChannelKind.MAIL, mail=mail, timeout=timeout)


async def deliver(to: Channel) -> Delivery:
    return await MailNotifier(to, TOKENS).deliver(TOLD)


def refused(server: SmtpServer, **given: object) -> DeliveryError:
    """How a delivery to this server fails."""

    async def go() -> DeliveryError:
        async with server.running():
            with pytest.raises(DeliveryError) as caught:
                await deliver(channel(server.port, **given))  # type: ignore[arg-type]
            return caught.value

    return asyncio.run(go())


def accepted(server: SmtpServer, **given: object) -> None:
    async def go() -> None:
        async with server.running():
            assert await deliver(channel(server.port, **given)) is Delivery.SENT  # type: ignore[arg-type]

    asyncio.run(go())


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "mail.password"
    path.write_text(f"{PASSWORD}\n")
    return path


def test_a_message_is_handed_over_from_our_address_to_the_persons() -> None:
    server = SmtpServer(extensions=("DSN",))
    accepted(server)
    ((sender, to, raw),) = server.taken
    assert (sender, to) == (OURS, ANNA)
    assert email.message_from_bytes(raw)["Message-ID"] == written()["Message-ID"]
    assert any(line.upper().startswith("MAIL") and line.endswith("RET=HDRS") for line in server.heard)
    assert server.heard[0].startswith("ehlo ")
    assert "." in server.heard[0]


def test_the_password_is_told_only_under_tls_and_read_anew_each_time(tmp_path: Path, password: Path) -> None:
    context, ca = certificate(tmp_path, "localhost")
    server = SmtpServer(tls=context, login=("hawatch", PASSWORD))
    accepted(server, tls=Tls.STARTTLS, login=password, ca=ca, host="localhost")
    words = [line.split()[0].upper() for line in server.heard]
    assert words.index("STARTTLS") < words.index("AUTH") < words.index("MAIL")
    password.write_text("another\n")
    error = refused(server, tls=Tls.STARTTLS, login=password, ca=ca, host="localhost")
    assert error.temporary
    assert "refuses the user name or the password of hawatch: 535" in str(error)
    password.write_text(f"{PASSWORD}\n")
    accepted(server, tls=Tls.STARTTLS, login=password, ca=ca, host="localhost")


def test_a_server_that_speaks_tls_at_once_is_spoken_to_so(tmp_path: Path, password: Path) -> None:
    context, ca = certificate(tmp_path, "localhost")
    server = SmtpServer(tls=context, at_once=True, login=("hawatch", PASSWORD))
    accepted(server, tls=Tls.TLS, login=password, ca=ca, host="localhost")
    assert len(server.taken) == 1


def test_a_server_without_starttls_gets_no_message_and_no_password(password: Path) -> None:
    server = SmtpServer(login=("hawatch", PASSWORD))
    error = refused(server, tls=Tls.STARTTLS, login=password)
    assert error.temporary
    assert "STARTTLS" in str(error)
    assert not any(line.startswith(("AUTH", "MAIL", "mail")) for line in server.heard)


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
def test_a_certificate_of_another_name_or_of_nobody_is_not_believed(
    tmp_path: Path, password: Path, tls: Tls
) -> None:
    context, ca = certificate(tmp_path, "another.example.org")
    for vouching in (ca, None):
        server = SmtpServer(tls=context, at_once=tls is Tls.TLS, login=("hawatch", PASSWORD))
        error = refused(server, tls=tls, login=password, ca=vouching, host="localhost")
        assert error.temporary
        assert "its certificate is not believed" in str(error)
        assert PASSWORD not in str(error)
        assert not any(line.upper().startswith("AUTH") for line in server.heard)


def test_plain_text_where_tls_is_expected_is_a_trouble_of_tls() -> None:
    error = refused(SmtpServer(), tls=Tls.TLS, host="localhost")
    assert error.temporary
    assert "TLS failed" in str(error)


@pytest.mark.parametrize(
    ("answers", "temporary", "words"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, False, f"refuses {ANNA}: 550 5.1.1 no such user"),
        ({"RCPT": "450 4.2.1 mailbox busy"}, True, f"refuses {ANNA}: 450 4.2.1 mailbox busy"),
        ({"MAIL": "530 5.7.0 log in first"}, True, f"refuses mail from {OURS}: 530"),
        ({"MAIL": "451 later"}, True, f"refuses mail from {OURS}: 451"),
        ({"DATA": "554 no"}, False, "refuses the message: 554 no"),
        ({"BODY": "550 spam"}, False, "refuses the message: 550 spam"),
        ({"BODY": "452 4.3.1 full"}, True, "refuses the message: 452"),
        ({"CONNECT": "554 go away"}, True, "554 go away"),
        ({"CONNECT": "421 too busy"}, True, "421 too busy"),
        ({"EHLO": "502 what", "HELO": "502 what"}, True, "502 what"),
        ({"RCPT": "DROP"}, True, "the connection broke"),
        ({"BODY": "DROP"}, True, "the connection broke"),
        ({"CONNECT": "DROP"}, True, "the connection broke"),
        ({"RCPT": "no number at all"}, True, ""),
        ({"RCPT": "550 " + "x" * 400}, False, "…"),
    ],
)
def test_only_what_is_about_this_recipient_or_message_is_final(
    answers: dict[str, str], temporary: bool, words: str
) -> None:
    server = SmtpServer(answers=answers)
    error = refused(server)
    assert error.temporary is temporary, str(error)
    assert words in str(error)
    assert str(error).startswith(f"127.0.0.1:{server.port}")
    assert len(str(error).splitlines()) == 1
    assert server.taken == []


def test_a_message_that_was_taken_is_not_sent_again_because_of_a_bad_goodbye() -> None:
    server = SmtpServer(answers={"QUIT": "DROP"})
    accepted(server)
    assert len(server.taken) == 1


@pytest.mark.parametrize("word", ["CONNECT", "EHLO", "RCPT", "BODY"])
def test_a_server_that_falls_silent_is_left_alone_in_time(word: str) -> None:
    error = refused(SmtpServer(answers={word: ""}), timeout=1.0)
    assert error.temporary
    assert "no answer in time" in str(error) or "not done in 1 s" in str(error)


def test_nobody_at_the_port_is_for_now_only() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match="connection refused") as caught:
        asyncio.run(deliver(channel(port)))
    assert caught.value.temporary


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        ("", "holds no password"),
        ("a\nb\n", "more than one line"),
        ("pässword\n", "beyond ASCII"),
    ],
)
def test_a_password_file_that_is_of_no_use_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "mail.password"
    if content is not None:
        path.write_text(content)
    server = SmtpServer(login=("hawatch", PASSWORD))

    async def go() -> None:
        async with server.running():
            await deliver(channel(server.port, login=path))

    with pytest.raises(HawatchError, match=words) as caught:
        asyncio.run(go())
    assert str(path) in str(caught.value)
    assert content is None or not content or content.strip() not in str(caught.value)


def test_no_secret_is_in_what_is_shown_of_a_channel(password: Path) -> None:
    shown = repr(channel(25, login=password))
    assert str(password) in shown
    assert PASSWORD not in shown


def test_an_authority_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    path.write_text("nothing")

    async def go() -> None:
        async with SmtpServer(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)).running() as server:
            await deliver(channel(server.port, tls=Tls.STARTTLS, ca=str(path)))

    with pytest.raises(HawatchError, match=str(path)):
        asyncio.run(go())
