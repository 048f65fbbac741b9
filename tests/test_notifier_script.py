"""The script as a way to people: what it is given, and how what it answers is understood."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.script import ScriptNotifier

MESSAGE = Outgoing(
    id="lb01-7-1",
    person="anna",
    to="+8613800000001",
    text='[HAW]裂脑 "; $(touch owned) `id`\n47',
    data=(("verdict", "split_brain"), ("node", "lb01")),
)
HANG_GUARD = 60.0


def deliver(script: str, *arguments: str, timeout: float = HANG_GUARD) -> Delivery:
    channel = Channel(
        name="pager", kind=ChannelKind.SCRIPT, command=("sh", "-c", script, "sh", *arguments), timeout=timeout
    )
    return asyncio.run(ScriptNotifier(channel).deliver(MESSAGE))


def test_a_script_gets_the_whole_message_as_one_object_and_its_success_is_a_delivery(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    assert deliver('cat >"$1"', str(seen)) is Delivery.DELIVERED
    assert json.loads(seen.read_text()) == {
        "id": "lb01-7-1",
        "person": "anna",
        "to": "+8613800000001",
        "text": MESSAGE.text,
        "data": {"verdict": "split_brain", "node": "lb01"},
    }


def test_a_text_is_never_part_of_a_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    deliver('cat >/dev/null; printf "%s" "$*" >arguments')
    assert (tmp_path / "arguments").read_text() == ""
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("script", "temporary", "words"),
    [
        ("exit 75", True, "sh: exit code 75"),
        ("echo 'gateway busy' >&2; echo more >&2; exit 75", True, "sh: gateway busy (exit code 75)"),
        ("echo 'no such person' >&2; exit 1", False, "sh: no such person (exit code 1)"),
        ("kill -TERM $$", True, "sh: ended by signal 15"),
        ("head -c 2000000 /dev/zero | tr '\\0' x >&2; exit 3", False, f"sh: {'x' * 200} (exit code 3)"),
    ],
)
def test_its_exit_code_says_whether_another_try_makes_sense(script: str, temporary: bool, words: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        deliver(script)
    assert (caught.value.temporary, str(caught.value)) == (temporary, words)


def test_a_script_that_does_not_read_may_still_succeed() -> None:
    assert deliver("exit 0") is Delivery.DELIVERED


def test_a_script_that_leaves_something_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    left = tmp_path / "left"
    assert deliver('sleep 600 & echo $! >"$1"', str(left), timeout=HANG_GUARD) is Delivery.DELIVERED
    os.kill(int(left.read_text()), 9)


def test_a_script_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with pytest.raises(DeliveryError, match=r"^sh: no result in 0.5 s$") as caught:
        deliver('sleep 600 & echo $! >"$1"; wait', str(child), timeout=0.5)
    assert caught.value.temporary
    pid = int(child.read_text())
    wait_until(lambda: None if alive(pid) else True, what="the child to end", timeout=HANG_GUARD)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_script_that_is_not_there_is_a_failure_for_good() -> None:
    notifier = ScriptNotifier(Channel(name="pager", kind=ChannelKind.SCRIPT, command=("/nonexistent/page",)))
    with pytest.raises(DeliveryError, match=r"^/nonexistent/page: no such file or directory$") as caught:
        asyncio.run(notifier.deliver(MESSAGE))
    assert not caught.value.temporary


def test_a_channel_without_a_command_is_refused() -> None:
    with pytest.raises(ConfigError, match="channel pager: a command is missing"):
        ScriptNotifier(Channel(name="pager", kind=ChannelKind.SCRIPT))
