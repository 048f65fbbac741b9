"""Mail on one node: the real opensmtpd, which delivers into maildirs, and the real dovecot, which shows them by IMAP.

Every account has an address, a mailbox and a password, all three of its name. Mail for `lost@` is taken and comes back.
SMTP is plain and without a log-in here: the TLS of Debian 12's opensmtpd does not work with its OpenSSL 3, and without
TLS it lets nobody log in. IMAP has both.
"""

from __future__ import annotations

import email
import itertools
import os
import smtplib
import socket
import subprocess
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

from deploy.lab import network
from deploy.lab.errors import LabError
from deploy.lab.identity import agent_identity
from deploy.lab.node import Node
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until

SMTPD, DOVECOT = "/usr/sbin/smtpd", "/usr/sbin/dovecot"
PLACE = "/run/mail"
BOXES = f"{PLACE}/boxes"
CA = f"{PLACE}/ca.crt"
DOMAIN = "example.org"
LOST = "lost"
SMTP, IMAP, IMAPS = 25, 143, 993
START_TIMEOUT, TALK_TIMEOUT, MAIL_TIMEOUT = 30.0, 20.0, 60.0  # seconds; hang guards
_serial = itertools.count(1)

_SMTPD_CONF = f"""\
table people file:{PLACE}/people
listen on 0.0.0.0 port {SMTP} hostname mail.{DOMAIN}
action "comes back" mda "exit 67" virtual <people>
action "in" maildir "{BOXES}/%{{rcpt.user:strip|lowercase}}" virtual <people>
match from any for rcpt-to "{LOST}@{DOMAIN}" action "comes back"
match from any for domain "{DOMAIN}" action "in"
"""


