"""The systemd units: what systemd itself says of them, and whether they give agent and helper the places they use."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hawatch.agent.helper_client import HELPER_SOCKET
from hawatch.config import load
from hawatch.config.records import DEFAULT_PATH, Config
from hawatch.helper import __main__ as helper
from tests.packaging.units import AGENT, HELPER, SOCKET, UNITS, WITNESS, one, read_unit, words

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
DROP_INS = sorted((UNITS / "drop-ins").glob("*.conf"))
MOST_EXPOSED = {AGENT: 2.0, HELPER: 3.1, WITNESS: 2.0}
"""What `systemd-analyze security` may say at the most, of 10 (docs/install.md)."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root directory with the units, and something to start."""
    units = tmp_path / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for unit in (AGENT, HELPER, SOCKET, WITNESS):
        shutil.copy(unit, units)
    for target in ("sysinit", "basic", "network", "sockets", "shutdown", "multi-user"):
        (units / f"{target}.target").write_text(f"[Unit]\nDescription={target}\nDefaultDependencies=no\n")
    (tmp_path / "usr/bin").mkdir()
    for name in ("hawatch", "hawatch-helper"):
        program = tmp_path / "usr/bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


def verify(root: Path) -> str:
    """What systemd has against them, nothing when all is well."""
    names = [unit.name for unit in (AGENT, HELPER, SOCKET, WITNESS)]
    ended = subprocess.run(
        ["systemd-analyze", f"--root={root}", "--man=no", "--generators=no", "verify", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stderr + ("" if ended.returncode == 0 else f"exit code {ended.returncode}")


# --- what systemd says ----------------------------------------------------------------------------


@needs_systemd
def test_systemd_has_nothing_against_the_units(root: Path) -> None:
    assert verify(root) == ""


@needs_systemd
def test_systemd_tells_a_unit_that_is_wrong(root: Path) -> None:
    unit = root / "usr/lib/systemd/system/hawatch.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchDogSec="))
    assert "WatchDogSec" in verify(root)


@needs_systemd
@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda path: path.stem)
def test_a_drop_in_goes_where_it_says_and_systemd_has_nothing_against_it(drop_in: Path, root: Path) -> None:
    where = re.search(
        r"install -D -m 644 (\S+) (/etc/systemd/system/hawatch\.service\.d/\S+)", drop_in.read_text()
    )
    assert where is not None
    assert where[1] == drop_in.name
    target = root / where[2].lstrip("/")
    target.parent.mkdir(parents=True)
    shutil.copy(drop_in, target)
    assert verify(root) == ""


@needs_systemd
@pytest.mark.parametrize("unit", [AGENT, HELPER], ids=lambda path: path.stem)
def test_a_unit_is_no_more_exposed_than_it_is_said_to_be(unit: Path) -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED[unit], told


def test_the_user_and_the_directory_are_made_as_the_units_want_them(root: Path) -> None:
    for tool in ("systemd-sysusers", "systemd-tmpfiles"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    (root / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={root}", str(UNITS / "hawatch.sysusers")], check=True)
    user = (root / "etc/passwd").read_text()
    assert re.search(r"^hawatch:x:\d+:\d+:hawatch agent:/nonexistent:/usr/sbin/nologin$", user, re.MULTILINE)
    tmpfiles = ["systemd-tmpfiles", f"--root={root}", "--create", str(UNITS / "hawatch.tmpfiles")]
    made = root / "run/hawatch"
    if subprocess.run(tmpfiles, check=False, capture_output=True).returncode == 0:
        assert made.stat().st_mode & 0o7777 == 0o1775


# --- whether they fit the programs ----------------------------------------------------------------


def test_the_agent_may_write_where_it_writes_by_default() -> None:
    unit, config = read_unit(AGENT), Config()
    assert config.node.state_dir == f"/var/lib/{one(unit, 'Service.StateDirectory')}"
    assert Path(config.listen.socket).parent == Path(one(unit, "Service.ReadWritePaths"))
    assert (UNITS / "hawatch.tmpfiles").read_text().splitlines()[-1].split()[1] == one(
        unit, "Service.ReadWritePaths"
    )


def test_the_agent_has_one_power() -> None:
    unit = read_unit(AGENT)
    assert words(unit, "Service.CapabilityBoundingSet") == ["CAP_NET_RAW"]
    assert words(unit, "Service.AmbientCapabilities") == ["CAP_NET_RAW"]
    assert one(unit, "Service.User") == one(unit, "Service.Group") == "hawatch"


def test_the_agent_is_always_started_again_and_looked_after_by_its_own_word() -> None:
    unit = read_unit(AGENT)
    assert one(unit, "Service.Type") == "notify"
    assert one(unit, "Service.NotifyAccess") == "main"
    assert one(unit, "Service.Restart") == "always"
    assert one(unit, "Unit.StartLimitIntervalSec") == "0"
    assert int(one(unit, "Service.WatchdogSec")) > 0


def test_keepalived_waits_for_none_of_them_and_they_wait_for_no_keepalived() -> None:
    for path in (AGENT, HELPER, SOCKET):
        unit = read_unit(path)
        said = [word for key in unit if key.startswith(("Unit.", "Install.")) for word in words(unit, key)]
        assert not [word for word in said if word.startswith("keepalived")]


def test_the_helper_listens_where_the_agent_asks_and_only_the_agent_s_group_may() -> None:
    socket = read_unit(SOCKET)
    assert one(socket, "Socket.ListenStream") == HELPER_SOCKET == helper.DEFAULT_SOCKET
    assert one(socket, "Socket.SocketGroup") == helper.DEFAULT_USER == one(read_unit(AGENT), "Service.Group")
    assert one(socket, "Socket.SocketMode") == "0660"


def test_the_helper_may_note_what_it_has_begun() -> None:
    unit = read_unit(HELPER)
    assert Path(helper.DEFAULT_ACTED).parent == Path(f"/var/lib/{one(unit, 'Service.StateDirectory')}")
    assert one(unit, "Service.StateDirectoryMode") == "0700"


def test_the_default_configuration_is_where_everybody_may_read_it() -> None:
    assert str(DEFAULT_PATH) == "/etc/hawatch/hawatch.toml"


# --- what a package brings ------------------------------------------------------------------------

SHIPPED = UNITS.parent / "package" / "hawatch.toml"


def test_the_shipped_configuration_sets_nothing() -> None:
    assert load(SHIPPED.read_text(), SHIPPED.name) == Config()


def test_what_the_shipped_configuration_shows_can_be_used() -> None:
    shown = re.sub(r"^# (?=\[|\w+ = )", "", SHIPPED.read_text(), flags=re.MULTILINE)
    config = load(shown, SHIPPED.name)
    assert (config.node.name, config.node.pair) == ("lb01", "web")
    assert [peer.name for peer in config.peers] == ["lb02"]
