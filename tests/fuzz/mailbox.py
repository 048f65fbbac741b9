"""What an IMAP server says to our client."""

from __future__ import annotations

import imaplib
import io
from typing import Any
from unittest import mock

import imap_tools

from hawatch.config.mail import Mailbox, MailServer, Tls
from hawatch.errors import HawatchError
from hawatch.replies.mail.box import Box
from tests.fuzz.target import Target, finite

NO_SECRET = "/dev/null"


class _Told(imaplib.IMAP4):
    """A client to which a server says what stands written, whatever it is asked."""

    def __init__(self, written: bytes) -> None:
        self._written = written
        super().__init__()

    def open(self, *_where: Any) -> None:
        self.sock = mock.Mock()
        self.file = self._file = io.BytesIO(
            b"* OK ready\r\n* CAPABILITY IMAP4rev1 IDLE\r\nBAAA0 OK done\r\n" + self._written
        )

    def send(self, data: Any) -> None:
        """Nobody hears it."""

    def shutdown(self) -> None:
        """There is nothing to be closed."""


class _ToldBox(imap_tools.BaseMailBox):
    def __init__(self, written: bytes) -> None:
        self._written = written
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        with mock.patch("random.randint", return_value=4096):  # tags begin with BAAA
            return _Told(self._written)


def _imap(data: bytes) -> None:
    server = MailServer(host="mail.example.org", port=143, tls=Tls.NONE, user="ops", password_file=NO_SECRET)
    box = Box(Mailbox(server=server), timeout=1.0)
    with (
        mock.patch("hawatch.replies.mail.box._connected", return_value=_ToldBox(data)),
        mock.patch("hawatch.replies.mail.box.password_of", return_value="secret word"),
    ):
        box.open()
    assert isinstance(box.validity, int)
    for uid in box.behind(7)[:3]:
        found = box.fetch(uid)
        finite(None if found is None else found.came_at)
        box.mark_seen(uid)
    box.look_again()


TARGETS: dict[str, Target] = {"imap_answers": Target(run=_imap, allowed=(HawatchError,))}
