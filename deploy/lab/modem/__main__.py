"""The modem as a program.

    python -m deploy.lab.modem AT_PORT CONTROL_PORT RECORD

A daemon talks AT to the first port of 127.0.0.1 (3GPP TS 27.005, PDU mode). The second takes one JSON object per line
and answers each with a line: {"receive": TEXT, "from": NUMBER}, {"trouble": none|refuse|slow|away},
{"reports": true|false}. RECORD is appended to, see Telephones.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from deploy.lab.modem.telephones import Telephones, Trouble

HOST = "127.0.0.1"
SLOWNESS = 3.0  # seconds for which a slow modem thinks about a message
SIM_SLOTS = 50
CTRL_Z, ESCAPE = b"\x1a", b"\x1b"
FIXED = {
    "AT+CPIN?": "+CPIN: READY",
    "AT+CSQ": "+CSQ: 25,0",
    "AT+CREG?": "+CREG: 0,1",
    "AT+CGSN": "350000000000010",
    "AT+CIMI": "460000000000010",
    "AT+CGMI": "hawatch lab",
    "AT+CGMM": "modem",
}


class Modem:
    """Answers AT commands; while it is away its port is closed."""

    def __init__(self, port: int, telephones: Telephones) -> None:
        self._port = port
        self._telephones = telephones
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def follow_trouble(self) -> None:
        """Open or close the port, as the trouble of the moment asks."""
        away = self._telephones.trouble is Trouble.AWAY
        if away and self._server is not None:
            self._server.close()
            self._server = None
            for line in self._lines:
                line.transport.abort()
        elif not away and self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self._port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            while command := await read_until(reader, b"\r"):
                text = command.decode("ascii", "replace").strip()
                if text.upper().startswith("AT+CMGS="):
                    await self._send(reader, writer)
                elif text:
                    writer.write(self._answer(text.upper()).encode())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\r\n> ")
        await writer.drain()
        pdu = await read_until(reader, CTRL_Z)
        if self._telephones.trouble is Trouble.SLOW:
            await asyncio.sleep(SLOWNESS)
        if self._telephones.trouble is Trouble.REFUSE:
            writer.write(b"\r\n+CMS ERROR: 38\r\n")  # network out of order
            return
        try:
            reference = self._telephones.submit(bytes.fromhex(pdu.decode("ascii").strip()))
        except (ValueError, IndexError):
            writer.write(b"\r\n+CMS ERROR: 304\r\n")  # invalid PDU
        else:
            writer.write(f"\r\n+CMGS: {reference}\r\n\r\nOK\r\n".encode())

    def _answer(self, command: str) -> str:
        storage = self._telephones.storage
        if command in FIXED:
            return ok(FIXED[command])
        if command.startswith("AT+CPMS"):
            used = f"{len(storage)},{SIM_SLOTS}"
            named = f'"SM",{used}'
            return ok("+CPMS: " + ",".join([named if command.endswith("?") else used] * 3))
        if command.startswith("AT+CMGL"):
            return ok(*(f"+CMGL: {listed(index, pdu)}" for index, pdu in sorted(storage.items())))
        if found := re.fullmatch(r"AT\+CMGR=(\d+)", command):
            pdu = storage.get(int(found[1]))
            return ok("+CMGR: " + listed(None, pdu)) if pdu else ok()
        if found := re.fullmatch(r"AT\+CMGD=(\d+)(,\d)?", command):
            storage.pop(int(found[1]), None)
        return ok()


async def read_until(reader: asyncio.StreamReader, mark: bytes) -> bytes:
    """The bytes up to a mark; none at the end of the connection."""
    try:
        return (await reader.readuntil(mark)).removesuffix(mark).strip(ESCAPE)
    except asyncio.IncompleteReadError:
        return b""


def listed(index: int | None, pdu: bytes) -> str:
    """A stored message as CMGL and CMGR show it; the length does not count the SMSC address."""
    place = "" if index is None else f"{index},"
    return f"{place}0,,{len(pdu) - 1 - pdu[0]}\r\n{pdu.hex().upper()}"


def ok(*lines: str) -> str:
    return "".join(f"\r\n{line}\r\n" for line in lines) + "\r\nOK\r\n"


async def control(
    telephones: Telephones, modem: Modem, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Obey the lab, one line at a time."""
    while line := await reader.readline():
        order = json.loads(line)
        if "receive" in order:
            telephones.receive(order["from"], order["receive"])
        if "trouble" in order:
            telephones.trouble = Trouble(order["trouble"])
            await modem.follow_trouble()
        telephones.reports = order.get("reports", telephones.reports)
        writer.write(b"{}\n")
        await writer.drain()
    writer.close()


async def main(at_port: int, control_port: int, record: Path) -> None:
    telephones = Telephones(record)
    modem = Modem(at_port, telephones)
    await modem.follow_trouble()
    server = await asyncio.start_server(lambda *line: control(telephones, modem, *line), HOST, control_port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
