"""What users copy from deploy/keepalived and deploy/examples: read by the real programs without a complaint."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from hawatch.cli import main
from tests.real_keepalived import MAIN, ask

CLONE = Path(__file__).resolve().parent.parent
SNIPPETS = CLONE / "deploy/keepalived"
PAIR = CLONE / "deploy/examples/nginx-pair"
OF_OTHERS = {"60-keepalived.conf", "rsyslog-keepalived.conf"}
CONFS = sorted(path for path in SNIPPETS.glob("*.conf") if path.name not in OF_OTHERS)
NODES = [PAIR / name / "keepalived.conf" for name in ("lb01", "lb02")]
AS_IN_DEBIAN = {"eth0": "eth0", "/usr/bin/hawatch": "/usr/bin/true"}
"""hawatch is not installed here: a program that is stands in for it where keepalived and lint look for the script."""
ENDINGS = {0, -signal.SIGTERM}
"""keepalived 2.2.7 ends a test of a configuration with a vrrp_script by a SIGTERM to itself, whatever it found."""

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="the real keepalived is asked in a network of its own"
)


def installed(text: str) -> str:
    """The file as it would be on a node that has hawatch."""
    for name, there in AS_IN_DEBIAN.items():
        text = text.replace(name, there)
    return text


def lint(capsys: pytest.CaptureFixture[str], *paths: Path) -> list[str]:
    """What lint finds beyond information."""
    main(["lint", *map(str, paths)])
    return re.findall(r".*: (?:warning|error): .*", capsys.readouterr().out)


def test_there_are_snippets_for_all_that_the_readme_names() -> None:
    named = set(
        re.findall(r"`([a-z0-9-]+(?:\.conf)?|[a-z]+-keepalived)`", (SNIPPETS / "README.md").read_text())
    )
    files = {path.name for path in SNIPPETS.iterdir()} - {"README.md"}
    assert files <= named, f"README.md does not tell of {sorted(files - named)}"
    assert len(CONFS) >= 6


@needs_root
@pytest.mark.parametrize("path", [*CONFS, *NODES], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_real_keepalived_reads_it_without_a_complaint(path: Path) -> None:
    answer = ask({MAIN: installed(path.read_text())}, "test")
    assert answer.complaints == ""
    assert answer.exit_code in ENDINGS


@needs_root
def test_the_real_keepalived_would_complain() -> None:
    answer = ask({MAIN: NODES[0].read_text().replace("virtual_router_id 51", "virtual_router_id 0")}, "test")
    assert answer.complaints != ""


@pytest.mark.parametrize("path", CONFS, ids=lambda path: path.stem)
def test_lint_has_nothing_against_it(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / path.name
    copy.write_text(installed(path.read_text()).replace("/usr/bin/curl", "/usr/bin/true"))
    assert lint(capsys, copy) == []


def test_lint_has_nothing_against_the_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copies = [tmp_path / f"{path.parent.name}.conf" for path in NODES]
    for path, copy in zip(NODES, copies, strict=True):
        copy.write_text(path.read_text().replace("/usr/bin/curl", "/usr/bin/true"))
    assert lint(capsys, *copies) == []


@pytest.mark.parametrize("name", ["lb01", "lb02"])
def test_hawatch_can_use_the_pairs_own_files(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", str(PAIR / name / "hawatch.toml")]) == 0
    assert "1 peer with 2 links" in capsys.readouterr().out


def test_the_two_nodes_differ_only_in_what_is_a_nodes_own() -> None:
    one, other = (path.read_text().splitlines() for path in NODES)
    differing = {a.split()[0] for a, b in zip(one, other, strict=True) if a != b and not a.startswith("#")}
    assert differing == {"router_id", "priority"}


@pytest.mark.skipif(
    shutil.which("rsyslogd", path="/usr/sbin") is None, reason="setup.sh --tests installs rsyslog"
)
def test_rsyslog_reads_its_file() -> None:
    done = subprocess.run(
        ["/usr/sbin/rsyslogd", "-N1", "-f", SNIPPETS / "rsyslog-keepalived.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


@pytest.mark.skipif(
    shutil.which("logrotate", path="/usr/sbin") is None, reason="setup.sh --tests installs logrotate"
)
def test_logrotate_reads_its_file(tmp_path: Path) -> None:
    copy = tmp_path / "keepalived"
    copy.write_text((SNIPPETS / "logrotate-keepalived").read_text())
    copy.chmod(0o644)
    done = subprocess.run(
        ["/usr/sbin/logrotate", "--debug", copy], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower()


def test_the_kernel_settings_are_settings_of_this_kernel() -> None:
    lines = (SNIPPETS / "60-keepalived.conf").read_text().splitlines()
    keys = [line.partition(" = ")[0] for line in lines if line and not line.startswith("#")]
    assert "net.ipv4.ip_nonlocal_bind" in keys
    assert all((Path("/proc/sys") / key.replace(".", "/")).exists() for key in keys)
