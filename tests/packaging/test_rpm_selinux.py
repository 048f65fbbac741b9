"""The SELinux module: it compiles, gives the agent one power, and knows the places that packages fill."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.package.layout import CLONE

DEVELOPERS_MAKEFILE = Path("/usr/share/selinux/devel/Makefile")
TO_CIL = Path("/usr/libexec/selinux/hll/pp")
SOURCES = [CLONE / f"deploy/selinux/hawatch.{kind}" for kind in ("te", "fc", "if")]
needs = [str(path) for path in (DEVELOPERS_MAKEFILE, TO_CIL) if not path.exists()]
pytestmark = [
    pytest.mark.packaging,
    pytest.mark.skipif(bool(needs), reason=f"needs {', '.join(needs)}"),
]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hawatch.pp, by the command that docs/install-rpm.md gives."""
    work = tmp_path_factory.mktemp("selinux")
    for source in SOURCES:
        shutil.copy(source, work)
    made = subprocess.run(
        ["make", "-f", str(DEVELOPERS_MAKEFILE), "hawatch.pp"],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return work / "hawatch.pp"


@pytest.fixture(scope="module")
def rules(module: Path) -> str:
    """What the compiled module says, every macro expanded."""
    return subprocess.run([str(TO_CIL), str(module)], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def contexts() -> dict[str, str]:
    """The type for each pattern of paths."""
    text = (CLONE / "deploy/selinux/hawatch.fc").read_text()
    found = re.findall(r"^(/\S+)\s.*object_r:(\w+),s0", text, re.MULTILINE)
    assert found
    return dict(found)


def test_the_agent_has_the_capability_of_its_unit_and_no_other(rules: str) -> None:
    granted = re.findall(
        r"^\(allow hawatch_t self \(cap(?:ability|_userns)\w* \((.*)\)\)\)", rules, re.MULTILINE
    )
    assert granted == ["net_raw"]
    unit = (CLONE / "deploy/systemd/hawatch.service").read_text()
    assert "CapabilityBoundingSet=CAP_NET_RAW\n" in unit


def test_the_agent_writes_to_nothing_but_its_own_places(rules: str) -> None:
    written = re.findall(r"^\(allow hawatch_t (\w+) \(file \((.*)\)\)\)", rules, re.MULTILINE)
    assert {kind for kind, rights in written if {"write", "create"} & set(rights.split())} == {
        "init_tmpfs_t",  # every daemon's, by init_daemon_domain
        "hawatch_var_lib_t",
        "hawatch_runtime_t",
        "hawatch_tmp_t",
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr/bin/hawatch", "hawatch_exec_t"),
        ("/usr/bin/hawatch-helper", "hawatch_helper_exec_t"),
        ("/etc/hawatch/peer.key", "hawatch_etc_t"),
        ("/var/lib/hawatch/incidents.db", "hawatch_var_lib_t"),
        ("/var/lib/hawatch-helper/acted", "hawatch_helper_var_lib_t"),
        ("/run/hawatch/hawatch.sock", "hawatch_runtime_t"),
        ("/var/run/hawatch/hawatch.sock", "hawatch_runtime_t"),
    ],
)
def test_every_place_of_the_package_has_its_type(
    path: str, kind: str, contexts: dict[str, str], rules: str
) -> None:
    assert {found for pattern, found in contexts.items() if re.fullmatch(pattern, path)} == {kind}
    assert f"(type {kind})" in rules
