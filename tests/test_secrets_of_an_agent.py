"""A whole agent with every secret, among servers that repeat what they are told: none is said or kept."""

from __future__ import annotations

import asyncio
import base64
import http.client
import io
import json
import logging
import os
import socket
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import IO, cast

import pytest

from deploy.lab import frames
from hawatch.agent.composition import Agent
from hawatch.agent.equipment import Equipment
from hawatch.blackbox import frames as black_box_frames
from hawatch.config import read
from hawatch.config.mail import Mailbox, MailServer, Tls
from hawatch.evidence import ObserverState
from hawatch.journal import Journal
from hawatch.replies.mail.box import Box, LoginRefusedError
from hawatch.store import NAME, Page, Store
from hawatch.wire.capture import read_capture
from hawatch.wire.frame import VrrpFrame, decode_vrrp_frame
from tests.test_secrets_in_outputs import leaked
from tests.test_task_deaths import free_port

HANG = 30.0
PEER_KEY = "peer-key-canary-0123456789abcdef"
TOKEN = "http-token-canary-89ab"
SECRETS = {
    "vrrp": "canaryVR",
    "peer": PEER_KEY,
    "http.token": TOKEN,
    "mail.password": "mail-password-canary-0",
    "gateway.key": "gateway-key-canary-1",
    "bearer.token": "bearer-canary-2",
}
KEEPALIVED_CONF = f"""
vrrp_instance VI_1 {{
    interface lo
    virtual_router_id 51
    priority 150
    authentication {{
        auth_type PASS
        auth_pass {SECRETS["vrrp"]}
    }}
    virtual_ipaddress {{ 127.0.0.100/8 dev lo }}
}}
"""
HAWATCH_TOML = """
[node]
name = "lb01"
state_dir = "{there}/state"
[keepalived]
config = "{there}/keepalived.conf"
log = "{there}/keepalived.log"
[listen]
http = "127.0.0.1:{http}"
socket = "{there}/hawatch.sock"
token_file = "{there}/http.token"
[peer_link]
port = {link}
[[peer]]
name = "lb02"
[[peer.link]]
name = "lan"
remote = "127.0.0.2"
[[channel]]
name = "mail"
kind = "mail"
from = "hawatch@example.org"
[channel.smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
user = "hawatch"
password_file = "{there}/mail.password"
[[channel]]
name = "gateway"
kind = "http"
secrets = {{ key = "{there}/gateway.key" }}
[channel.send]
url = "http://127.0.0.1:{web}/send"
form = {{ key = "{{secret.key}}", to = "{{digits}}", text = "{{text}}" }}
[[contact]]
name = "anna"
[[contact.way]]
channel = "mail"
to = "anna@example.org"
[[contact.way]]
channel = "gateway"
to = "+4915200000001"
[[monitor]]
name = "alertmanager"
alertmanager = "http://127.0.0.1:{web}"
bearer_file = "{there}/bearer.token"
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="packet sockets need root")


class Parrot:
    """A mail server and a web server that refuse whatever they are told, and repeat it as the reason."""

    def __init__(self) -> None:
        self.heard = b""
        self.told = asyncio.Event()
        self.smtp = self.web = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Parrot]:
        mail = await asyncio.start_server(self._mail, "127.0.0.1", 0)
        web = await asyncio.start_server(self._web, "127.0.0.1", 0)
        self.smtp, self.web = (each.sockets[0].getsockname()[1] for each in (mail, web))
        async with mail, web:
            yield self

    def _hear(self, said: bytes) -> None:
        self.heard += said
        self.told.set()

    async def _mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 parrot\r\n")
        while line := await reader.readline():
            word, _, rest = line.strip().partition(b" ")
            word = word.upper()
            if word == b"EHLO":
                writer.write(b"250-parrot\r\n250 AUTH PLAIN\r\n")
            elif word == b"AUTH":
                login = base64.b64decode(rest.rpartition(b" ")[2]).replace(b"\0", b" ")
                self._hear(login)
                writer.write(b"535 5.7.8 not (" + login + b") nor (" + rest + b")\r\n")
            else:
                writer.write(b"221 bye\r\n")
        writer.close()

    async def _web(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        said = head + await reader.readexactly(int(sizes[0].split(b":")[1]) if sizes else 0)
        self._hear(said)
        answer = json.dumps({"error": said[len(head) :].decode() + said.decode()}).encode()
        writer.write(b"HTTP/1.1 401 not " + said.splitlines()[-1] + b"\r\nContent-Type: application/json\r\n")
        writer.write(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        writer.close()


class Said(logging.Handler):
    """All that any logger says, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[Said]:
    said, root = Said(), logging.getLogger()
    before = root.level
    root.addHandler(said)
    root.setLevel(logging.DEBUG)
    # Every netlink message, which is not of us.
    logging.getLogger("pyroute2").setLevel(logging.WARNING)
    try:
        yield said
    finally:
        root.setLevel(before)
        logging.getLogger("pyroute2").setLevel(logging.NOTSET)
        root.removeHandler(said)


