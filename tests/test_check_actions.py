"""hawatch check-config --actions: what hawatch-helper would say of the list of root, before it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawatch.cli import main

EXAMPLE = Path(__file__).parent.parent / "deploy" / "actions" / "actions.toml"
pytestmark = pytest.mark.lab  # actions.toml must be root's


@pytest.fixture
def actions(tmp_path: Path) -> Path:
    path = tmp_path / "actions.toml"
    path.write_text(EXAMPLE.read_text())
    path.chmod(0o644)
    return path


def checked(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = main(["check-config", "--actions", str(path), *more])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_list_that_is_shipped_is_ok_and_summed_up(
    actions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = checked(actions, capsys)
    assert code == 0
    assert out.startswith(f"{actions}: OK\n")
    assert "  stop-keepalived: demote, within 30 s, undone by start-keepalived\n" in out
    assert "  remove-vip: demote, within 30 s\n" in out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[action.stop-keepalived]\ncomand = ['/bin/true']", "action.stop-keepalived.'comand': unknown key"),
        ("[action.stop-keepalived]\ncommand = ['true']", "action.stop-keepalived.command: must begin with an abs"),
        ("[action.remove-vip]\ncommand = ['/bin/true']", "action.remove-vip.command: must have {vip}"),
        ("[action.x]\ncommand = ['/bin/true']\nundo = 'y'", "action.x.undo: must name another action of this"),
        ("[action.x]\ncommand = ['/bin/true']\nseconds = 0", "action.x.seconds: "),
        ("[fence.lb02]\nagent = 'fence_ipmilan'", "fence.lb02.agent: an absolute path is wanted"),
        ("[acton.x]\ncommand = ['/bin/true']", "only tables [action.NAME]"),
        ("[action.x\n", "Expected ']'"),
        ("\0\x01", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_the_file_and_the_key(
    actions: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    actions.write_text(text)
    code, out, err = checked(actions, capsys)
    assert (code, out) == (2, "")
    assert err.startswith(f"hawatch: {actions}: {problem}"), err
    assert err.count("\n") == 1


def test_a_list_that_others_may_write_is_none(actions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    actions.chmod(0o664)
    code, _, err = checked(actions, capsys)
    assert (code, err) == (2, f"hawatch: {actions}: must belong to root, and nobody else may write it\n")


@pytest.mark.parametrize(("name", "problem"), [("none.toml", "No such file"), (".", "Is a directory")])
def test_what_is_no_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, problem: str
) -> None:
    code, _, err = checked(tmp_path / name, capsys)
    assert code == 2
    assert err.startswith(f"hawatch: {tmp_path / name}: {problem}")


def test_programs_that_are_not_there_are_warned_of(actions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    actions.write_text("""
[action.stop-keepalived]
command = ["/nowhere/systemctl", "stop", "keepalived"]
[action.announce-vip]
command = ["/bin/true", "{vip}"]
command6 = ["/nowhere/ndsend", "{vip}"]
[fence.lb02]
agent = "/nowhere/fence_ipmilan"
password_file = "/etc/hawatch/fence-lb02.password"
""")
    code, out, err = checked(actions, capsys)
    assert code == 0
    assert "  fence of lb02: /nowhere/fence_ipmilan\n" in out
    assert err.splitlines() == [
        "warning: action.stop-keepalived.command: /nowhere/systemctl is not there, or no program",
        "warning: action.announce-vip.command6: /nowhere/ndsend is not there, or no program",
        "warning: fence.lb02.agent: /nowhere/fence_ipmilan is not there, or no program",
    ]


def test_another_file_is_checked_as_well_only_where_it_is_named(
    actions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hawatch.toml"
    config.write_text("[node]\nname = 'lb01'\n")
    code, out, _ = checked(actions, capsys, str(config))
    assert code == 0
    assert [line for line in out.splitlines() if line.endswith(": OK")] == [f"{actions}: OK", f"{config}: OK"]
    config.write_text("[node]\nnmae = 'lb01'\n")
    code, _, err = checked(actions, capsys, str(config))
    assert (code, err) == (2, f"hawatch: {config}: node.nmae: unknown key, did you mean name?\n")
