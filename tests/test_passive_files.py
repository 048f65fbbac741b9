"""Results into Nagios's command file and into a spool: what is written, whole, and what is said when it cannot be."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import Passive
from hawatch.errors import DeliveryError
from hawatch.passive import spool as spool_module
from hawatch.passive.command_file import CommandFile, command
from hawatch.passive.nagios_text import nagios_text
from hawatch.passive.result import PassiveResult
from hawatch.passive.spool import Spool, nsca_set
from hawatch.reach.aside import Aside
from hawatch.reach.fifo import MOST_BYTES
from tests.hands import Hands

SPLIT = PassiveResult(
    host="web",
    service="hawatch",
    code=2,
    output="HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100; 裂脑",
    perfdata=("VI_1_severity=2;;;0;3", "age=0.1s;;;0"),
    details=("VI_1 (vrid 51)", r"  a\b"),
    source="lb01",
    ttl=180.0,
)
EPOCH = 1_780_272_000.0
WHOLE = (
    "HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100; 裂脑 | VI_1_severity=2;;;0;3 "
    r"age=0.1s;;;0\nVI_1 (vrid 51)\n  a\\b"
)
UNESCAPED = WHOLE.replace(r"\n", "\n").replace(r"\\", "\\")
LONG = replace(SPLIT, perfdata=tuple(f"value{n}=1" for n in range(200)), details=("x" * 99,) * 100)
anything = st.text(st.characters(exclude_categories=["Cc"]), max_size=400)


def refusal(deliver: Callable[[], None]) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        deliver()
    assert "\n" not in str(caught.value)
    return caught.value


# --- the text -------------------------------------------------------------------------------------


def test_line_breaks_and_backslashes_are_escaped_and_the_rest_stays() -> None:
    assert nagios_text(SPLIT, 4000).decode() == WHOLE


def test_what_is_too_long_loses_further_lines_first_then_performance_data_and_never_half_of_one() -> None:
    text = nagios_text(LONG, 1000).decode()
    assert len(text) <= 1000
    assert r"\n" not in text
    assert text.startswith(f"{SPLIT.output} | value0=1 value1=1")
    assert set(text.partition(" | ")[2].split()) < set(LONG.perfdata)


@given(anything, st.lists(anything, max_size=5), st.integers(0, 500))
def test_whatever_it_says_it_is_one_line_that_fits_and_reads_back(
    output: str, details: list[str], room: int
) -> None:
    text = nagios_text(replace(SPLIT, output=output, details=tuple(details), perfdata=()), room)
    assert len(text) <= room
    assert b"\n" not in text
    assert (len(text) - len(text.rstrip(b"\\"))) % 2 == 0
    assert "\n".join([output, *details]).encode(errors="replace").startswith(unescaped(text))


def unescaped(text: bytes) -> bytes:
    """As Nagios takes it."""
    return b"\\".join(part.replace(rb"\n", b"\n") for part in text.split(rb"\\"))


@given(anything)
def test_a_command_is_never_longer_than_what_a_fifo_takes_at_once(output: str) -> None:
    line = command(replace(LONG, output=output * 20), EPOCH)
    assert len(line) <= MOST_BYTES
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


# --- the command file -----------------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "nagios.cmd"
    os.mkfifo(path)
    return path


def push(path: Path, result: PassiveResult = SPLIT) -> None:
    target = Passive(name="nagios", command_file=str(path))
    asyncio.run(CommandFile(target, Hands(EPOCH).wall).deliver(result))


def test_a_result_is_one_command(fifo: Path) -> None:
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    push(fifo)
    assert os.read(reader, 8192).decode() == (
        f"[1780272000] PROCESS_SERVICE_CHECK_RESULT;web;hawatch;2;{WHOLE}\n"
    )
    os.close(reader)


def test_a_command_file_that_nobody_reads_fails_for_now(fifo: Path) -> None:
    error = refusal(lambda: push(fifo))
    assert (str(error), error.temporary) == (f"{fifo}: nobody reads it; is Nagios running?", True)


def test_a_command_file_that_is_not_there_fails_for_now(tmp_path: Path) -> None:
    error = refusal(lambda: push(tmp_path / "nagios.cmd"))
    assert str(error).startswith(f"{tmp_path}/nagios.cmd: it is not there; is Nagios running on this host")
    assert error.temporary


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_is_no_fifo_fails_for_good_and_is_not_written_to(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "nagios.cmd"
    make(path)
    error = refusal(lambda: push(path))
    assert (str(error), error.temporary) == (f"{path}: it is no FIFO, so not Nagios's command file", False)
    assert path.is_dir() or path.read_bytes() == b""


def test_a_command_file_that_is_full_fails_for_now_and_gets_no_half_line(fifo: Path) -> None:
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def fill() -> None:
        for _ in range(1000):
            push(fifo, LONG)

    error = refusal(fill)
    assert (str(error), error.temporary) == (f"{fifo}: it is full; Nagios does not read it", True)
    with os.fdopen(reader, "rb") as lines:
        held = lines.read(1 << 20) or b""
    assert held.endswith(b"\n")
    assert set(held.splitlines(keepends=True)) == {command(LONG, EPOCH)}


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody else")
def test_a_command_file_that_may_not_be_written_fails_for_now_and_says_what_to_do() -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "nagios.cmd"
        Path(directory).chmod(0o755)
        os.mkfifo(path, 0o600)
        os.seteuid(65534)
        try:
            error = refusal(lambda: push(path))
        finally:
            os.seteuid(0)
    assert error.temporary
    assert str(error).endswith(
        "permission denied; the agent's user must be in the group that may write to it"
    )


# --- the spool ------------------------------------------------------------------------------------


@pytest.fixture
def hands() -> Hands:
    return Hands(EPOCH)


@pytest.fixture
def spool(tmp_path: Path, hands: Hands) -> Spool:
    return Spool(Passive(name="nsca", spool=str(tmp_path), every=60), hands)


def put(spool: Spool, result: PassiveResult = SPLIT) -> None:
    asyncio.run(spool.deliver(result))


def test_a_result_is_one_whole_file_as_send_nsca_reads_it(spool: Spool, tmp_path: Path) -> None:
    put(spool)
    (file,) = tmp_path.iterdir()
    assert file.name == "nsca.01780272000000"
    assert file.read_text() == f"web\thawatch\t2\t{UNESCAPED}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o660


def test_a_newer_result_takes_the_place_of_one_that_nobody_took_and_of_no_other_targets(
    spool: Spool, hands: Hands, tmp_path: Path
) -> None:
    others = [tmp_path / "nsca2.01780272000000", tmp_path / "nsca.x", tmp_path / "a.nsca.01780272000000"]
    for path in others:
        path.touch()
    for code in (2, 1, 0):
        put(spool, replace(SPLIT, code=code))
        hands.now += 1
    (ours,) = set(tmp_path.iterdir()) - set(others)
    assert ours.read_text().split("\t")[2] == "0"


def test_a_clock_that_was_set_back_brings_no_older_result_to_the_front(
    spool: Spool, hands: Hands, tmp_path: Path
) -> None:
    put(spool)
    hands.now -= 3600
    put(spool, replace(SPLIT, code=0))
    (ours,) = tmp_path.iterdir()
    assert (ours.name, ours.read_text().split("\t")[2]) == ("nsca.01780272000001", "0")


def test_a_spool_that_nobody_empties_fails_for_now_until_somebody_does(
    spool: Spool, hands: Hands, tmp_path: Path
) -> None:
    put(spool)
    for _ in range(2):
        hands.now += 60
        put(spool)
    hands.now += 60
    error = refusal(lambda: put(spool))
    assert str(error) == (
        f"{tmp_path}: nobody has taken what is put there for 180 s; is what calls send_nsca running?"
    )
    assert error.temporary
    (waiting,) = tmp_path.iterdir()
    assert waiting.name == "nsca.01780272180000"
    waiting.unlink()
    put(spool)


def test_an_agent_that_begins_anew_sees_how_long_it_was_not_emptied(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "nsca.01780271000000").touch()
    spool = Spool(Passive(name="nsca", spool=str(tmp_path), every=60), hands)
    assert "for 1000 s" in str(refusal(lambda: put(spool)))


def test_a_spool_that_is_not_there_fails_for_now(tmp_path: Path, hands: Hands) -> None:
    spool = Spool(Passive(name="nsca", spool=f"{tmp_path}/nsca"), hands)
    error = refusal(lambda: put(spool))
    assert (str(error), error.temporary) == (f"{tmp_path}/nsca: no such directory", True)


FULL_DISK = """
import asyncio, os, sys
from hawatch.errors import DeliveryError
from tests.hands import Hands
from tests.test_passive_files import EPOCH, Passive, SPLIT, Spool
other = "other"
os.chdir(sys.argv[1])
with open(other, "wb") as file:
    file.write(b"x" * 8192)