async def asked(
    directory: Path, port: int | None, method: str, target: str, body: str = "", more: str = ""
) -> bytes:
    """An answer over HTTP; port None: over the socket."""
    if port is None:
        reader, writer = await asyncio.open_unix_connection(directory / "hawatch.sock")
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n{body}".encode()
    )
    async with asyncio.timeout(HANG):
        answer = await reader.read()
    writer.close()
    return answer


def advertise(password: str, *, spoilt: tuple[int, int] | None = None) -> None:
    """What anybody on the LAN may read; `spoilt` is by how much which byte of it is wrong."""
    frame = frames.vrrp2(
        vrid=51,
        priority=100,
        vips=("127.0.0.100",),
        source="127.0.0.2",
        source_mac="02:00:00:00:00:02",
        password=password,
    )
    if spoilt is not None:
        number, damage = spoilt
        frame = frame[:number] + bytes([(frame[number] - damage) % 256]) + frame[number + 1 :]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("lo", 0))
        sender.send(frame)


def body_of(answer: bytes) -> bytes:
    """What a whole answer over HTTP brings."""

    class Wire:
        def makefile(self, *_: object) -> io.BytesIO:
            return io.BytesIO(answer)

    response = http.client.HTTPResponse(cast("socket.socket", Wire()))
    response.begin()
    assert response.status == 200, answer[:300]
    return response.read()


def unpacked(packed: bytes, name: str) -> dict[str, bytes]:
    """The files of a bundle; what is compressed hides whatever is in it."""
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        files = [each for each in archive.getmembers() if each.isfile()]
        return {
            f"{name}: {each.name.partition('/')[2]}": cast("IO[bytes]", archive.extractfile(each)).read()
            for each in files
        }


def passwords_in(capture: bytes) -> list[tuple[bytes, bool]]:
    """Of each advertisement with a password: what is there in its place, and whether its checksum is right."""
    heard = [decode_vrrp_frame(each.data) for each in read_capture(io.BytesIO(capture), "frames.pcap")]
    return [
        (each.advertisement.auth_data, each.valid)
        for each in heard
        if isinstance(each, VrrpFrame) and each.advertisement.auth_type == 1
    ]


async def a_case(directory: Path) -> None:
    """The other node falls silent, and nobody has the VIP: the black box writes down what led to it."""
    for number, damage in (
        (40, 0xFF),
        (17, 8),
    ):  # VRRP's checksum; IP's length, before which the password ends
        advertise(SECRETS["vrrp"], spoilt=(number, damage))
    async with asyncio.timeout(HANG):
        while True:
            incidents = await asked(directory, None, "GET", "/api/v1/incidents")
            if b'"id"' in incidents and await asyncio.to_thread(has_captured, directory):
                return
            await asyncio.sleep(0.1)


def has_captured(directory: Path) -> bool:
    return any(directory.glob("state/blackbox/*/frames.pcap"))


