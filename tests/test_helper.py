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
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from deploy.lab.waiting import wait_until
from hawatch import clock
from hawatch.agent import helper_client
from hawatch.agent.helper_client import ask_helper
from hawatch.errors import HawatchError, ObserverError
from hawatch.evidence import ConfigRead, Evidence
from hawatch.helper import dump
from hawatch.helper.daemon import Daemon
from hawatch.helper.dump import Dump
from hawatch.helper.dump_file import DumpFile
from hawatch.helper.redaction import without_secrets
from hawatch.helper.server import LONGEST_REQUEST, MOST_CLIENTS
from hawatch.keepalived.dumps import read_text
from hawatch.keepalived.model import DumpFiles, KeepalivedConfig
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
    assert "act, actions, arm, config, dump, firewall, ipvs, power" in answer["error"]
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
    told = [
        {"data": {"iname": "VI_1", "auth_type": 1, "auth_data": PASSWORD, "more": [{"auth_pass": PASSWORD}]}}
    ]
    assert without_secrets(told) == [{"data": {"iname": "VI_1", "auth_type": 1, "more": [{}]}}]


# --- the dump of a keepalived that is played here -------------------------------------------------

PLAYED = """
import os, pathlib, signal, sys, time
parts = [bytes.fromhex(part) for part in sys.argv[2].split(",")]
def write(number, frame):
    for name in sys.argv[1].split(","):
        with open(name, "wb") as dump:
            for part in parts:
                dump.write(part)
                dump.flush()
                time.sleep(0.05)
for number in (signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, write)
print("ready", flush=True)
while True:
    time.sleep(0.02)  # not pause(): a signal that comes just before it would wait for the next one
"""
DEAF = "print('ready', flush=True)\nimport time\ntime.sleep(1000)"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedDaemon(Daemon):
    """A process of ours that answers one signal with a JSON dump."""

    async def signal_number(self, function: str) -> int | None:
        return signal.SIGUSR1 if function == "JSON" else None


@contextmanager
def played(
    directory: Path,
    program: str = PLAYED,
    *,
    files: str = "keepalived.json",
    parts: tuple[bytes, ...] = (b"[]",),
) -> Iterator[int]:
    """A process that takes keepalived's place, with `directory` as its temporary one."""
    paths = ",".join(str(directory / name) for name in files.split(","))
    process = subprocess.Popen(
        [sys.executable, "-c", program, paths, ",".join(part.hex() for part in parts)],
        env={"TMPDIR": str(directory)},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        assert process.poll() is None, "it was ended"
    finally:
        process.kill()
        process.communicate()


NOTHING_SAID = DumpFiles()


def dump_of(
    pid: int, configured: DumpFiles = NOTHING_SAID, kind: type[Daemon] = PlayedDaemon
) -> dict[str, Any]:
    daemon = kind(pid=pid, uid=os.geteuid())
    return asyncio.run(Dump(lambda: configured, lambda: daemon).answer({}))


STATISTICS = """VRRP Instance: VI_1
  Advertisements:
    Received: 12
  Priority Zero:
    Received: 0
    Sent: 1
"""


def test_a_dump_is_given_whole_however_slowly_it_is_written(tmp_path: Path) -> None:
    parts = (b'[{"data": {"iname": "VI_1",', b' "auth_data": "s3cret99"}, "stats"', b': {"advert_rcvd": 7}}]')
    with played(tmp_path, parts=parts) as pid:
        for _ in range(2):
            answer = dump_of(pid)
            assert answer == {
                "format": "json",
                "data": [{"data": {"iname": "VI_1"}, "stats": {"advert_rcvd": 7}}],
            }
            assert list(tmp_path.iterdir()) == []


def test_a_dump_that_lay_there_before_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "keepalived.json").write_text('["old"]')
    with played(tmp_path, parts=(b'["n', b'ew"]')) as pid:
        assert dump_of(pid)["data"] == ["new"]


