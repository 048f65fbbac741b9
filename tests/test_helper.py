"""hawatch-helper over its real socket: its verbs, its manners towards nonsense, and the agent's end of the line."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hawatch import clock
from hawatch.evidence import ConfigRead, Evidence
from hawatch.helper.dump import without_secrets
from hawatch.helper.server import LONGEST_REQUEST, MOST_CLIENTS
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.observers.keepalived_config import KeepalivedConfigObserver
from hawatch.plain import codec
from hawatch.wire.fingerprint import password_fingerprint
from tests.helper_process import (
    CONFIG,
    HANG_GUARD,
    KEY,
    PASSWORD,
    Client,
    HelperProcess,
    command,
    environment,
)


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[HelperProcess]:
    with HelperProcess(tmp_path).start() as helper:
        yield helper


@pytest.fixture
def client(helper: HelperProcess) -> Iterator[Client]:
    with Client(helper.socket) as client:
        yield client


def model(answer: dict[str, Any]) -> KeepalivedConfig:
    config: KeepalivedConfig = codec(KeepalivedConfig).decode(answer["config"])
    return config


# --- config --------------------------------------------------------------------------------------


def test_the_configuration_is_given_as_a_model_without_the_password(
    helper: HelperProcess, client: Client
) -> None:
    answer = client.ask(verb="config")
    (router,) = model(answer).virtual_routers
    assert (router.instance, router.vrid, router.priority) == ("VI_1", 51, 150)
    assert router.auth_fingerprint == password_fingerprint(KEY, PASSWORD.encode())
    assert PASSWORD not in json.dumps(answer)
    assert answer["modified_at"] == pytest.approx(helper.config.stat().st_ctime)
    assert (answer["path"], answer["problem"]) == (str(helper.config), None)


def test_a_subscriber_is_told_of_every_change(helper: HelperProcess, client: Client) -> None:
    first = client.ask(verb="config", subscribe=True)
    helper.config.write_text(CONFIG.replace("priority 150", "priority 99"))
    second = client.answer()
    assert model(second).virtual_routers[0].priority == 99
    assert second["config"]["digest"] != first["config"]["digest"]
    assert second["modified_at"] >= first["modified_at"]


def test_a_file_that_is_renamed_over_the_old_one_counts_from_the_renaming(
    helper: HelperProcess, client: Client
) -> None:
    client.ask(verb="config", subscribe=True)
    prepared = helper.directory / "keepalived.conf.new"
    prepared.write_text(CONFIG.replace("priority 150", "priority 98"))
    os.utime(prepared, (1_000_000_000, 1_000_000_000))
    prepared.rename(helper.config)
    told = client.answer()
    assert model(told).virtual_routers[0].priority == 98
    assert told["modified_at"] > 1_500_000_000


def test_a_mistake_in_the_file_is_one_line_and_its_repair_is_told(
    helper: HelperProcess, client: Client
) -> None:
    client.ask(verb="config", subscribe=True)
    helper.config.write_text("vrrp_instance VI_1 {\n interface eth0\n")
    broken = client.answer()
    assert broken["config"] is None
    assert broken["problem"].startswith(f"{helper.config}:")
    assert "\n" not in broken["problem"]
    helper.config.write_text(CONFIG)
    assert model(client.answer()).virtual_routers[0].vrid == 51


def test_a_new_file_in_an_included_directory_is_noticed(helper: HelperProcess, client: Client) -> None:
    included = helper.directory / "conf.d"
    included.mkdir()
    helper.config.write_text(f"include {included}/*.conf\n")
    assert model(client.ask(verb="config", subscribe=True)).virtual_routers == ()
    (included / "one.conf").write_text(CONFIG)
    assert [router.vrid for router in model(client.answer()).virtual_routers] == [51]
    (included / "one.conf").unlink()
    assert model(client.answer()).virtual_routers == ()


def test_a_new_key_makes_new_fingerprints(helper: HelperProcess, client: Client) -> None:
    client.ask(verb="config", subscribe=True)
    (helper.directory / "peer.key").write_bytes(b"another key, made by hawatch init")
    told = model(client.answer()).virtual_routers[0].auth_fingerprint
    assert told == password_fingerprint(b"another key, made by hawatch init", PASSWORD.encode())


# --- nonsense, crowds and deaths ------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b'"config"',
        b'{"verb": ["config"]}',
        b'{"verb": "reboot"}',
        b"\xff\x00",
        b"",
        b"[" * 4000,
    ],
)
def test_a_request_that_makes_no_sense_is_told_what_would(client: Client, line: bytes) -> None:
    client.socket.sendall(line + b"\n")
    answer = client.answer()
    assert answer["ok"] is False
    assert "act, config, dump, firewall" in answer["error"]
    assert client.ask(verb="config")["ok"] is True


def test_a_request_without_end_is_cut_off(helper: HelperProcess, client: Client) -> None:
    client.socket.sendall(b"x" * (3 * LONGEST_REQUEST))
    assert client.answer()["error"] == "the request is too long"
    with Client(helper.socket) as another:
        assert another.ask(verb="config")["ok"] is True


def test_random_bytes_end_nothing_but_their_connection(helper: HelperProcess) -> None:
    chance = random.Random(5)
    for _ in range(30):
        with Client(helper.socket) as noisy:
            noisy.socket.sendall(chance.randbytes(chance.randrange(2000)))
    let_in(helper).close()


def let_in(helper: HelperProcess) -> Client:
    """A subscriber that has waited until the helper has noticed that others are gone."""
    while True:
        client = Client(helper.socket)
        answer = client.ask(verb="config", subscribe=True)
        if answer["ok"]:
            return client
        assert answer["error"] == "too many clients"
        client.close()


def test_a_crowd_is_turned_away_and_comes_in_one_after_the_other(helper: HelperProcess) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(let_in(helper)) for _ in range(MOST_CLIENTS)]
        with Client(helper.socket) as late:
            assert late.ask(verb="config")["error"] == "too many clients"
            assert late.hung_up
        crowd[0].close()
        let_in(helper).close()


def test_clients_that_die_are_forgotten(helper: HelperProcess) -> None:
    for _ in range(3 * MOST_CLIENTS):
        let_in(helper).close()
    with let_in(helper) as client:
        helper.config.write_text(CONFIG.replace("priority 150", "priority 41"))
        assert model(client.answer()).virtual_routers[0].priority == 41


# --- firewall, dump, act --------------------------------------------------------------------------


def test_the_firewall_is_listed_or_the_reason_given(client: Client) -> None:
    answer = client.ask(verb="firewall")
    assert answer["ok"] is True
    for name in ("nft", "iptables", "ip6tables"):
        assert (answer[name] is None) == (name in answer["problems"])


def test_no_secret_of_a_dump_is_handed_on() -> None:
    dump = [
        {"data": {"iname": "VI_1", "auth_type": 1, "auth_data": PASSWORD, "more": [{"auth_pass": PASSWORD}]}}
    ]
    assert without_secrets(dump) == [{"data": {"iname": "VI_1", "auth_type": 1, "more": [{}]}}]


def test_nothing_may_be_done_unless_root_has_allowed_it(client: Client) -> None:
    for name in ("restart-keepalived", "/bin/sh", "", None, 7):
        assert client.ask(verb="act", name=name)["error"] == "no such action is allowed"


@pytest.fixture
def allowed(helper: HelperProcess) -> Callable[[str], None]:
    def write(text: str) -> None:
        (helper.directory / "actions.toml").write_text(text)

    return write


@pytest.mark.lab
def test_an_allowed_action_runs_as_it_stands_in_the_file(
    allowed: Callable[[str], None], client: Client
) -> None:
    allowed('[action.say]\ncommand = ["/bin/sh", "-c", "echo $# $0 $HOME; exit 7", "one"]\n')
    answer = client.ask(verb="act", name="say", command=["/bin/false"], arguments=["two"])
    assert (answer["ok"], answer["exit_code"], answer["output"]) == (True, 7, "0 one\n")


@pytest.mark.lab
def test_an_action_that_takes_too_long_is_ended(allowed: Callable[[str], None], client: Client) -> None:
    allowed('[action.wait]\ncommand = ["/bin/sleep", "1000"]\nseconds = 0.2\n')
    assert client.ask(verb="act", name="wait")["error"] == "/bin/sleep: no end in 0.2 s"


@pytest.mark.lab
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[action.a]\ncommand = ["true"]\n', "action.a.command"),
        ('[action.a]\ncommand = "/bin/true"\n', "action.a.command"),
        ("[action.a]\ncommand = []\n", "action.a.command"),
        ('[action.a]\ncommand = ["/bin/true"]\nshell = true\n', "action.a"),
        ('[action.a]\ncommand = ["/bin/true"]\nseconds = 0\n', "action.a.seconds"),
        ("[verb]\n", "only tables"),
        ("not toml", "actions.toml"),
    ],
)
def test_a_mistake_in_the_list_of_actions_allows_nothing(
    allowed: Callable[[str], None], client: Client, text: str, fault: str
) -> None:
    allowed(text)
    answer = client.ask(verb="act", name="a")
    assert answer["ok"] is False
    assert fault in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.lab
def test_a_list_that_others_may_write_allows_nothing(
    helper: HelperProcess, allowed: Callable[[str], None], client: Client
) -> None:
    allowed('[action.say]\ncommand = ["/bin/echo", "hello"]\n')
    listed = helper.directory / "actions.toml"
    listed.chmod(0o646)
    assert "must belong to root" in client.ask(verb="act", name="say")["error"]
    listed.chmod(0o644)
    assert client.ask(verb="act", name="say")["output"] == "hello\n"
    os.chown(listed, 65534, 0)
    assert "must belong to root" in client.ask(verb="act", name="say")["error"]


# --- who may ask ---------------------------------------------------------------------------------

STRANGER = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect(sys.argv[1])
client.sendall(b'{"verb": "config"}\\n')
print(client.makefile().readline())
"""