async def a_night(
    directory: Path, *, planted: str | None = None, with_a_case: bool = False
) -> dict[str, bytes]:
    """What an agent said and kept, by place; `planted` is a secret that it is made to tell of."""
    for name, secret in SECRETS.items():
        path = directory / name
        path.write_text(f"{'anna:' if name == 'http.token' else ''}{secret}\n", encoding="utf-8")
        path.chmod(0o640)
    (directory / "keepalived.conf").write_text(KEEPALIVED_CONF, encoding="utf-8")
    (directory / "keepalived.log").touch()
    state = directory / "state"
    state.mkdir()
    config = directory / "hawatch.toml"
    port = free_port(socket.SOCK_STREAM)
    outputs: dict[str, bytes] = {}
    with listening() as said:
        async with Parrot().running() as parrot:
            config.write_text(
                HAWATCH_TOML.format(
                    there=directory,
                    http=port,
                    link=free_port(socket.SOCK_DGRAM),
                    smtp=parrot.smtp,
                    web=parrot.web,
                ),
                encoding="utf-8",
            )
            equipment = Equipment(
                config=read(str(config)),
                key=PEER_KEY.encode(),
                journal=Journal(state / "journal.jsonl"),
                state_directory=state,
                config_path=config,
            )
            agent = Agent(equipment)
            running = asyncio.create_task(agent.run())
            try:
                await _until_it_serves(directory, running)
                if planted is not None:
                    at = agent.loop.snapshot.at
                    told = ObserverState(at=at, observer=planted, up=False, problem=planted)
                    agent._inbox.put(told)
                    logging.getLogger("hawatch.planted").warning("secret=%s", planted)
                outputs |= await _asked_for_everything(directory, port, parrot)
                if with_a_case:
                    await a_case(directory)
                    outputs |= await _bundles(directory)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
    if planted is not None:
        with closing(Store(state / NAME)) as store:
            store.save([], Page(records=(("planted", "1", planted),)))
    outputs["log"] = "\n".join(said.lines).encode()
    for path in sorted(each for each in state.rglob("*") if each.is_file()):
        outputs[str(path.relative_to(state))] = path.read_bytes()
    return outputs