@pytest.mark.parametrize(
    ("configured", "file"),
    [
        (DumpFiles(json="{0}/state/ka.json"), "state/ka.json"),
        (DumpFiles(json="{0}/state/ka"), "state/ka"),
        (
            DumpFiles(json="{0}/state/ka.json"),
            "keepalived.json",
        ),  # by a version that does not know the keyword
        (DumpFiles(tag="blue_one"), "keepalived.blue_one.json"),
    ],
)
def test_the_dump_is_found_where_keepalived_s_configuration_puts_it(
    tmp_path: Path, configured: DumpFiles, file: str
) -> None:
    (tmp_path / "state").mkdir()
    path = configured.json and configured.json.format(tmp_path)
    with played(tmp_path, files=file) as pid:
        assert dump_of(pid, replace(configured, json=path))["data"] == []
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_keepalived_without_json_is_asked_for_its_texts(tmp_path: Path) -> None:
    data = f" VRRP Instance = VI_1\n   Password = {PASSWORD}\n   Priority = 150\n"
    files = "keepalived.stats,keepalived.data,keepalived_parent.data,keepalived_check.data"
    with played(tmp_path, files=files, parts=(STATISTICS.encode(), data.encode())) as pid:
        answer = dump_of(pid, kind=Daemon)
    assert answer["format"] == "text"
    assert read_text(answer["stats"])["VI_1"]["advert_rcvd"] == 12
    assert "Priority = 150" in answer["data"]
    assert PASSWORD not in json.dumps(answer)
    # What was written for the last signal is taken away too, but not what comes after it.
    assert not (tmp_path / "keepalived.data").exists()


def test_a_link_in_the_place_of_the_dump_is_taken_away_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text('["a secret"]')
    (tmp_path / "keepalived.json").symlink_to(victim)
    with played(tmp_path, parts=(b'["new"]',)) as pid:
        assert dump_of(pid)["data"] == ["new"]
    assert victim.read_text() == '["a secret"]'


def test_a_link_that_is_put_there_after_the_question_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text('["a secret"]')
    linking = PLAYED.replace(
        'with open(name, "wb") as dump:', f"os.symlink({str(victim)!r}, name)\n        if 0:"
    )
    with (
        played(tmp_path, linking) as pid,
        pytest.raises(HawatchError, match="is a link, and not keepalived's"),
    ):
        dump_of(pid)
    assert not (tmp_path / "keepalived.json").is_symlink()


@pytest.mark.parametrize("replacement", ["os.link({victim!r}, name)", "os.mkfifo(name)", "os.mkdir(name)"])
def test_what_is_no_file_of_keepalived_s_own_is_not_read(tmp_path: Path, replacement: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text('["a secret"]')
    line = replacement.format(victim=str(victim)) + "\n        if 0:"
    with (
        played(tmp_path, PLAYED.replace('with open(name, "wb") as dump:', line)) as pid,
        pytest.raises(HawatchError, match="is not keepalived's"),
    ):
        dump_of(pid)


def test_a_process_that_would_die_of_the_signal_is_not_sent_it(tmp_path: Path) -> None:
    with played(tmp_path, DEAF) as pid, pytest.raises(HawatchError, match="does not know signal"):
        dump_of(pid)


def test_a_stopped_keepalived_is_left_alone(tmp_path: Path) -> None:
    with played(tmp_path) as pid:
        os.kill(pid, signal.SIGSTOP)
        os.waitpid(pid, os.WUNTRACED)
        with pytest.raises(HawatchError, match="keepalived is stopped"):
            dump_of(pid)
        os.kill(pid, signal.SIGCONT)
        assert dump_of(pid)["data"] == []


def wait_for(path: Path, *, there: bool) -> None:
    wait_until(lambda: path.exists() is there or None, what=f"{path} there: {there}", timeout=HANG_GUARD)


def test_a_dump_that_comes_too_late_is_told_and_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "TIME_LIMIT", 0.1)
    monkeypatch.setattr(dump, "_LATE", 0.5)
    late_dump = tmp_path / "keepalived.json"
    late = PLAYED.replace("    for name", "    time.sleep(0.3)\n    for name")

    async def story(pid: int) -> None:
        daemon = PlayedDaemon(pid=pid, uid=os.geteuid())
        with pytest.raises(HawatchError, match=r"wrote no dump in 0\.1 s"):
            await Dump(daemon=lambda: daemon).answer({})
        for there in (True, False):
            await asyncio.to_thread(wait_for, late_dump, there=there)

    with played(tmp_path, late) as pid:
        asyncio.run(story(pid))


