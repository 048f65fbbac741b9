"""The reader of a mailbox against the real dovecot, and a message on its way through the real opensmtpd."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.lab.mail import CA, DOMAIN, LOST
from deploy.lab.waiting import wait_until
from hawatch.config.mail import Mail, Mailbox, MailServer, Tls
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import DeliveryError, HawatchError
from hawatch.evidence import ObserverState
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.mail import MailNotifier
from hawatch.replies.mail import reader as reader_module
from hawatch.replies.mail.judging import Aside, Rules
from hawatch.replies.mail.reader import MailReader
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply
from tests.integration.conftest import Tell
from tests.mail_servers import Doors, mail_host
from tests.mails import ANNA, OURS, REPLY_TO, TOKENS, mail, rules

HANG_GUARD = 60.0
ACCOUNT = "hawatch"
WITHOUT_IDLE = "imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE LITERAL+ AUTH=PLAIN\n"


class WallClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


class Desk:
    """Whatever the reader says."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.told: list[ObserverState] = []
        self.aside: list[Aside] = []
        self.broken = 0
        self._changed = asyncio.Event()

    async def put(self, arrival: Arrival) -> None:
        self._changed.set()
        if self.broken:
            self.broken -= 1
            raise HawatchError("incidents.db: disk full")
        self.arrivals.append(arrival)

    def tell(self, state: object) -> None:
        assert isinstance(state, ObserverState)
        self.told.append(state)
        self._changed.set()

    def count(self, why: Aside) -> None:
        self.aside.append(why)
        self._changed.set()

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.arrivals if isinstance(each, Reply)]

    async def until(self, count: int, kind: str = "arrivals") -> None:
        """Wait until there are so many of them."""
        async with asyncio.timeout(HANG_GUARD):
            while len(getattr(self, kind)) < count:
                self._changed.clear()
                await self._changed.wait()


class Post:
    """The mail host, and one agent's reader of its mailbox, which can be started again."""

    def __init__(self, doors: Doors, directory: Path) -> None:
        self.doors = doors
        self.server = doors.server
        self.place = directory / "mail.place"
        self.password = directory / "password"
        self.password.write_text(f"{ACCOUNT}\n")
        ca = directory / "ca.crt"
        ca.write_text(self.server.node.path(CA).read_text())
        box = MailServer(host="localhost", port=doors.imap.port, tls=Tls.TLS, user=ACCOUNT,
                         password_file=str(self.password), ca_file=str(ca))  # fmt: skip
        self.mail = Mail(
            sender=OURS,
            smtp=MailServer(host="127.0.0.1", port=doors.smtp.port, tls=Tls.NONE),
            imap=Mailbox(server=box),
            reply_to=REPLY_TO,
        )
        self.timeout = 20.0

    @property
    def channel(self) -> Channel:
        return Channel(name="mail", kind=ChannelKind.MAIL, mail=self.mail, timeout=self.timeout)

    def change_mailbox(self, **changes: object) -> None:
        assert self.mail.imap is not None
        self.mail = replace(self.mail, imap=replace(self.mail.imap, **changes))  # type: ignore[arg-type]

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Desk]:
        """A run of the agent."""
        desk = Desk()
        reading = MailReader(
            channel=self.channel,
            rules=known,
            put=desk.put,
            tell=desk.tell,
            clock=WallClock(),
            place=self.place,
            aside=desk.count,
        )
        task = asyncio.create_task(reading.run())
        try:
            yield desk
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def answer(self, text: str, number: int, **header: str) -> None:
        """An answer of anna's, through smtpd."""
        raw = mail(f"{text}\n", Message_ID=f"<{number}@phone.example.net>", **header)
        self.server.send(raw, sender=ANNA, to=f"{ACCOUNT}@{DOMAIN}")

    def comes(self, text: str, number: int, **header: str) -> None:
        """The same, straight into the mailbox: smtpd delivers at once what it has, and in no order."""
        self.server.drop(ACCOUNT, mail(f"{text}\n", Message_ID=f"<{number}@phone.example.net>", **header))

    async def has_read(self, uid: int) -> None:
        """Wait until the reader has noted that it has read so far."""

        def look() -> bool | None:
            there = self.place.exists() and f'"uid": {uid}}}' in self.place.read_text()
            return True if there else None

        await asyncio.to_thread(lambda: wait_until(look, what=f"UID {uid} to be read", timeout=HANG_GUARD))

    async def arrives(self, text: str, number: int, **header: str) -> None:
        await asyncio.to_thread(lambda: self.answer(text, number, **header))