async def _until_it_serves(directory: Path, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(HANG):
        while True:
            assert not running.done(), running
            try:
                answer = await asked(directory, None, "GET", "/api/v1/status")
            except OSError:
                await asyncio.sleep(0.02)
                continue
            if b'"VI_1"' in answer and b'"sniffer:lo"' in answer:
                return


async def _asked_for_everything(directory: Path, port: int, parrot: Parrot) -> dict[str, bytes]:
    outputs = {}
    answer = await asked(directory, None, "POST", "/api/v1/test-message", '{"person": "anna"}')
    assert b"200" in answer.splitlines()[0], answer
    for number in range(3):
        advertise(SECRETS["vrrp"])
        advertise(f"wrong-{number}")
    async with asyncio.timeout(HANG):
        wanted = [SECRETS[each].encode() for each in ("mail.password", "gateway.key", "bearer.token")]
        while missing := [each for each in wanted if each not in parrot.heard]:
            parrot.told.clear()
            assert missing
            await parrot.told.wait()
    messages = json.loads(answer.partition(b"\r\n\r\n")[2])["messages"]
    async with asyncio.timeout(HANG):
        for each in messages:
            while b'"stored"' in await asked(directory, None, "GET", f"/api/v1/messages/{each['id']}"):
                continue
    for token in (TOKEN, "a-wrong-token-0123456789"):
        target = "/api/v1/incidents/none/ack"
        outputs[f"{token[:7]} ack"] = await asked(
            directory, port, "POST", target, "{}", f"Authorization: Bearer {token}\r\n"
        )
    for side in (port, None):
        for target in (
            "/",
            "/metrics",
            "/api/v1/status",
            "/api/v1/check?verbosity=3",
            "/api/v1/incidents",
            "/api/v1/history",
            "/api/v1/targets",
            *(f"/api/v1/messages/{each['id']}" for each in messages),
        ):
            outputs[f"{target} of {side or 'socket'}"] = await asked(directory, side, "GET", target)
    return outputs


async def _bundles(directory: Path) -> dict[str, bytes]:
    """What those get who may use the socket."""
    incidents = json.loads(body_of(await asked(directory, None, "GET", "/api/v1/incidents")))
    of_one = f"/api/v1/incidents/{incidents[0]['id']}/bundle"
    return {
        **unpacked(body_of(await asked(directory, None, "GET", "/api/v1/bundle")), "bundle"),
        **unpacked(body_of(await asked(directory, None, "GET", of_one)), "bundle of an incident"),
    }


@needs_root
def test_no_secret_is_in_a_case_of_the_black_box_or_in_a_bundle_over_the_socket(tmp_path: Path) -> None:
    outputs = asyncio.run(a_night(tmp_path, with_a_case=True))
    captures = [text for name, text in outputs.items() if name.endswith("frames.pcap")]
    assert {name.partition(":")[0] for name in outputs if name.endswith("frames.pcap")} >= {
        "bundle",
        "bundle of an incident",
    }
    for each in captures:
        masked = passwords_in(each)
        assert (bytes(8), True) in masked, "advertisements with a password were recorded"
        assert not any(any(auth_data) for auth_data, _ in masked)
    assert {"bundle: journal.jsonl", "bundle: hawatch.toml", "bundle: status.json"} <= outputs.keys()
    found = {name: leaked(text, SECRETS.values()) for name, text in outputs.items()}
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


@needs_root
def test_a_password_that_a_black_box_does_keep_is_found_there_and_in_the_bundles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(black_box_frames, "without_password", lambda _, data: data)
    outputs = asyncio.run(a_night(tmp_path, with_a_case=True))
    found = {name for name, text in outputs.items() if leaked(text, [SECRETS["vrrp"]])}
    assert all(name.endswith("frames.pcap") for name in found)
    assert {name.partition(":")[0].partition("/")[0] for name in found} == {
        "blackbox",
        "bundle",
        "bundle of an incident",
    }


@needs_root
def test_no_secret_of_an_agent_is_in_its_journal_store_metrics_status_log_or_answers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outputs = asyncio.run(a_night(tmp_path))
    printed = capfd.readouterr()
    outputs["printed"] = (printed.out + printed.err).encode()
    print({name: len(text) for name, text in outputs.items()})
    assert {NAME, "log", "journal.jsonl"} <= outputs.keys()
    found = {name: leaked(text, SECRETS.values()) for name, text in outputs.items()}
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


@needs_root
def test_a_secret_that_an_agent_does_tell_is_found_in_each_of_these_places(tmp_path: Path) -> None:
    secret = SECRETS["gateway.key"]
    outputs = asyncio.run(a_night(tmp_path, planted=secret))
    found = {name for name, text in outputs.items() if leaked(text, [secret])}
    assert {NAME, "log", "journal.jsonl", "/metrics of socket", "/api/v1/status of socket"} <= found


def test_a_mailbox_s_server_that_repeats_the_password_is_not_quoted(tmp_path: Path) -> None:
    secret = SECRETS["mail.password"]
    (tmp_path / "mail.password").write_text(f"{secret}\n", encoding="utf-8")

    def repeat(listener: socket.socket) -> None:
        caller, _ = listener.accept()
        with caller, caller.makefile("rwb", buffering=0) as talk:
            talk.write(b"* OK parrot\r\n")
            while line := talk.readline():
                tag, _, rest = line.strip().partition(b" ")
                word = rest.partition(b" ")[0].upper()
                if word == b"LOGIN":
                    talk.write(tag + b" NO I do not know " + rest + b"\r\n")
                else:
                    talk.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = MailServer(
            host="127.0.0.1",
            port=listener.getsockname()[1],
            tls=Tls.NONE,
            user="hawatch",
            password_file=str(tmp_path / "mail.password"),
        )
        parrot = threading.Thread(target=repeat, args=[listener])
        parrot.start()
        box = Box(Mailbox(server=server), timeout=HANG)
        with pytest.raises(LoginRefusedError, match="I do not know") as caught:
            box.open()
        assert leaked(str(caught.value).encode(), [secret]) == []
        box.close()
        parrot.join(HANG)
        assert not parrot.is_alive()
