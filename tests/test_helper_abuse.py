"""Whoever may talk to the helper, or write near its list, tries to have root run what root has not allowed."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawatch.helper.server import LONGEST_REQUEST
from tests.helper_process import Client, HelperProcess

pytestmark = pytest.mark.lab  # the list must be root's

NOBODY = 65534
GOOD = '[action.say]\ncommand = ["/bin/echo", "good"]\n'
EVIL = '[action.say]\ncommand = ["/bin/echo", "evil"]\n'
REFUSED = "must belong to root, and nobody else may write it"


@pytest.fixture
def helper() -> Iterator[HelperProcess]:
    with tempfile.TemporaryDirectory() as directory, HelperProcess(Path(directory)).start() as helper:
        (helper.directory / "actions.toml").write_text(GOOD)
        yield helper


@pytest.fixture
def client(helper: HelperProcess) -> Iterator[Client]:
    with Client(helper.socket) as client:
        yield client


def test_a_link_to_a_list_of_somebody_else_allows_nothing(helper: HelperProcess, client: Client) -> None:
    with tempfile.TemporaryDirectory() as elsewhere:
        forged = Path(elsewhere) / "forged.toml"
        forged.write_text(EVIL)
        os.chown(forged, NOBODY, NOBODY)
        listed = helper.directory / "actions.toml"
        listed.unlink()
        listed.symlink_to(forged)
        assert REFUSED in client.ask(verb="act", name="say", id="a")["error"]


@pytest.mark.parametrize(("mode", "owner"), [(0o777, 0), (0o1777, 0), (0o775, 0), (0o755, NOBODY)])
def test_a_list_in_a_directory_that_others_may_write_allows_nothing(
    helper: HelperProcess, client: Client, mode: int, owner: int
) -> None:
    os.chown(helper.directory, owner, 0)
    helper.directory.chmod(mode)
    answer = client.ask(verb="act", name="say", id="a")
    assert (answer["ok"], answer["error"]) == (False, f"{helper.directory}: {REFUSED}")
    os.chown(helper.directory, 0, 0)
    helper.directory.chmod(0o700)
    assert client.ask(verb="act", name="say", id="b")["output"] == "good\n"


def test_a_list_that_is_swapped_while_it_is_read_never_runs_what_is_not_root_s(
    helper: HelperProcess, client: Client
) -> None:
    listed, ended = helper.directory / "actions.toml", threading.Event()

    def swap() -> None:
        while not ended.is_set():
            for text, owner in ((EVIL, NOBODY), (GOOD, 0)):
                draft = helper.directory / "draft"
                draft.write_text("")
                os.chown(draft, owner, 0)
                draft.write_text(text)
                draft.replace(listed)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        answers = [client.ask(verb="act", name="say", id=f"race-{number}") for number in range(150)]
    finally:
        ended.set()
        swapping.join()
    assert not [each for each in answers if "evil" in json.dumps(each)]
    assert [each for each in answers if each.get("output") == "good\n"]
    assert [each for each in answers if REFUSED in str(each.get("error"))]


@pytest.mark.parametrize(
    "name",
    [
        "../say",
        "say\n",
        "say\0",
        " say",
        "SAY",
        "say;id",
        "$(id)",
        "-say",
        "ｓａｙ",
        "s" * 70,
        ["say"],
        {"say": 1},
        True,
    ],
)
def test_a_name_that_is_not_one_of_the_list_runs_nothing(client: Client, name: object) -> None:
    answer = client.ask(verb="act", name=name, id="a")
    assert (answer["ok"], answer["error"]) == (False, "no such action is allowed")


@pytest.mark.parametrize("key", ["../../etc/cron.d/x", "a/b", "..", "", "k" * 2000, "a\0b", 7, None, ["a"]])
def test_an_odd_key_makes_no_file_anywhere_and_runs_nothing_twice(
    helper: HelperProcess, client: Client, key: object
) -> None:
    before = {each for each in helper.directory.rglob("*") if "acted" not in each.parts[-2:]}
    first, second = (client.ask(verb="act", name="say", id=key) for _ in range(2))
    assert {each for each in helper.directory.rglob("*") if "acted" not in each.parts[-2:]} == before
    ran = [each for each in (first, second) if each.get("output") == "good\n" and not each.get("again")]
    assert len(ran) <= 1 or first == second, (first, second)
    assert not Path("/etc/cron.d/x").exists()


@pytest.mark.parametrize(
    "size", [LONGEST_REQUEST - 1, LONGEST_REQUEST, LONGEST_REQUEST + 1, 50 * LONGEST_REQUEST]
)
def test_a_huge_request_ends_its_own_connection_at_the_most(helper: HelperProcess, size: int) -> None:
    with socket.socket(socket.AF_UNIX) as huge:
        huge.settimeout(30)
        huge.connect(str(helper.socket))
        try:
            huge.sendall(b'{"verb": "' + b"x" * size + b'"}\n')
            huge.recv(4096)
        except OSError:
            pass  # it was cut off while it wrote
    with Client(helper.socket) as client:
        assert client.ask(verb="act", name="say", id="a")["output"] == "good\n"


def test_the_environment_and_the_words_of_a_request_reach_no_command(
    helper: HelperProcess, client: Client
) -> None:
    (helper.directory / "actions.toml").write_text(
        '[action.say]\ncommand = ["/bin/sh", "-c", "echo $#; env | sort"]\n'
    )
    answer = client.ask(
        verb="act",
        name="say",
        id="a",
        env={"LD_PRELOAD": "/tmp/x.so"},
        args=["x"],
        command=["/bin/false"],
        seconds=0,
    )
    count, *variables = answer["output"].splitlines()
    assert count == "0"
    assert not [each for each in variables if each.startswith(("LD_", "PYTHON", "NOTIFY_"))]