def known() -> Rules:
    return replace(rules(), people=frozenset({ANNA, f"{LOST}@{DOMAIN}"}))


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with mail_host(ACCOUNT) as doors:
        yield Post(doors, tmp_path)


def test_an_answer_is_read_as_it_comes_and_shown_as_seen_and_what_does_not_count_is_left_alone(
    post: Post, told: Tell
) -> None:
    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            assert [each.up for each in desk.told] == [True]
            await post.arrives("47", 1)
            sent = time.monotonic()
            await desk.until(1)
            told("mail: with the desk after smtpd took it", time.monotonic() - sent)
            await post.arrives("out of office", 2, Auto_Submitted="auto-replied")
            await desk.until(1, "aside")
            await post.arrives("47 2", 3)
            await desk.until(2)
            assert desk.texts == ["47", "47 2"]
            assert desk.aside == [Aside.AUTOMATIC]

    asyncio.run(go())
    assert ["S" in each for each in post.server.flags(ACCOUNT)][:2] == [True, False]
    assert len(post.server.mails(ACCOUNT)) == 3, "nothing is removed"


def test_of_many_that_come_while_others_are_read_none_waits_for_the_next_look(post: Post) -> None:
    """With IDLE a look is due every minute; what comes during a search, IDLE says nothing of."""
    post.change_mailbox(poll=3600.0)

    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            for number in range(60):
                await asyncio.to_thread(post.comes, "47", number)
            await desk.until(60)

    asyncio.run(go())


def test_what_comes_while_the_agent_is_down_is_read_after_and_nothing_twice(post: Post) -> None:
    async def go() -> None:
        post.comes("47", 1)
        post.comes("48", 2, From="mallory@example.net")
        async with post.reader() as desk:
            await post.has_read(2)
            assert (desk.texts, desk.aside) == (["47"], [Aside.STRANGER])
        post.comes("47 9", 3)
        post.comes("47 2", 4)
        async with post.reader() as desk:
            await post.has_read(4)
            assert desk.texts == ["47 9", "47 2"]
            assert desk.aside == []

    asyncio.run(go())


def test_people_who_read_the_mailbox_take_no_answer_away(post: Post) -> None:
    """The mark `seen` is theirs as well: it says nothing about what we have read."""

    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
        post.server.drop(ACCOUNT, mail("47\n"))
        box = post.server.node.path(f"/run/mail/boxes/{ACCOUNT}")
        (new,) = list((box / "new").iterdir())
        new.rename(box / "cur" / f"{new.name}:2,S")
        async with post.reader() as desk:
            await desk.until(1)

    asyncio.run(go())


def test_an_answer_is_not_passed_over_until_it_is_stored(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "PAUSES", (0.0, 0.1))

    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            desk.broken = 4
            post.server.drop(ACCOUNT, mail("47\n"))
            await desk.until(2, "told")
            post.server.drop(ACCOUNT, mail("47 2\n", Message_ID="<2@phone.example.net>"))
            await desk.until(2)
            assert desk.texts == ["47", "47 2"]
            await desk.until(3, "told")
            assert [(each.up, each.problem) for each in desk.told] == [
                (True, None),
                (False, "incidents.db: disk full"),
                (True, None),
            ]

    asyncio.run(go())


def test_a_mailbox_that_was_restored_is_read_anew_and_its_mails_have_the_same_ids(post: Post) -> None:
    async def go() -> None:
        await post.arrives("47", 1)
        async with post.reader() as desk:
            await desk.until(1)
            first = desk.arrivals
        await asyncio.to_thread(post.server.stop_dovecot)
        post.server.forget_uids(ACCOUNT)
        await asyncio.sleep(1.1)  # its UIDVALIDITY is the second in which it is made
        await asyncio.to_thread(post.server.start_dovecot)
        async with post.reader() as desk:
            await desk.until(1)
            assert desk.arrivals == first, "the desk knows it again"

    asyncio.run(go())