@pytest.mark.lab
def test_another_user_is_refused_even_if_the_socket_lets_him_in() -> None:
    with tempfile.TemporaryDirectory() as opened, HelperProcess(Path(opened)).start() as helper:
        assert helper.socket.stat().st_mode & 0o777 == 0o660
        Path(opened).chmod(0o711)
        helper.socket.chmod(0o666)
        answer = subprocess.run(
            ["/usr/bin/python3", "-c", STRANGER, str(helper.socket)],
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=True,
            timeout=HANG_GUARD,
        )
    assert json.loads(answer.stdout) == {"ok": False, "error": "you are not the agent"}


# --- its life ------------------------------------------------------------------------------------


def test_told_to_end_it_ends_and_takes_its_socket_with_it(tmp_path: Path) -> None:
    with HelperProcess(tmp_path).start() as helper, Client(helper.socket) as client:
        client.ask(verb="config", subscribe=True)
        code, written = helper.end(signal.SIGTERM)
        assert code == 0
        assert client.hung_up
        assert not helper.socket.exists()
        assert "Traceback" not in written


def test_a_second_helper_says_that_the_first_answers_there(helper: HelperProcess) -> None:
    second = subprocess.run(
        command(helper.directory),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_GUARD,
    )
    assert (second.returncode, second.stderr) == (
        2,
        f"hawatch-helper: {helper.socket}: another helper answers there\n",
    )
    with Client(helper.socket) as client:
        assert client.ask(verb="config")["ok"] is True


