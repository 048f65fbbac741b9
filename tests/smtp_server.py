"""A mail server that says what a test wants it to: refusals, silence, TLS of its own making. It keeps what it takes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class SmtpServer:
    """`answers` are given instead of the usual ones, by the command's first word (`BODY` is the end of the message).

    An empty answer is silence, `DROP` ends the connection. `tls` makes it offer STARTTLS, with `at_once` not only then.
    """

    answers: dict[str, str] = field(default_factory=dict)
    login: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    extensions: tuple[str, ...] = ()
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Envelope sender, recipient, and the message."""
    heard: list[str] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SmtpServer]:
        """Listening on a port of the loopback."""
        context = self.tls if self.at_once else None
        talks: set[asyncio.Task[None]] = set()

        async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talks.add(asyncio.ensure_future(self._talk(reader, writer)))

        server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            await asyncio.gather(*talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await self._say(writer, self.answers.get("CONNECT", "220 mail.example.org ready")):
                await self._obey(reader, writer)
        writer.close()

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = to = ""
        while line := (await reader.readline()).decode(errors="replace").strip():
            self.heard.append(line)
            word = line.split()[0].upper()
            sender = line[10:].partition(">")[0].strip("<> ") if word == "MAIL" else sender
            to = line[8:].partition(">")[0].strip("<> ") if word == "RCPT" else to
            answer = self.answers.get(word, self._usual(word, line))
            if not await self._say(writer, answer) or word == "QUIT":
                return
            if word == "STARTTLS" and answer.startswith("220"):
                await writer.start_tls(self.tls)  # type: ignore[arg-type]
            if word == "DATA" and answer.startswith("354"):
                body = await reader.readuntil(b"\r\n.\r\n")
                answer = self.answers.get("BODY", "250 taken")
                if answer.startswith("250"):
                    self.taken.append((sender, to, body[:-3]))
                if not await self._say(writer, answer):
                    return

    def _usual(self, word: str, line: str) -> str:
        match word:
            case "EHLO":
                offers = ["mail.example.org", *self.extensions]
                offers += ["STARTTLS"] if self.tls is not None and not self.at_once else []
                offers += ["AUTH PLAIN"] if self.login is not None else []
                return "\r\n".join(
                    f"250{'-' if n < len(offers) else ' '}{each}" for n, each in enumerate(offers, 1)
                )
            case "AUTH":
                told = base64.b64decode(line.rpartition(" ")[2]).decode().split("\0")[1:]
                return "235 welcome" if tuple(told) == self.login else "535 5.7.8 no such user or password"
            case "DATA":
                return "354 go on"
            case "STARTTLS":
                return "220 go on"
            case "QUIT":
                return "221 bye"
            case _:
                return "250 fine"

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, answer: str) -> bool:
        if answer == "DROP":
            return False
        if answer:
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
        return True


def certificate(path: Path, *names: str) -> tuple[ssl.SSLContext, str]:
    """What a server of these names speaks TLS with, and the file of the authority that vouches for it."""
    key, cert = path / "key.pem", path / "cert.pem"
    argv = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    named = [
        "-subj",
        f"/CN={names[0]}",
        "-addext",
        f"subjectAltName={','.join(f'DNS:{each}' for each in names)}",
    ]
    subprocess.run([*argv, *named, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)
