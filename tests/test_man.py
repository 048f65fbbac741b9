"""The man pages: as the code has it, without a fault that man or mandoc would tell of, and complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docs import generate_man
from docs.arguments import arguments_of, command_parser
from docs.roff import escaped, prose
from hawatch.cli import COMMANDS
from hawatch.config.reference import ACTIONS_TOML, HAWATCH_TOML
from tests.conftest import ALL

PAGES = sorted(generate_man.pages())
NO_DATE = "missing date"  # on purpose: the same source gives the same page


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if ALL:
            pytest.fail(f"needs {name}")
        pytest.skip(f"needs {name}")
    return found


def shown(name: str) -> str:
    """A page as somebody reads it, without its formatting."""
    done = subprocess.run(
        [tool("man"), "-l", "-Tutf8", str(generate_man.PLACE / name)],
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MAN_KEEP_FORMATTING": "", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    plain = re.sub(r".\x08", "", re.sub(r"\x1b\[[0-9;]*m", "", done.stdout))
    return plain.replace("\u2010", "-").replace("\u2212", "-")


def test_the_pages_are_up_to_date_and_there_are_no_others() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in generate_man.PLACE.iterdir()}

    assert there == generate_man.pages(), "run `make docs`"


@pytest.mark.parametrize("name", PAGES)
def test_man_has_no_warning(name: str) -> None:
    done = subprocess.run(
        [tool("man"), "--warnings=w", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(generate_man.PLACE / name)],
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_mandoc_has_no_warning(name: str) -> None:
    done = subprocess.run(
        [tool("mandoc"), "-T", "lint", "-W", "warning", str(generate_man.PLACE / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stdout.splitlines() if NO_DATE not in line] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_with_what_apropos_finds(name: str) -> None:
    topic = name.rpartition(".")[0]

    assert re.search(rf"^NAME\n +{re.escape(topic)} - [^\n]+", shown(name), re.MULTILINE)


def test_the_page_of_the_command_has_all_commands_and_options() -> None:
    text = shown("hawatch.1")
    for name in COMMANDS:
        assert re.search(rf"^ +hawatch {name}\b", text, re.MULTILINE), name
        for argument in arguments_of(command_parser(name)):
            for flag in argument.flags:
                assert flag in text, (name, flag)


def test_the_pages_of_the_files_have_all_keys() -> None:
    for name, tables in (("hawatch.toml.5", HAWATCH_TOML), ("actions.toml.5", ACTIONS_TOML)):
        text = shown(name)
        for table in tables:
            assert table.heading in text
            for key in table.keys:
                assert re.search(rf"^ +{key.name} = ", text, re.MULTILINE), (table.title, key.name)


def test_the_page_of_the_plugin_has_its_whole_help() -> None:
    path = generate_man.ROOT / "nagios" / "check_hawatch"
    usage = subprocess.run([str(path), "--help"], capture_output=True, text=True, check=False).stdout
    words = set(re.findall(r"[A-Za-z]{3,}", usage)) - {
        "Usage",
        "Exit",
        "code",
        "Example",
    }  # these are headings there

    assert len(words) > 100
    assert words - set(re.findall(r"[A-Za-z]{3,}", shown("check_hawatch.1"))) == set()


@pytest.mark.parametrize(
    "text",
    [
        "'quoted at the beginning'",
        ".looks like a request",
        r"a \n backslash",
        "--option",
        "a … b – c “d”",
        "`code`",
    ],
)
def test_any_text_means_itself(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.1"
    path.write_text(f'.TH PAGE 1 "" "x" "y"\n.SH NAME\nx\n.SH TEXT\n{prose(text)}')
    done = subprocess.run(
        [tool("mandoc"), "-T", "utf8", str(path)], capture_output=True, text=True, check=True
    )

    assert text.replace("`", "") in re.sub(r".\x08", "", done.stdout)
    assert escaped(text).isascii()