def test_the_socket_of_a_helper_that_was_killed_is_replaced(tmp_path: Path) -> None:
    with HelperProcess(tmp_path).start() as killed:
        killed.end(signal.SIGKILL)
        assert killed.socket.exists()
    with HelperProcess(tmp_path).start() as helper, Client(helper.socket) as client:
        assert client.ask(verb="config")["ok"] is True


@pytest.mark.parametrize(
    ("argument", "fault"),
    [("--user=nobody-of-this-name", "no such user"), ("--socket=/nosuch/helper.sock", "/nosuch/helper.sock")],
)
def test_what_it_cannot_run_with_is_one_line(tmp_path: Path, argument: str, fault: str) -> None:
    ended = subprocess.run(
        command(tmp_path, argument),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_GUARD,
    )
    assert ended.returncode == 2
    assert fault in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_it_takes_the_socket_that_systemd_has_opened(tmp_path: Path) -> None:
    (tmp_path / "keepalived.conf").write_text(CONFIG)
    path = tmp_path / "systemd.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        activated = (
            f'exec 3<&{listening.fileno()} {listening.fileno()}<&-; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        )
        helper = subprocess.Popen(
            ["bash", "-c", activated, "systemd", *command(tmp_path)],
            env=environment(),
            pass_fds=[listening.fileno()],
        )
    try:
        with Client(path) as client:
            assert client.ask(verb="config")["ok"] is True
    finally:
        helper.terminate()
        assert helper.wait(HANG_GUARD) == 0
    assert path.exists()  # it is systemd's


