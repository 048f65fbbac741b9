"""Service checks by systemd unit and by command; no systemd runs here, so a stand-in for systemctl says its part."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hawatch.observers.service.command import check_command
from hawatch.observers.service.result import Result
from hawatch.observers.service.unit import check_unit

TIMEOUT = 30.0


def unit(tmp_path: Path, says: str, code: int = 0) -> Result:
    """What is made of these words of systemctl, which must have been asked in the right way."""
    program = tmp_path / "systemctl"
    program.write_text(f"""#!/bin/sh
[ "$*" = "show --property=LoadState,ActiveState,SubState -- nginx.service" ] || exit 9
printf '%s\\n' '{says}'
exit {code}
""")
    program.chmod(0o755)
    return asyncio.run(check_unit("nginx.service", TIMEOUT, str(program)))


@pytest.mark.parametrize(
    ("state", "up"),
    [
        ("active", True),
        ("reloading", True),
        ("failed", False),
        ("inactive", False),
        ("activating", None),
        ("deactivating", None),
        ("maintenance", None),
    ],
)
def test_a_unit_is_up_while_it_is_active_and_on_its_way_nothing_is_known(
    state: str, up: bool | None, tmp_path: Path
) -> None:
    found = unit(tmp_path, f"LoadState=loaded\nActiveState={state}\nSubState=running")
    assert found == Result(up=up, detail=f"nginx.service: {state} (running)")


def test_a_unit_that_is_not_there_is_no_service_that_is_down(tmp_path: Path) -> None:
    found = unit(tmp_path, "LoadState=not-found\nActiveState=inactive\nSubState=dead")
    assert found == Result(up=None, detail="nginx.service: there is no such unit")


def test_a_bus_that_does_not_answer_says_nothing_of_the_unit(tmp_path: Path) -> None:
    assert unit(tmp_path, "", 1).up is None
    assert unit(tmp_path, "nonsense").up is None
    assert asyncio.run(check_unit("nginx.service", TIMEOUT, str(tmp_path / "none"))).up is None


@pytest.mark.parametrize(
    ("argv", "up", "detail"),
    [
        (("/bin/sh", "-c", "echo PONG"), True, "PONG"),
        (("/bin/sh", "-c", "echo no; exit 1"), False, "no"),
        (("/bin/sh", "-c", "exit 2"), False, "/bin/sh gave 2"),
        (("/bin/none",), None, "/bin/none: No such file or directory"),
    ],
)
def test_a_command_that_ends_with_0_is_up_and_one_that_does_not_start_says_nothing(
    argv: tuple[str, ...], up: bool | None, detail: str
) -> None:
    assert asyncio.run(check_command(argv, TIMEOUT)) == Result(up=up, detail=detail)


def test_a_command_without_an_end_says_nothing() -> None:
    assert asyncio.run(check_command(("/bin/sleep", "60"), 0.1)).up is None
