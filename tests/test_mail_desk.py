"""Mail and the desks: what a mail says beside the text, whose tokens hold, and that two agents count an answer once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.agent import mail_replies
from hawatch.agent.mail_key import MailKeyError, mail_key
from hawatch.agent.mail_replies import MailReplies
from hawatch.agent.outgoing import outgoing_of
from hawatch.config import Config
from hawatch.config.mail import Mail, Mailbox, MailServer, Tls
from hawatch.config.oncall import Channel, ChannelKind, Contact, Medium, Way
from hawatch.config.records import Peer
from hawatch.desk.records import Heard
from hawatch.desk.trying import write_tests
from hawatch.incident import State
from hawatch.notification.message import Message, MessageState
from hawatch.notification.outgoing import Outgoing
from hawatch.replies.mail.judging import Aside
from hawatch.reply.arrival import Receipt, ReceiptState, Reply
from hawatch.wire.mail_token import MailTokens, Vouched
from tests import phones
from tests.phones import HOUR, LB01, LB02, Desk, Night
from tests.test_incident import THREE

DAY = 24 * HOUR
SERVER = MailServer(host="mail.example.org", port=587, tls=Tls.STARTTLS)
BOX = Mailbox(server=replace(SERVER, user="hawatch", password_file="/x"), authserv_id="mx.example.org")
MAIL = Channel(
    name="mail",
    kind=ChannelKind.MAIL,
    media=frozenset({Medium.MAIL}),
    mail=Mail(sender="hawatch@example.org", smtp=SERVER, imap=BOX, reply_to="haw+{token}@example.org"),
)
ONE_WAY = replace(MAIL, mail=Mail(sender="hawatch@example.org", smtp=SERVER))
ADDRESS = "anna@example.org"
ANNA = replace(phones.ANNA, ways=(*phones.ANNA.ways, Way(channel="mail", to=ADDRESS)))
DORA = Contact(name="dora", language="zh", ways=(Way(channel="mail", to="dora@example.org"),))
TOKENS = MailTokens(b"k" * 32)


def config(mail: Channel = MAIL) -> Config:
    return Config(
        peers=(Peer(name=LB01), Peer(name=LB02)), channels=(phones.SMS, mail), contacts=(ANNA, DORA)
    )


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with Night(monkeypatch, conf=config()) as night:
        yield night


def reader(desk: Desk) -> MailReplies:
    return MailReplies(
        desk.oncall,
        MAIL,
        tokens=TOKENS,
        node=desk.node,
        clock=desk.clock,
        put=desk.told.append,
        state_directory=None,
    )


def answer(text: str, sender: str = ADDRESS, name: str = "<answer-1@phone.example.net>") -> Reply:
    return Reply(channel="mail", id=name, sender=sender, text=text, sent_at=THREE)


def answers(night: Night) -> list[Message]:
    """What both desks have answered, each message once."""
    found = {each.id: each for desk in night for each in desk.messages if each.occasion == "answer"}
    return list(found.values())


async def carried(one: Desk, other: Desk) -> None:
    """The letters of one desk reach the other."""
    for letter in list(one.oncall.letters.waiting(other.node)):
        await other.oncall.letters.take(one.node, letter)
        one.oncall.letters.delivered(other.node, letter.id, letter.version)


# --- an answer ------------------------------------------------------------------------------------


def test_what_was_told_by_sms_can_be_answered_by_mail_and_is_answered_there(night: Night) -> None:
    night.split()
    night.phone("anna").must_read("SPLIT BRAIN")
    code = night.phone("anna").code
    night.run(reader(night.lb01).take(answer(code)))
    night.settle()
    assert [desk.only.state for desk in night] == [State.ACKNOWLEDGED] * 2
    assert night.lb01.only.acknowledged_by == "anna"
    (echo,) = [each for each in answers(night) if each.person == "anna"]
    assert (echo.channel, echo.to) == ("mail", ADDRESS)
    told = outgoing_of(echo, MAIL, night.lb01.oncall)
    assert told.answers == "<answer-1@phone.example.net>"
    assert told.thread == night.lb01.only.name
    assert (told.hint, told.details) == ("", "")


def test_an_answer_that_both_agents_read_at_once_counts_once(night: Night) -> None:
    night.split()
    code = night.phone("anna").code

    async def both_read() -> None:
        later = asyncio.ensure_future(reader(night.lb02).take(answer(code)))
        await asyncio.sleep(0)
        await reader(night.lb01).take(answer(code))
        await carried(night.lb01, night.lb02)
        await later

    night.run(both_read())
    night.settle()
    assert [desk.only.state for desk in night] == [State.ACKNOWLEDGED] * 2
    assert len([each for each in answers(night) if each.person == "anna"]) == 1
    assert [each.node for each in night.lb02.oncall.ledger.all(Heard)] == [LB01]


def test_an_answer_that_the_first_agent_cannot_read_is_taken_by_the_other(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_replies, "GRACE", 0.01)
    night.split()
    night.run(reader(night.lb02).take(answer(night.phone("anna").code)))
    night.settle()
    assert [desk.only.state for desk in night] == [State.ACKNOWLEDGED] * 2


def test_agents_that_cannot_talk_both_take_it_at_once(night: Night) -> None:
    night.split()
    night.cannot_talk()
    code = night.phone("anna").code
    for desk in night:
        night.run(reader(desk).take(answer(code)))
    night.can_talk()
    assert [desk.only.state for desk in night] == [State.ACKNOWLEDGED] * 2


def test_a_mail_that_comes_again_under_another_id_is_known_by_its_time_and_text(night: Night) -> None:
    night.split()
    code = night.phone("anna").code
    first = reader(night.lb01)
    for name in ("<1@x.y>", "<1@x.y>", "<2@x.y>"):
        night.run(first.take(answer(code, name=name)))
    assert len([each for each in answers(night) if each.person == "anna"]) == 1


def test_a_bounce_makes_the_message_a_failure(night: Night) -> None:
    night.split()
    night.passes(3)
    (told,) = [each for each in night.lb01.messages if each.person == "dora" and each.medium is Medium.MAIL]
    left = told.moved_to(MessageState.LEFT, THREE)
    night.lb01.change(lambda _: night.lb01.oncall.ledger.put(replace(left, state=MessageState.LEFT)))
    receipt = Receipt(channel="mail", message=told.id, state=ReceiptState.FAILED, problem="it came back: 550")
    night.run(reader(night.lb01).take(receipt))
    after = night.lb01.oncall.ledger.get(Message, told.id)
    assert after is not None
    assert (after.state, after.problem) == (MessageState.FAILED, "it came back: 550")


def test_what_is_put_aside_is_counted_and_shown(night: Night) -> None:
    mailbox = reader(night.lb01)
    for why in (Aside.NO_PROOF, Aside.NO_PROOF, Aside.AUTOMATIC):
        mailbox.count(why)
    assert night.lb01.oncall.view().put_aside == (("mail", "no_proof", 2), ("mail", "automatic", 1))


# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_holds_for_three_days_and_longer_while_a_code_that_came_with_it_stands(night: Night) -> None:
    def holds(written_at: float, address: str = ADDRESS) -> bool:
        rules = reader(night.lb01).rules()
        assert rules.people == {ADDRESS, "dora@example.org"}
        assert rules.authserv_id == "mx.example.org"
        return rules.holds(Vouched(address=address, written_at=written_at))

    assert holds(THREE - 2 * DAY)
    assert not holds(THREE - 4 * DAY)
    night.split()
    told_at = night.lb01.clock.wall()
    for day in range(6):
        assert holds(told_at), day
        night.passes(DAY, step=DAY / 2)
    assert not holds(told_at - 2 * HOUR), "what was written before that code was given"
    night.heals().passes(HOUR, step=300)
    night.passes(2 * DAY, step=DAY / 2)
    assert holds(told_at)
    night.passes(2 * DAY, step=DAY / 2)
    assert not holds(told_at)


def test_the_key_is_the_peer_key_or_one_that_is_made_once_and_kept(tmp_path: Path) -> None:
    directory = tmp_path / "state"
    assert mail_key(b"the peer key", directory) == b"the peer key"
    assert not directory.exists()
    made = mail_key(None, directory)
    assert len(made) == 32
    assert mail_key(None, directory) == made
    assert (directory / "mail.key").stat().st_mode & 0o077 == 0
    assert mail_key(None, None) != mail_key(None, None)
    (directory / "mail.key").write_bytes(b"short")
    with pytest.raises(MailKeyError, match="too short"):
        mail_key(None, directory)


# --- what a mail says -----------------------------------------------------------------------------


def told_by_mail(night: Night, person: str, channel: Channel = MAIL) -> Outgoing:
    message = next(each for each in night.lb01.messages if each.person == person and each.occasion == "first")
    return outgoing_of(message, channel, night.lb01.oncall)


def test_a_mail_says_how_to_answer_and_all_that_is_known_in_its_readers_language(night: Night) -> None:
    night.split().passes(3)
    told = told_by_mail(night, "dora")
    assert told.text.startswith("[hawatch")
    code = night.phone("dora").code or next(each for each in told.text.split("回")[1:])[:2]
    assert told.hint == f"可直接回复本邮件，只看第一行，如回{code}即确认"
    assert "裂脑" in told.details
    assert "it is split_brain" in told.details
    assert told.thread == night.lb01.only.name
    assert told.written_at >= THREE


def test_a_mail_that_nobody_reads_the_answers_of_says_so(night: Night) -> None:
    night.split().passes(3)
    assert told_by_mail(night, "dora", ONE_WAY).hint == "回复本邮件无人阅读"


def test_a_text_message_stays_as_it_is(night: Night) -> None:
    night.split()
    told = told_by_mail(night, "anna", phones.SMS)
    assert (told.hint, told.details, told.answers) == ("", "", "")


def test_the_end_has_no_details_and_asks_for_nothing(night: Night) -> None:
    night.split().passes(3)
    night.heals().passes(60)
    over = next(each for each in night.lb01.messages if each.person == "dora" and each.occasion == "resolved")
    told = outgoing_of(over, MAIL, night.lb01.oncall)
    assert (told.hint, told.details) == ("", "")
    assert told.thread


def test_a_test_message_by_mail_shows_how_to_try_the_way_back(night: Night) -> None:
    written = night.lb01.change(lambda around: write_tests("anna", night.lb01.oncall.ledger, around))
    by_mail = next(each for each in written if each.channel == "mail")
    told = outgoing_of(by_mail, MAIL, night.lb01.oncall)
    assert told.hint == "Answer this mail with a ? to try the way back"
    night.run(reader(night.lb01).take(answer("?")))
    (echo,) = answers(night)
    assert (echo.channel, echo.to) == ("mail", ADDRESS)
    assert "Nothing is open" in echo.text
