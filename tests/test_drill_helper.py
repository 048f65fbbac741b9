"""The helper brings a node back itself, under the agent's own id: whichever comes first, it is done once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from tests.helper_process import HANG_GUARD, Client, HelperProcess

pytestmark = pytest.mark.lab  # actions.toml must be root's


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    helper = HelperProcess(tmp_path)
    done = tmp_path / "done"
    (tmp_path / "actions.toml").write_text(
        "[action.start-keepalived]\n"
        f'command = ["/bin/sh", "-c", "echo started >> {done}"]\n'
        '[action.remove-vip]\ncommand = ["/bin/true", "{vip}"]\n'
    )
    with helper.start(), Client(helper.socket) as client:
        yield client


def lines(tmp_path: Path) -> list[str]:
    path = tmp_path / "done"
    return path.read_text().splitlines() if path.exists() else []


def arm(client: Client, **more: object) -> dict[str, object]:
    asked = {"name": "start-keepalived", "id": "drill-1/1/start", "after": 0.3, **more}
    found: dict[str, object] = client.ask(verb="arm", **asked)
    return found


def test_what_nobody_did_by_then_is_done(client: Client, tmp_path: Path) -> None:
    assert arm(client)["ok"] is True
    assert arm(client)["ok"] is True  # asked for twice, it is meant once
    wait_until(lambda: lines(tmp_path) or None, what="the action", timeout=HANG_GUARD)

    def again() -> bool | None:  # busy for as long as the command runs
        return client.ask(verb="act", name="start-keepalived", id="drill-1/1/start").get("again")

    assert wait_until(again, what="an answer", timeout=HANG_GUARD) is True
    assert lines(tmp_path) == ["started"]


def test_what_the_agent_did_before_is_not_done_again(client: Client, tmp_path: Path) -> None:
    arm(client)
    assert client.ask(verb="act", name="start-keepalived", id="drill-1/1/start")["exit_code"] == 0
    arm(client, id="drill-1/2/start", after=0.6)
    wait_until(lambda: lines(tmp_path)[1:] or None, what="the later one", timeout=HANG_GUARD)
    assert lines(tmp_path) == ["started", "started"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "reboot"}, "no such action is allowed"),
        ({"name": None}, "no such action is allowed"),
        ({"name": "remove-vip"}, "no such VIP is configured here"),
        ({"after": 0}, "after: a number of seconds"),
        ({"after": "1"}, "after: a number of seconds"),
        ({"after": True}, "after: a number of seconds"),
        ({"after": 1e9}, "after: a number of seconds"),
        ({"id": ""}, "id: a text"),
        ({"id": 7}, "id: a text"),
    ],
    ids=str,
)
def test_what_could_not_be_done_is_not_armed(
    client: Client, tmp_path: Path, wrong: dict[str, object], told: str
) -> None:
    answer = arm(client, **wrong)
    assert answer["ok"] is False
    assert told in str(answer["error"])
    assert lines(tmp_path) == []