class MailServer:
    """smtpd and dovecot on a node."""

    def __init__(self, node: Node, accounts: Sequence[str], *, dovecot: str = "") -> None:
        """`dovecot` are further lines of its configuration."""
        self._more = dovecot
        self.node = node
        self.accounts = tuple(accounts)
        self._smtpd: Process | None = None
        self._dovecot: Process | None = None

    # --- processes --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start both, and wait until both answer."""
        self._prepare()
        self.start_smtpd()
        self.start_dovecot()

    def start_smtpd(self) -> None:
        """Start it, and wait for its greeting."""
        self._smtpd = self.node.popen([SMTPD, "-d", "-f", f"{PLACE}/smtpd.conf"], name="smtpd")
        self._await_greeting(self._smtpd, SMTP, b"220")

    def stop_smtpd(self) -> None:
        """Nobody answers at its ports any more."""
        assert self._smtpd is not None
        self._smtpd.stop()

    def start_dovecot(self) -> None:
        """Start it, and wait for its greeting."""
        self._dovecot = self.node.popen([DOVECOT, "-F", "-c", f"{PLACE}/dovecot.conf"], name="dovecot")
        self._await_greeting(self._dovecot, IMAP, b"* OK")

    def stop_dovecot(self) -> None:
        """It ends every connection, and nobody answers at its ports."""
        assert self._dovecot is not None
        self._dovecot.stop()

    def log(self) -> str:
        """What both have written."""
        return "\n".join(each.output() for each in (self._smtpd, self._dovecot) if each is not None)

    def _await_greeting(self, process: Process, port: int, word: bytes) -> None:
        def look() -> bool | None:
            if not process.running:
                raise LabError(f"{process.name} has ended: {process.output()[-2000:]}")
            try:
                with self.connect(port) as sock:
                    return True if sock.recv(100).startswith(word) else None
            except OSError:
                return None

        wait_until(look, what=f"{process.name} to greet", timeout=START_TIMEOUT)

    def connect(self, port: int) -> socket.socket:
        """A connection from inside the node."""
        return network.connect(self.node.pid, "127.0.0.1", port, timeout=TALK_TIMEOUT)

    # --- mail -------------------------------------------------------------------------------------

    def send(self, raw: bytes, *, sender: str, to: str) -> None:
        """Mail from somebody outside: nobody logs in, and it says of itself what it likes."""
        smtp = smtplib.SMTP(local_hostname="client.example.net", timeout=TALK_TIMEOUT)
        smtp.sock = self.connect(SMTP)
        try:
            code, said = smtp.getreply()
            if code != 220:
                raise LabError(f"smtpd: {code} {said!r}")
            smtp.sendmail(sender, [to], raw)
            smtp.quit()
        finally:
            smtp.close()

    def drop(self, account: str, raw: bytes) -> None:
        """Put a mail into a mailbox as it is, header and all, as a server that came before would have left it."""
        box = self._path(f"{BOXES}/{account}")
        name = f"{next(_serial)}.{os.getpid()}.lab"
        draft = box / "tmp" / name
        draft.write_bytes(raw)
        os.chown(draft, *_owner())
        draft.rename(box / "new" / name)

    def mails(self, account: str) -> list[Message]:
        """All that is in a mailbox, in the order in which it came."""
        box = self._path(f"{BOXES}/{account}")
        found = [path for part in ("new", "cur") for path in (box / part).iterdir()]
        return [email.message_from_bytes(path.read_bytes()) for path in sorted(found, key=_age)]

    def flags(self, account: str) -> list[str]:
        """The marks of the mails of a mailbox, such as `S` for one that was seen, in the same order."""
        box = self._path(f"{BOXES}/{account}")
        found = [path for part in ("new", "cur") for path in (box / part).iterdir()]
        return [path.name.partition(":2,")[2] for path in sorted(found, key=_age)]

    def forget_uids(self, account: str) -> None:
        """The mailbox gets another UIDVALIDITY, as one does that was restored; dovecot must not run."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            self._path(f"{BOXES}/{account}/{name}").unlink(missing_ok=True)

    def password_file(self, account: str) -> str:
        """Where the password of an account is, on the node."""
        return f"{PLACE}/{account}.password"

    # --- files ------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        node, (uid, gid) = self.node, _owner()
        place = self._path(PLACE)
        place.mkdir(mode=0o755, exist_ok=True)
        self._certify(place)
        # Its queue has a fixed place, which is the host's: the node gets one of its own.
        node.run(["mount", "-t", "tmpfs", "-o", "mode=0711", "tmpfs", "/var/spool"])
        user = agent_identity().name
        names = (*self.accounts, LOST)
        node.write(f"{PLACE}/people", "".join(f"{name}@{DOMAIN} {user}\n" for name in names))
        node.write(f"{PLACE}/passwd", "".join(f"{name}:{{PLAIN}}{name}\n" for name in self.accounts))
        node.write(f"{PLACE}/smtpd.conf", _SMTPD_CONF)
        node.write(f"{PLACE}/dovecot.conf", _dovecot_conf(uid, gid) + self._more)
        boxes = self._path(BOXES)
        for path in (boxes, *(boxes / name / part for name in names for part in ("", "tmp", "new", "cur"))):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, uid, gid)
        for name in self.accounts:
            node.write(self.password_file(name), f"{name}\n")

    def _certify(self, place: Path) -> None:
        """An authority of the lab's own, and the server's certificate for this node's names."""
        names = f"subjectAltName=DNS:{self.node.name},DNS:localhost,IP:127.0.0.1"
        new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
        ca, ca_key = place / "ca.crt", place / "ca.key"
        authority = ["-subj", "/CN=lab authority", "-addext", "keyUsage=keyCertSign,cRLSign"]
        _run([*new, "-days", "2", "-keyout", str(ca_key), "-out", str(ca), *authority])
        signed = ["-CA", str(ca), "-CAkey", str(ca_key), "-addext", "basicConstraints=critical,CA:FALSE"]
        out = ["-keyout", str(place / "server.key"), "-out", str(place / "server.crt")]
        _run([*new, "-days", "2", *out, "-subj", f"/CN={self.node.name}", "-addext", names, *signed])
        ca.chmod(0o644)

    def _path(self, inside: str) -> Path:
        return self.node.path(inside)


def _owner() -> tuple[int, int]:
    return agent_identity().uid, agent_identity().gid


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip()}")


def _dovecot_conf(uid: int, gid: int) -> str:
    return f"""\
protocols = imap
listen = *
base_dir = {PLACE}/dovecot
state_dir = {PLACE}/dovecot
log_path = /dev/stderr
ssl = yes
ssl_cert = <{PLACE}/server.crt
ssl_key = <{PLACE}/server.key
disable_plaintext_auth = no
mail_location = maildir:{BOXES}/%n
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {PLACE}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={BOXES}/%n
}}
"""
