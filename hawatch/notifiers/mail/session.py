"""One talk with a mail server by SMTP: greeting, TLS, log-in, one message. Everything here blocks.

What says that this recipient or this message is refused for good is final. Everything else (the network, TLS, the
log-in, a sender that is not allowed) can be mended while the message waits, and is tried again.
"""

from __future__ import annotations

import smtplib
import socket
from contextlib import suppress

from hawatch.config.mail import MailServer, Tls
from hawatch.errors import DeliveryError
from hawatch.mail_server import password_of, sent_forms, shown, tls_context, trouble

_FIRST_FINAL = 500


class Session:
    """Hands one message over. `domain` completes this host's name for the greeting; `timeout` bounds each step."""

    def __init__(self, server: MailServer, *, domain: str, timeout: float) -> None:
        self._server = server
        self._domain = domain
        self._timeout = timeout
        self._smtp: smtplib.SMTP | None = None
        self._hidden: tuple[str, ...] = ()

    def hand_over(self, sender: str, to: str, message: bytes) -> None:
        """All of it, to where the server has taken the message. DeliveryError; HawatchError for what cannot be used."""
        try:
            smtp = self._smtp = self._connect()
            try:
                smtp.ehlo_or_helo_if_needed()
                self._log_in(smtp)
                smtp.sendmail(sender, [to], message, mail_options=_wishes(smtp))
            finally:
                with suppress(OSError):  # it has the message, or has said why not
                    smtp.quit()
        except smtplib.SMTPException as error:
            raise self._told(error, to) from None
        except OSError as error:
            raise DeliveryError(trouble(self._server, error), temporary=True) from None

    def abort(self) -> None:
        """Let nobody wait any longer for the server's next word."""
        sock = None if self._smtp is None else self._smtp.sock
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _connect(self) -> smtplib.SMTP:
        server, name = self._server, _own_name(self._domain)
        if server.tls is Tls.TLS:
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=name,
                timeout=self._timeout,
                context=tls_context(server),
            )
        smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=self._timeout)
        if server.tls is Tls.STARTTLS:
            try:
                smtp.starttls(context=tls_context(server))
            except BaseException:
                smtp.close()
                raise
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        if self._server.user is not None:
            password = password_of(self._server)
            self._hidden = sent_forms(self._server.user, password)
            smtp.login(self._server.user, password)

    def _told(self, error: smtplib.SMTPException, to: str) -> DeliveryError:
        """In the order of what the library's errors are kinds of."""
        match error:
            case smtplib.SMTPRecipientsRefused(recipients=refused):
                code, said = next(iter(refused.values()))
                return self._refused(code, f"refuses {to}", said, final=code >= _FIRST_FINAL)
            case smtplib.SMTPSenderRefused(smtp_code=code, smtp_error=said):
                return self._refused(code, f"refuses mail from {error.sender}", said, final=False)
            case smtplib.SMTPDataError(smtp_code=code, smtp_error=said):
                return self._refused(code, "refuses the message", said, final=code >= _FIRST_FINAL)
            case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=said):
                told = f"refuses the user name or the password of {self._server.user}"
                return self._refused(code, told, said, final=False)
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
                return self._refused(code, "does not go on", said, final=False)
            case smtplib.SMTPNotSupportedError():
                return DeliveryError(f"{self._server}: {shown(str(error), self._hidden)}", temporary=True)
            case smtplib.SMTPServerDisconnected():
                return DeliveryError(f"{self._server}: the connection broke", temporary=True)
            case _:
                return DeliveryError(f"{self._server}: {shown(str(error), self._hidden)}", temporary=True)

    def _refused(self, code: int, what: str, said: bytes | str, *, final: bool) -> DeliveryError:
        return DeliveryError(
            f"{self._server} {what}: {code} {shown(said, self._hidden)}", temporary=not final
        )


def _wishes(smtp: smtplib.SMTP) -> list[str]:
    """A bounce shall bring back the header alone, which has all that is needed of it (RFC 3461 §4.3)."""
    return ["RET=HDRS"] if smtp.has_extn("dsn") else []


def _own_name(domain: str) -> str:
    """A full name for the greeting: many servers turn away who gives none. No name service is asked."""
    name = socket.gethostname()
    return name if "." in name else f"{name}.{domain}"
