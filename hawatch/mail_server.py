"""How a mail server is reached: who vouches for it, the password, and its troubles in one line."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterable
from pathlib import Path

from hawatch.config.mail import MailServer
from hawatch.errors import HawatchError

LONGEST = 160
"""Characters of what a server says that are told on."""
HIDDEN = "***"


class MailServerError(HawatchError):
    """It cannot be reached as hawatch.toml says; one line that names the server, or the file, at fault."""


def password_of(server: MailServer) -> str:
    """The password, as its file has it now: it may have been changed since. MailServerError without a word of it."""
    if server.password_file is None:
        raise MailServerError(f"{server}: no password_file")
    try:
        password = Path(server.password_file).read_bytes().decode("ascii").rstrip("\r\n")
    except OSError as error:
        raise MailServerError(f"{server.password_file}: {_reason(error)}") from None
    except UnicodeDecodeError:
        raise MailServerError(f"{server.password_file}: holds letters beyond ASCII") from None
    if not password or not password.isprintable():
        raise MailServerError(f"{server.password_file}: holds no password, or more than one line")
    return password


def tls_context(server: MailServer) -> ssl.SSLContext:
    """Takes nothing but a certificate for the server's name from an authority that is known. MailServerError."""
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:  # ssl.SSLError, too: a file without a certificate
        raise MailServerError(f"{server.ca_file}: {_reason(error)}") from None


def trouble(server: MailServer, error: OSError) -> str:
    """What came of an attempt to talk to the server."""
    if isinstance(error, TimeoutError):
        return f"{server}: no answer in time"
    return f"{server}: {_reason(error)}"


def sent_forms(user: str, password: str) -> tuple[str, ...]:
    """A password in the forms in which a log-in has it, the longest first: a server may say back what it was told."""
    both = (f"\0{user}\0{password}", f"{user}\0{user}\0{password}", password)
    forms = {password, *(base64.b64encode(each.encode()).decode() for each in both)}
    return tuple(sorted(forms, key=len, reverse=True))


def shown(said: bytes | str, hidden: Iterable[str] = ()) -> str:
    """What a server has said, short, on one line, and without what is to be hidden."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    for form in hidden:
        text = text.replace(form, HIDDEN)
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {shown(error.verify_message)}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {shown(error.reason or str(error)).lower().replace('_', ' ')}"
    return (error.strerror or str(error) or type(error).__name__).lower()
