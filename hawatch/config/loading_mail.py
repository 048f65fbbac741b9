"""The mail part of a [[channel]], from text to records: from, reply_to, [channel.smtp], [channel.imap]."""

from __future__ import annotations

from hawatch.config import checks
from hawatch.config.mail import TOKEN, Mail, Mailbox, MailServer, Tls
from hawatch.config.mail_address import address, to_address
from hawatch.config.table import Table

_PORTS = range(1, 65536)
_SMTP = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}
_IMAP = {Tls.STARTTLS: 143, Tls.TLS: 993, Tls.NONE: 143}
_LONGEST_TOKEN = "x" * 24


def mail(table: Table) -> Mail:
    """What a channel of kind mail has of its own. ConfigError."""
    sender = table.checked("from", address)
    reply_to = table.optional("reply_to", _with_token)
    if not table.has("smtp"):
        raise table.error("smtp", "missing: a [channel.smtp] says which server takes mail")
    smtp_table = table.table("smtp")
    smtp = _server(smtp_table, Tls.STARTTLS, _SMTP)
    smtp_table.end()
    imap = _mailbox(table.table("imap")) if table.has("imap") else None
    if imap is None and reply_to is not None:
        raise table.error("reply_to", "is of no use without a [channel.imap] that answers are read from")
    return Mail(sender=sender.lower(), smtp=smtp, imap=imap, reply_to=reply_to)


def _mailbox(table: Table) -> Mailbox:
    default = Mailbox(server=MailServer(host="", port=1, tls=Tls.TLS))
    server = _server(table, Tls.TLS, _IMAP)
    if server.user is None:
        raise table.error("user", "missing: whose mailbox it is")
    found = Mailbox(
        server=server,
        folder=table.string("folder", default.folder),
        poll=table.duration("poll", default.poll, 1),
        authserv_id=table.optional("authserv_id", checks.host),
    )
    table.end()
    return found


def _server(table: Table, usual: Tls, ports: dict[Tls, int]) -> MailServer:
    tls = table.choice("tls", usual)
    found = MailServer(
        host=table.checked("host", checks.host),
        port=table.number("port", ports[tls], _PORTS),
        tls=tls,
        user=table.optional("user", _ascii),
        password_file=table.optional("password_file", checks.absolute_path),
        ca_file=table.optional("ca_file", checks.absolute_path),
    )
    if (found.user is None) != (found.password_file is None):
        missing, there = ("user", "password_file") if found.user is None else ("password_file", "user")
        raise table.error(missing, f"missing, while there is a {there}")
    if found.ca_file is not None and tls is Tls.NONE:
        raise table.error("ca_file", 'is of no use with tls = "none"')
    return found


def _ascii(text: str) -> str | None:
    return None if text.isascii() else "holds letters beyond ASCII"


def _with_token(text: str) -> str | None:
    """An address with the place for the token before its @, and room for it."""
    if text.partition("@")[0].count(TOKEN) != 1 or text.count(TOKEN) != 1:
        return f"has not one {TOKEN} before its @, like haw+{TOKEN}@example.org"
    if to_address(text.replace(TOKEN, _LONGEST_TOKEN)) is None:
        return (
            f"is not a mail address, like haw+{TOKEN}@example.org, or has more than 40 letters before its @"
        )
    return None
