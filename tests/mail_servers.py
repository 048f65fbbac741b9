"""The real mail servers of a lab, reached from this process: a door on the loopback leads to a port in the node."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.lab import Lab, Topology
from deploy.lab.mail import IMAPS, SMTP, MailServer

ALONE = Topology(routers=("lb01",), hosts=("mail",))
CHUNK = 65536


class Door:
    """Listens on the loopback and passes everything on to a port of the mail host."""

    def __init__(self, server: MailServer, to: int) -> None:
        self._server = server
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                outside, _ = self._listening.accept()
            except OSError:
                return
            try:
                inside = self._server.connect(self._to)
            except OSError:  # nobody is there: the caller sees its connection end
                outside.close()
                continue
            inside.settimeout(None)
            self._open += [outside, inside]
            for one, other in ((outside, inside), (inside, outside)):
                thread = threading.Thread(target=_pass_on, args=(one, other))
                thread.start()
                self._threads.append(thread)

    def close(self) -> None:
        """Nobody comes in any more, and whoever is inside is shown out."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._threads[0].join()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._open:
            each.close()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(CHUNK):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


class Doors:
    """The mail host with a door to its SMTP and one to its IMAP under TLS."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.smtp = Door(server, SMTP)
        self.imap = Door(server, IMAPS)


@contextmanager
def mail_host(*accounts: str, dovecot: str = "") -> Iterator[Doors]:
    """Both servers, running, and nothing else."""
    with Lab(ALONE) as lab:
        server = MailServer(lab.node("mail"), accounts, dovecot=dovecot)
        server.start()
        doors = Doors(server)
        try:
            yield doors
        finally:
            doors.smtp.close()
            doors.imap.close()
            print(server.log()[-4000:])