def test_directories_are_followed_within_the_root_and_never_out_of_it(tmp_path: Path) -> None:
    inside = tmp_path / "root" / "var" / "state"
    inside.mkdir(parents=True)
    (tmp_path / "root" / "run").symlink_to("/var")
    (tmp_path / "root" / "up").symlink_to("../../../var")
    (inside / "dump").write_text("[1]")
    (tmp_path / "dump").write_text("[2]")
    for path in ("/var/state/dump", "/run/state/dump", "/up/state/dump", "/../../var/./state/dump"):
        file = DumpFile(root=str(tmp_path / "root"), path=path, owner=os.geteuid())
        assert file.read() == b"[1]"
    file = DumpFile(root=str(tmp_path / "root"), path="/../dump", owner=os.geteuid())
    assert file.read() is None
    (tmp_path / "root" / "loop").symlink_to("loop")
    with pytest.raises(HawatchError, match="a directory on the way"):
        DumpFile(root=str(tmp_path / "root"), path="/loop/dump", owner=os.geteuid()).read()


def test_nothing_may_be_done_unless_root_has_allowed_it(client: Client) -> None:
    for name in ("restart-keepalived", "/bin/sh", "", None, 7):
        assert client.ask(verb="act", name=name, id="a")["error"] == "no such action is allowed"


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
    answer = client.ask(verb="act", name="say", id="a", command=["/bin/false"], arguments=["two"])
    assert (answer["ok"], answer["exit_code"], answer["output"]) == (True, 7, "0 one\n")


@pytest.mark.lab
def test_an_action_that_takes_too_long_is_ended(allowed: Callable[[str], None], client: Client) -> None:
    allowed('[action.wait]\ncommand = ["/bin/sleep", "1000"]\nseconds = 0.2\n')
    answer = client.ask(verb="act", name="wait", id="a")
    assert (answer["timed_out"], answer["exit_code"]) == (True, None)
    assert answer["problem"] == "/bin/sleep: no end in 0.2 s"


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
    answer = client.ask(verb="act", name="a", id="a")
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
    assert "must belong to root" in client.ask(verb="act", name="say", id="a")["error"]
    listed.chmod(0o644)
    assert client.ask(verb="act", name="say", id="a")["output"] == "hello\n"
    os.chown(listed, 65534, 0)
    assert "must belong to root" in client.ask(verb="act", name="say", id="b")["error"]


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


# --- the agent's single questions -----------------------------------------------------------------


def test_the_agent_s_question_is_answered(helper: HelperProcess) -> None:
    answer = asyncio.run(ask_helper("firewall", str(helper.socket)))
    assert answer.keys() >= {"verb", "ok", "problems", "nft", "iptables", "ip6tables"}


def test_a_refusal_is_told_in_the_helper_s_words(helper: HelperProcess) -> None:
    with pytest.raises(
        ObserverError, match=r"hawatch-helper: no such verb; there are act, actions, arm, config"
    ):
        asyncio.run(ask_helper("reboot", str(helper.socket)))


def test_a_helper_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "helper.sock")
    with pytest.raises(ObserverError, match="does not run"):
        asyncio.run(ask_helper("dump", path))
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(path)
    with pytest.raises(ObserverError, match="refused"):
        asyncio.run(ask_helper("dump", path))


async def ask_one_who(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], path: str
) -> str:
    """What the agent is told of a helper that answers so, once that has hung up."""
    hung_up = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await answer(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_unix_server(serve, path), asyncio.timeout(HANG_GUARD):
        with pytest.raises(ObserverError) as told:
            await ask_helper("dump", path)
        await hung_up.wait()
    return str(told.value)


@pytest.mark.parametrize("answer", [b"", b"{", b"[]\n", b'{"ok": false}\n', b"\xff\n", b'{"ok": 1}\n'])
def test_an_answer_that_makes_no_sense_is_told_in_one_line(tmp_path: Path, answer: bytes) -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        await writer.drain()

    told = asyncio.run(ask_one_who(answer_once, str(tmp_path / "helper.sock")))
    assert told.startswith("hawatch-helper: ")
    assert "\n" not in told


def test_a_helper_that_never_answers_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper_client, "PATIENCE", 0.05)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    told = asyncio.run(ask_one_who(say_nothing, str(tmp_path / "helper.sock")))
    assert told == "hawatch-helper does not answer"
