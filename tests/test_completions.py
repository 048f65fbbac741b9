"""The completions in real shells: bash by its own function and by the Tab key, zsh by the Tab key."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate_completions
from docs.arguments import arguments_of, command_parser
from hawatch.cli import COMMANDS
from tests.conftest import ALL
from tests.desks import Office, shell_of
from tests.test_cli_incidents import NAME

BASH = generate_completions.PLACE / "hawatch.bash"
ROOT = Path(__file__).resolve().parent.parent
HANG_GUARD = 60.0


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if ALL:
            pytest.fail(f"needs {name}")
        pytest.skip(f"needs {name}")
    return found


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """A directory with `hawatch` in it, as an installation has one on the path."""
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "hawatch"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m hawatch "$@"\n')
    program.chmod(0o755)
    return directory


@pytest.fixture
def socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Path]:
    """Where an agent answers that has an incident, of a virtual router VI_1."""
    office = Office(monkeypatch)
    office.split()
    with shell_of(office, tmp_path / "agent", capsys):
        yield tmp_path / "agent" / "hawatch.sock"


def environment(command: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{command}:{os.environ['PATH']}", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


class Bash:
    """bash that has read the completions, and is asked what it would offer."""

    def __init__(self, command: Path, directory: Path) -> None:
        self._command = command
        self._directory = directory

    def offers(self, line: str) -> list[str]:
        """What Tab would offer at the end of a line; a line that ends in a blank begins a new word."""
        words = [each for word in line.split() for each in re.split(r"(=)", word) if each]
        words += [""] if line.endswith(" ") else []
        script = (
            f"source {shlex.quote(str(BASH))}\n"
            f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\n"
            "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
            '_hawatch && for each in "${COMPREPLY[@]}"; do printf "%s\\n" "$each"; done\n'
        )
        done = subprocess.run(
            [tool("bash"), "--norc", "-u", "-c", script],
            cwd=self._directory,
            env=environment(self._command),
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_GUARD,
        )
        assert done.stderr == ""
        return sorted(done.stdout.splitlines())


@pytest.fixture
def bash(command: Path, tmp_path: Path) -> Bash:
    directory = tmp_path / "files"
    directory.mkdir()
    return Bash(command, directory)


def test_the_files_are_up_to_date_and_there_are_no_others() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in generate_completions.PLACE.iterdir()}

    assert there == generate_completions.files(), "run `make docs`"


# --- bash -----------------------------------------------------------------------------------------


def test_bash_offers_the_commands(bash: Bash) -> None:
    assert bash.offers("hawatch ") == sorted([*COMMANDS, "--help", "--version"])
    assert bash.offers("hawatch che") == ["check", "check-config"]
    assert bash.offers("hawatch nonsense ") == []


@pytest.mark.parametrize("name", COMMANDS)
def test_bash_offers_every_option_of_a_command(bash: Bash, name: str) -> None:
    flags = [flag for each in arguments_of(command_parser(name)) for flag in each.flags]

    assert bash.offers(f"hawatch {name} -") == sorted([*flags, "-h", "--help", "--version"])


def test_bash_offers_files_where_a_file_is_wanted(bash: Bash, tmp_path: Path) -> None:
    for name in ("night.pcap", "night two.pcap"):
        (tmp_path / "files" / name).touch()

    assert bash.offers("hawatch decode ") == ["night two.pcap", "night.pcap"]
    assert bash.offers("hawatch decode --json night.") == ["night.pcap"]
    assert bash.offers("hawatch decode night.pcap ") == []
    assert bash.offers("hawatch lint night.pcap night.") == ["night.pcap"]
    assert bash.offers("hawatch agent --config ni") == ["night two.pcap", "night.pcap"]
    assert bash.offers("hawatch agent --config=night.") == ["night.pcap"]
    assert bash.offers("hawatch agent --config=") == ["night two.pcap", "night.pcap"]


def test_bash_offers_words_interfaces_and_times(bash: Bash) -> None:
    assert bash.offers("hawatch watch --language ") == ["en", "zh"]
    assert bash.offers("hawatch check --vip 10.0.0.1 --interface l") == ["lo"]
    assert bash.offers("hawatch maintenance e") == ["end"]
    assert bash.offers("hawatch snooze some-incident 1") == ["15m", "1h"]
    assert bash.offers("hawatch agent --peer ") == []


def test_bash_asks_the_running_agent_for_incidents_and_virtual_routers(bash: Bash, socket: Path) -> None:
    assert bash.offers(f"hawatch ack --socket {socket} ") == [NAME]
    assert bash.offers(f"hawatch ack --socket={socket} 26") == [NAME]
    assert bash.offers(f"hawatch act --socket {socket} x") == []
    assert bash.offers(f"hawatch silence --socket {socket} V") == ["VI_1"]


def test_bash_is_silent_when_no_agent_answers(bash: Bash, tmp_path: Path) -> None:
    assert bash.offers(f"hawatch ack --socket {tmp_path / 'none.sock'} ") == []
    assert bash.offers(f"hawatch silence --socket {tmp_path / 'none.sock'} ") == []


# --- the Tab key ----------------------------------------------------------------------------------


class Typing:
    """An interactive shell at a pseudo-terminal."""

    def __init__(self, argv: list[str], env: dict[str, str], directory: Path) -> None:
        self._fd, theirs = pty.openpty()
        self._process = subprocess.Popen(
            argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=directory, start_new_session=True
        )
        os.close(theirs)
        self.seen = ""

    def type(self, text: str, until: str) -> str:
        """Type, and read until this is shown; what was shown since."""
        self.seen = ""
        os.write(self._fd, text.encode())
        while until not in self.seen:
            if not select.select([self._fd], [], [], HANG_GUARD)[0]:
                raise AssertionError(f"{until!r} was not shown:\n{self.seen!r}")
            self.seen += os.read(self._fd, 4096).decode(errors="replace")
        return self.seen

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


@pytest.fixture(params=["bash", "zsh"])
def typing(request: pytest.FixtureRequest, command: Path, tmp_path: Path) -> Iterator[Typing]:
    """Each of the shells with nothing but our completions."""
    env = {**environment(command), "PS1": "READY> ", "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}
    if request.param == "bash":
        shell = Typing([tool("bash"), "--norc", "-i"], env, tmp_path)
        shell.type(f"source {BASH}; bind 'set bell-style none'; echo re''ady\n", "ready\r\n")
    else:
        shell = Typing([tool("zsh"), "-f", "-i"], env, tmp_path)
        setup = f"fpath=({generate_completions.PLACE} $fpath); autoload -Uz compinit; compinit -u -D"
        shell.type(
            f"{setup}; unsetopt beep zle_bracketed_paste; PROMPT='READY> '; echo re''ady\n", "ready\r\n"
        )
    yield shell
    shell.end()


def test_tab_completes_a_command(typing: Typing) -> None:
    typing.type("hawatch mainten\t", "maintenance ")


def test_tab_completes_an_option(typing: Typing) -> None:
    typing.type("hawatch doctor --helper-s\t", "--helper-socket ")


def test_tab_completes_a_file(typing: Typing, tmp_path: Path) -> None:
    (tmp_path / "only-one.pcap").touch()

    typing.type("hawatch decode only\t", "only-one.pcap ")


def test_tab_completes_an_incident_of_the_running_agent(typing: Typing, socket: Path) -> None:
    typing.type(f"hawatch ack --socket {socket} 26\t", f"{NAME} ")


def test_tab_completes_a_virtual_router_of_the_running_agent(typing: Typing, socket: Path) -> None:
    typing.type(f"hawatch silence --socket {socket} V\t", "VI_1 ")


def test_tab_shows_nothing_where_no_agent_answers(typing: Typing, tmp_path: Path) -> None:
    shown = typing.type(f"hawatch ack --socket {tmp_path / 'none.sock'} \tx\x15echo en''d\n", "end\r\n")

    assert "no agent" not in shown
    assert "hawatch:" not in shown


def test_zsh_has_no_fault_with_any_command(command: Path, tmp_path: Path) -> None:
    """Each command's options are listed once; _arguments would complain of a specification that it does not take."""
    env = {**environment(command), "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}
    shell = Typing([tool("zsh"), "-f", "-i"], env, tmp_path)
    try:
        setup = f"fpath=({generate_completions.PLACE} $fpath); autoload -Uz compinit; compinit -u -D"
        shell.type(f"{setup}; unsetopt beep zle_bracketed_paste; LISTMAX=0; echo re''ady\n", "ready\r\n")
        for name in COMMANDS:
            shown = shell.type(f"hawatch {name} --vers\t", "--version ")
            assert "invalid" not in shown
            assert "_arguments" not in shown
            shell.type("\x15echo ne''xt\n", "next\r\n")
    finally:
        shell.end()
