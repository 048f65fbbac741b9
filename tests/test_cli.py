from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from hawatch import __version__, cli
from hawatch.errors import AgentUnreachableError, ConfigError

ROOT = Path(__file__).resolve().parent.parent


def hawatch(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hawatch", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a command into the table that does what the test says."""

    def add(name: str, act: Callable[[argparse.Namespace], int]) -> None:
        module = ModuleType(f"hawatch.cli.{name}_made_by_a_test")

        def configure(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--times", type=int, default=1)

        vars(module).update(SUMMARY="A test's command.", configure=configure, run=act)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, name, (f"{name}_made_by_a_test", "A test's command."))

    return add


def fails_with(error: Exception) -> Callable[[argparse.Namespace], int]:
    def act(args: argparse.Namespace) -> int:
        raise error

    return act


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_version_is_printed(word: str) -> None:
    answer = hawatch(word)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"hawatch {__version__}\n", "")


def test_help_lists_every_command_and_imports_none() -> None:
    program = (
        "import sys; from hawatch.cli import main; main(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('hawatch.cli.')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.endswith("\n[]\n")
    for name, (_, summary) in cli.COMMANDS.items():
        assert f"  {name} " in answer.stdout
        assert summary in answer.stdout


@pytest.mark.parametrize("words", [(), ("frobnicate",), ("--frobnicate",)])
def test_no_command_or_an_unknown_one_is_one_line_and_exit_code_two(words: tuple[str, ...]) -> None:
    answer = hawatch(*words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("hawatch: ")
    assert answer.stderr.count("\n") == 1
    assert all(word in answer.stderr for word in words)


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_each_commands_module_keeps_the_promise(name: str) -> None:
    module, summary = cli.COMMANDS[name]
    loaded = import_module(f"hawatch.cli.{module}")
    assert summary == loaded.SUMMARY
    answer = hawatch(name, "--help")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"hawatch {name}" in answer.stdout
    assert "xample" in answer.stdout
    assert hawatch(name, "--version").stdout == f"hawatch {__version__}\n"


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_each_command_answers_a_usage_error_with_one_line(name: str) -> None:
    answer = hawatch(name, "--frobnicate")
    assert (answer.returncode, answer.stdout) == (cli.USAGE_EXIT_CODES.get(name, 2), "")
    assert answer.stderr.startswith(f"hawatch {name}: ")
    assert answer.stderr.count("\n") == 1


def test_a_commands_return_value_is_the_exit_code(command: Callable[..., None]) -> None:
    command("trial", lambda args: args.times)
    assert cli.main(["trial", "--times", "3"]) == 3


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ConfigError("peer.0.port", "not a number"), 2, "hawatch: peer.0.port: not a number\n"),
        (AgentUnreachableError("no answer on /run/x"), 3, "hawatch: no answer on /run/x\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.pcap"),
            2,
            "hawatch: a.pcap: No such file or directory\n",
        ),
        (ConfigError("x", "two\nlines"), 2, "hawatch: x: two lines\n"),
    ],
)
def test_what_goes_wrong_is_one_line_on_stderr(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str], error: Exception, code: int, line: str
) -> None:
    command("trial", fails_with(error))
    assert cli.main(["trial"]) == code
    assert capsys.readouterr() == ("", line)


def test_a_fault_of_ours_shows_no_traceback_unless_asked(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAWATCH_DEBUG", raising=False)
    command("trial", fails_with(KeyError("oops")))
    assert cli.main(["trial"]) == 2
    assert (
        capsys.readouterr().err == "hawatch: internal error: KeyError: 'oops' (HAWATCH_DEBUG=1 shows where)\n"
    )
    monkeypatch.setenv("HAWATCH_DEBUG", "1")
    with pytest.raises(KeyError):
        cli.main(["trial"])


@pytest.mark.parametrize(
    "error", [ConfigError("x", "y"), PermissionError(13, "Permission denied"), KeyError("z")]
)
def test_check_says_unknown_about_its_own_faults(command: Callable[..., None], error: Exception) -> None:
    command("check", fails_with(error))
    assert cli.main(["check"]) == 3
    assert cli.main(["check", "--frobnicate"]) == 3


def test_interrupting_a_command_is_quiet(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    command("trial", interrupted)
    assert cli.main(["trial"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "hawatch", "--help"],
            cwd=ROOT,
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(write_end)
    assert (answer.returncode, answer.stderr) == (141, "")