# --- the agent's end ------------------------------------------------------------------------------


class Sink:
    """Keeps what the observer told."""

    def __init__(self) -> None:
        self.told: list[ConfigRead] = []
        self._more = asyncio.Event()

    def put(self, evidence: Evidence) -> None:
        if isinstance(evidence, ConfigRead):
            self.told.append(evidence)
            self._more.set()

    async def until(self, wanted: Callable[[ConfigRead], bool]) -> ConfigRead:
        async with asyncio.timeout(HANG_GUARD):
            while not any(wanted(each) for each in self.told):
                self._more.clear()
                await self._more.wait()
        return next(each for each in self.told if wanted(each))


def told(story: Coroutine[None, None, None]) -> None:
    asyncio.run(story)


@asynccontextmanager
async def watching(directory: Path, fingerprint: str = "fingerprint of our own") -> AsyncIterator[Sink]:
    sink = Sink()
    observer = KeepalivedConfigObserver(
        path=str(directory / "keepalived.conf"),
        put=sink.put,
        clock=clock,
        fingerprint=lambda _: fingerprint,
        helper_socket=str(directory / "helper.sock"),
    )
    task = asyncio.create_task(observer.run())
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_the_agent_has_the_configuration_from_the_helper_and_its_changes(helper: HelperProcess) -> None:
    async def story() -> None:
        async with watching(helper.directory) as sink:
            read = await sink.until(lambda read: read.config is not None)
            assert read.config is not None
            assert read.config.virtual_routers[0].auth_fingerprint == password_fingerprint(
                KEY, PASSWORD.encode()
            )
            helper.config.write_text(CONFIG.replace("priority 150", "priority 42"))
            await sink.until(
                lambda read: read.config is not None and read.config.virtual_routers[0].priority == 42
            )
            assert len(sink.told) == 2

    told(story())


def test_without_a_helper_the_agent_reads_what_it_may_read(tmp_path: Path) -> None:
    (tmp_path / "keepalived.conf").write_text(CONFIG)

    async def story() -> None:
        async with watching(tmp_path) as sink:
            read = await sink.until(lambda read: read.config is not None)
            assert read.config is not None
            assert read.config.virtual_routers[0].auth_fingerprint == "fingerprint of our own"
            (tmp_path / "keepalived.conf").write_text(
                CONFIG.replace("virtual_router_id 51", "virtual_router_id 52")
            )
            await sink.until(
                lambda read: read.config is not None and read.config.virtual_routers[0].vrid == 52
            )

    told(story())


def test_a_helper_that_comes_later_is_asked_and_one_that_dies_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "keepalived.conf").write_text(CONFIG)
    (tmp_path / "peer.key").write_bytes(KEY)

    def fingerprint(read: ConfigRead) -> str | None:
        return read.config.virtual_routers[0].auth_fingerprint if read.config else None

    async def story() -> None:
        async with watching(tmp_path) as sink:
            await sink.until(lambda read: fingerprint(read) == "fingerprint of our own")
            helper = HelperProcess(tmp_path)
            with await asyncio.to_thread(helper.start):
                await sink.until(
                    lambda read: fingerprint(read) == password_fingerprint(KEY, PASSWORD.encode())
                )
                sink.told.clear()
                await asyncio.to_thread(helper.end, signal.SIGKILL)
            await sink.until(lambda read: fingerprint(read) == "fingerprint of our own")

    told(story())


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    async def story() -> None:
        async with watching(tmp_path) as sink:
            read = await sink.until(lambda read: read.config is None)
            assert read.problem == f"{tmp_path / 'keepalived.conf'}: no such file or directory"

    told(story())


def test_a_helper_that_talks_nonsense_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "keepalived.conf").write_text(CONFIG)

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"ok": true, "path": 7}\nmore\n')
        writer.close()

    async def story() -> None:
        server = await asyncio.start_unix_server(nonsense, tmp_path / "helper.sock")
        async with server, watching(tmp_path) as sink:
            read = await sink.until(lambda read: read.config is not None)
            assert read.problem is None

    told(story())


def test_the_helper_loads_nothing_heavy() -> None:
    program = (
        "import sys, hawatch.helper.__main__\n"
        "heavy = {'pyroute2', 'requests', 'prometheus_client', 'starlette', 'uvicorn', 'icmplib', 'sqlite3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
