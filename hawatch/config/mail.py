"""What hawatch.toml says of a mail channel: the server that takes mail, and the mailbox that answers come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TOKEN = "{token}"  # noqa: S105 - a placeholder


class Tls(StrEnum):
    """How a connection is made private: from its first byte, after a plain greeting, or not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A server and how to log in: `password_file` is read at each log-in, `ca_file` (None: the host's) vouches for it.

    `user` None: nobody logs in.
    """

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    def __str__(self) -> str:
        """As errors name it: HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where answers come in. `poll` is the longest time between two looks in seconds; with IDLE mail is seen at once.

    `authserv_id` is whose Authentication-Results count (RFC 8601); None: nobody's.
    """

    server: MailServer
    folder: str = "INBOX"
    poll: float = 60.0
    authserv_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail channel: `sender` is its own address, `reply_to` an address with `{token}` in it for answers.

    Without `imap` nobody reads what is answered.
    """

    sender: str
    smtp: MailServer
    imap: Mailbox | None = None
    reply_to: str | None = None

    @property
    def domain(self) -> str:
        """What stands behind the @ of the channel's address, and of every Message-ID."""
        return self.sender.rpartition("@")[2]
