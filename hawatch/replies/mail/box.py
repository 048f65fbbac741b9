"""The mailbox by IMAP (imap-tools): what has come since a place in it. Everything here blocks.

Mails are marked as seen once they are taken, and otherwise left as they are. Which of them are new is told by their
UIDs (RFC 9051 §2.3.1.1), not by that mark: people may read the mailbox, too.
"""

from __future__ import annotations

import imaplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import imap_tools
from imap_tools.errors import ImapToolsError, MailboxLoginError

from hawatch.config.mail import Mailbox, MailServer, Tls
from hawatch.errors import ObserverError
from hawatch.mail_server import MailServerError, password_of, sent_forms, shown, tls_context, trouble

MOST_BYTES = 256 * 1024
"""Of a mail no more is fetched: text stands before pictures and attachments."""
_CAME = "EXISTS"
_FETCH = f"(BODY.PEEK[]<0.{MOST_BYTES}> INTERNALDATE)"


class LoginRefusedError(ObserverError):
    """The server does not believe the password: trying again soon may lock the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One mail: its first bytes, and when it came to the mailbox (epoch seconds, None if the server does not say)."""

    raw: bytes
    came_at: float | None


class Box:
    """One connection. Whatever fails is an ObserverError of one line, and the connection is of no use any more."""

    def __init__(self, mailbox: Mailbox, *, timeout: float) -> None:
        """`timeout` is in seconds, for each answer of the server."""
        self._mailbox = mailbox
        self._timeout = timeout
        self._box: imap_tools.BaseMailBox | None = None
        self._ended = False
        self._hidden: tuple[str, ...] = ()

    def open(self) -> None:
        """Connect, log in, choose the folder."""
        server = self._mailbox.server
        with self._one_line():
            password = password_of(server)
            self._hidden = sent_forms(server.user or "", password)
            self._box = box = _connected(server, self._timeout)
            if self._ended:
                box.client.shutdown()
                return
            try:
                box.login(server.user or "", password, initial_folder=None)
            except MailboxLoginError as error:
                said = shown(" ".join(_words(error.command_result)), self._hidden)
                raise LoginRefusedError(
                    f"{server} refuses the user name or the password of {server.user}: {said}"
                ) from None
            box.folder.set(self._mailbox.folder)

    @property
    def validity(self) -> int:
        """The folder's UIDVALIDITY: with another one, its UIDs mean other mails."""
        with self._one_line():
            told = (
                self._client.untagged_responses.get("UIDVALIDITY") or self._client.response("UIDVALIDITY")[1]
            )
            return int(told[-1] or 0) if told else 0

    @property
    def has_idle(self) -> bool:
        """Whether the server says by itself when something comes (RFC 2177)."""
        return "IDLE" in self._client.capabilities

    def since(self, day: datetime) -> list[int]:
        """The UIDs of what came on that day and later, in order."""
        return self._uids(f"(SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year})")

    def behind(self, uid: int) -> list[int]:
        """The UIDs behind this one, in order."""
        return [each for each in self._uids(f"(UID {uid + 1}:*)") if each > uid]

    def last(self) -> int:
        """The highest UID that there is; 0 for an empty folder."""
        return max(self._uids("(UID *)"), default=0)

    def fetch(self, uid: int) -> Found | None:
        """One mail; None if it has gone."""
        with self._one_line():
            kind, parts = self._client.uid("FETCH", str(uid), _FETCH)
            if kind != "OK":
                raise ObserverError(f"{self._mailbox.server}: {shown(' '.join(_words(parts)), self._hidden)}")
            whole = [part for part in parts if isinstance(part, tuple)]
            if not whole:
                return None
            told = b" ".join(part if isinstance(part, bytes) else part[0] for part in parts if part)
            return Found(raw=bytes(whole[0][1]), came_at=_came_at(told))

    def mark_seen(self, uid: int) -> None:
        """Show people who look into the mailbox that it was taken; a folder that cannot be written stays as it is."""
        # Not by the library's flag(): that ends with an EXPUNGE, which removes what others have marked as deleted.
        with self._one_line(), suppress(imaplib.IMAP4.readonly):
            self._client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def look_again(self) -> None:
        """Have the server say what has changed."""
        with self._one_line():
            self._client.noop()

    def begin_idle(self) -> socket.socket | None:
        """Ask to be told: the socket on which it will be; None if something was told at once."""
        with self._one_line():
            self._idle.start()
            return None if _holds_more(self._client) else self._client.sock

    def end_idle(self) -> None:
        """Hear what was told."""
        with self._one_line():
            self._idle.poll(timeout=0)
            self._idle.stop()

    def abort(self) -> None:
        """End the connection, from any thread: whoever waits for the server's next word gets an error."""
        self._ended = True
        if self._box is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._box.client.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back, after `abort` or an error, and when nobody else uses it."""
        if self._box is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._box.client.shutdown()

    # --- inside -----------------------------------------------------------------------------------

    @property
    def _imap(self) -> imap_tools.BaseMailBox:
        if self._box is None or self._ended:
            raise ObserverError(f"{self._mailbox.server}: the connection is not open")
        return self._box

    @property
    def _idle(self) -> Any:
        return self._imap.idle

    @property
    def _client(self) -> Any:
        return self._imap.client

    def _uids(self, criteria: str) -> list[int]:
        """What a search finds. A mail that comes meanwhile is told with its answer, and is not in it: it is looked for
        at once, since IDLE would say nothing of what was told already."""
        with self._one_line():
            while True:
                self._client.response(_CAME)  # what was told before is known to the search
                found = sorted(int(each) for each in self._imap.uids(criteria, charset=None))
                if self._client.response(_CAME)[1] == [None]:
                    return found

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        server = self._mailbox.server
        try:
            yield
        except MailServerError as error:
            raise ObserverError(str(error)) from None
        except OSError as error:
            raise ObserverError(trouble(server, error)) from None
        except ImapToolsError as error:
            said = getattr(error, "command_result", ())
            raise ObserverError(
                f"{server}, folder {self._mailbox.folder}: {shown(' '.join(_words(said)), self._hidden)}"
            ) from None
        except (
            imaplib.IMAP4.error,
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            OverflowError,
        ) as error:  # an answer that makes no sense
            raise ObserverError(f"{server}: {shown(str(error), self._hidden)}") from None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _connected(server: MailServer, timeout: float) -> imap_tools.BaseMailBox:
    if server.tls is Tls.TLS:
        return imap_tools.MailBox(server.host, server.port, timeout, ssl_context=tls_context(server))
    if server.tls is Tls.STARTTLS:
        return imap_tools.MailBoxStartTls(server.host, server.port, timeout, ssl_context=tls_context(server))
    return imap_tools.MailBoxUnencrypted(server.host, server.port, timeout)


def _holds_more(client: Any) -> bool:
    """Whether something was read together with the answer to IDLE: no socket would tell of it any more."""
    sock, file = client.sock, getattr(client, "_file", None) or client.file
    before = sock.gettimeout()
    sock.settimeout(0)
    try:
        return bool(file.peek(1))
    except OSError:  # nothing there now
        return False
    finally:
        sock.settimeout(before)


def _came_at(told: bytes) -> float | None:
    day = imaplib.Internaldate2tuple(told)
    return None if day is None else datetime(*day[:6]).astimezone().timestamp()


def _words(said: object) -> Iterator[str]:
    """The texts in what the library hands on."""
    if isinstance(said, bytes):
        yield said.decode(errors="replace")
    elif isinstance(said, str):
        yield said
    elif isinstance(said, list | tuple):
        for each in said:
            yield from _words(each)