def test_a_server_that_goes_away_is_told_of_once_and_what_came_meanwhile_is_read(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "PAUSES", (0.0, 0.2))

    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            await asyncio.to_thread(post.server.stop_dovecot)
            await desk.until(2, "told")
            assert not desk.told[-1].up
            assert str(desk.told[-1].problem).startswith(f"localhost:{post.doors.imap.port}")
            await post.arrives("47", 1)
            await asyncio.to_thread(post.server.start_dovecot)
            await desk.until(1)
            await desk.until(3, "told")
            assert [each.up for each in desk.told] == [True, False, True]

    asyncio.run(go())


def test_a_connection_that_the_server_ends_when_it_is_quiet_is_nothing_to_tell(post: Post) -> None:
    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            post.server.node.run(["doveadm", "-c", "/run/mail/dovecot.conf", "kick", ACCOUNT])
            await post.arrives("47", 1)
            await desk.until(1)
            assert [each.up for each in desk.told] == [True]

    asyncio.run(go())


def test_a_wrong_password_is_named_and_not_tried_again_at_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "LOGIN_PAUSE", 3600.0)
    post.password.write_text("wrong horse\n")

    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            problem = str(desk.told[0].problem)
            assert "refuses the user name or the password of hawatch" in problem
            assert "wrong horse" not in problem
            assert len(desk.told) == 1

    asyncio.run(go())


def test_a_folder_that_is_not_there_and_a_certificate_of_nobody_are_named(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "PAUSES", (0.0, 0.1))

    async def go() -> None:
        post.change_mailbox(folder="Answers")
        async with post.reader() as desk:
            await desk.until(1, "told")
            assert "folder Answers" in str(desk.told[0].problem)
        assert post.mail.imap is not None
        post.change_mailbox(folder="INBOX", server=replace(post.mail.imap.server, ca_file=None))
        async with post.reader() as desk:
            await desk.until(1, "told")
            assert "its certificate is not believed" in str(desk.told[0].problem)

    asyncio.run(go())


def test_a_server_that_does_not_say_when_something_comes_is_asked(tmp_path: Path) -> None:
    with mail_host(ACCOUNT, dovecot=WITHOUT_IDLE) as doors:
        post = Post(doors, tmp_path)
        post.change_mailbox(poll=0.2)

        async def go() -> None:
            async with post.reader() as desk:
                await desk.until(1, "told")
                await post.arrives("47", 1)
                await desk.until(1)

        asyncio.run(go())


def test_a_large_mail_is_read_as_far_as_its_text(post: Post) -> None:
    picture = "A" * 76 + "\n"
    body = (
        "--x\nContent-Type: text/plain\n\n47\n"
        f"--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n{picture * 60_000}\n--x--"
    )

    async def go() -> None:
        async with post.reader() as desk:
            await desk.until(1, "told")
            post.server.drop(ACCOUNT, mail(body, Content_Type='multipart/mixed; boundary="x"'))
            await post.arrives("47 2", 2)
            await desk.until(2)
            assert desk.texts == ["47", "47 2"]

    asyncio.run(go())


def test_a_message_that_cannot_be_delivered_comes_back_and_is_told_as_failed(post: Post) -> None:
    told = Outgoing(id="lb01-1-1", person="anna", to=f"{LOST}@{DOMAIN}", text="x", written_at=time.time())

    async def go() -> None:
        assert await MailNotifier(post.channel, TOKENS).deliver(told) is Delivery.SENT
        async with post.reader() as desk:
            await desk.until(1)
            (receipt,) = desk.arrivals
            assert isinstance(receipt, Receipt)
            assert (receipt.message, receipt.state) == ("lb01-1-1", ReceiptState.FAILED)
            assert "it came back" in str(receipt.problem)

    asyncio.run(go())


def test_an_address_that_the_server_does_not_know_is_refused_for_good(post: Post) -> None:
    told = Outgoing(id="lb01-1-1", person="anna", to=f"nobody@{DOMAIN}", text="x", written_at=time.time())
    with pytest.raises(DeliveryError) as caught:
        asyncio.run(MailNotifier(post.channel, TOKENS).deliver(told))
    assert not caught.value.temporary