spool = Spool(Passive(name="nsca", spool=sys.argv[1]), Hands(EPOCH))
for room in (False, True):
    try:
        asyncio.run(spool.deliver(SPLIT))
    except DeliveryError as error:
        print(error.temporary, error)
    print(os.listdir())
    if not room:
        os.unlink(other)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can mount")
def test_a_full_disk_fails_for_now_and_leaves_no_draft(tmp_path: Path) -> None:
    """A real one, of two pages, which only a program of its own sees."""
    mount = f'mount -t tmpfs -o size=8k tmpfs {tmp_path} && exec "$@"'
    argv = ["unshare", "--mount", "sh", "-c", mount, "sh", sys.executable, "-c", FULL_DISK, str(tmp_path)]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout.splitlines() == [
        f"True {tmp_path}: no space left on device",
        "['other']",
        "['nsca.01780272000000']",
    ], ended.stderr


def test_a_set_for_send_nsca_has_exactly_three_tabs_and_one_end() -> None:
    line = nsca_set(replace(LONG, output="a\tb\x17" * 10))
    assert line.count(b"\t") == 3
    assert len(line) <= spool_module.MOST_BYTES
    assert line.endswith(b"x\n")
    assert b"\x17" not in line


# --- what hangs -----------------------------------------------------------------------------------


def test_what_hangs_is_not_waited_for_and_nothing_new_is_begun_beside_it() -> None:
    go, ran = threading.Event(), []

    def hang() -> None:
        ran.append(1)
        go.wait()

    async def story() -> None:
        aside = Aside("/disk", 0.05)
        for problem in ("no answer in 0.05 s", "the attempt before still hangs"):
            with pytest.raises(DeliveryError, match=f"^/disk: {problem}$") as caught:
                await aside.do(hang)
            assert caught.value.temporary
        go.set()
        while aside.busy:  # noqa: ASYNC110 - a thread of its own, without an event
            await asyncio.sleep(0)
        await aside.do(lambda: ran.append(2))

    asyncio.run(story())
    assert ran == [1, 2]
