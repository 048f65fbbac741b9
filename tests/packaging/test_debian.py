"""The Debian package: built, installed without a network, run beside a real pair, and taken away."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.debian.build import build, commit_time
from deploy.lab import Node, conf
from deploy.lab.waiting import wait_until
from hawatch import __version__
from tests.lab.scene import scene
from tests.packaging.debian_root import DebianRoot, copy_of, debian_base

pytestmark = [pytest.mark.packaging, pytest.mark.lab, pytest.mark.xdist_group("debian")]

HANG_GUARD = 60.0
NEWER = f"{__version__}.1"
SITE = "usr/lib/hawatch/lib/python3.11/site-packages"
AS_AGENT = (
    *("setpriv", "--reuid=hawatch", "--regid=hawatch", "--init-groups", "--no-new-privs"),
    *(f"--{kind}=-all,+net_raw" for kind in ("inh-caps", "ambient-caps", "bounding-set")),
)


@pytest.fixture(scope="module", autouse=True)
def moment() -> Iterator[None]:
    """Whoever commits meanwhile changes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(commit_time()))
        yield


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("deb"))


@pytest.fixture(scope="module")
def newer(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next version: the same, but for its number and a module that has come."""
    work = tmp_path_factory.mktemp("newer")
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(work / "root")], check=True)
    control = work / "root/DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {__version__}-", f"Version: {NEWER}-"))
    start = work / "root" / SITE / "hawatch/__init__.py"
    start.write_text(start.read_text().replace(f'"{__version__}"', f'"{NEWER}"'))
    (start.parent / "came.py").write_text("")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(work / "root"), str(work / "newer.deb")],
        check=True,
    )
    return work / "newer.deb"


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    with debian_base() as made:
        yield made


@pytest.fixture
def root(base: Path) -> Iterator[DebianRoot]:
    with copy_of(base) as made:
        yield made


@pytest.fixture(scope="module")
def installed(base: Path, package: Path) -> Iterator[DebianRoot]:
    """One in which the package is installed, without a network, and left as it is."""
    with copy_of(base) as made:
        made.install(package)
        yield made


# --- the file ------------------------------------------------------------------------------------


def test_the_same_commit_gives_the_same_package(package: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == package.read_bytes()


def test_lintian_has_nothing_against_it(package: Path) -> None:
    told = subprocess.run(
        ["lintian", "--tag-display-limit=0", str(package)], capture_output=True, text=True, check=False
    )
    against = [line for line in told.stdout.splitlines() if line.startswith(("E:", "W:"))]
    assert against == [], told.stdout


def test_it_is_for_every_processor_and_brings_no_installer(package: Path) -> None:
    listed = subprocess.run(
        ["dpkg-deb", "--contents", str(package)], capture_output=True, text=True, check=True
    )
    names = [line.split()[5] for line in listed.stdout.splitlines()]
    assert not [name for name in names if name.endswith((".so", ".pyc", "/pip/", "/setuptools/"))]
    assert {f"./{SITE}/hawatch/judge.py", "./usr/bin/hawatch", "./usr/lib/nagios/plugins/check_hawatch"} <= {
        *names
    }


# --- installed -----------------------------------------------------------------------------------


def test_it_installs_without_a_network_and_its_commands_work(installed: DebianRoot) -> None:
    assert installed.run("hawatch", "--version").stdout.strip().endswith(__version__)
    assert installed.run("hawatch-helper", "--version").stdout.strip().endswith(__version__)
    assert (
        installed.run("/usr/lib/nagios/plugins/check_hawatch", "-V", check=False)
        .stdout.strip()
        .endswith(__version__)
    )
    installed.run("hawatch", "check-config")
    gone = installed.run("hawatch", "status", check=False)
    assert gone.returncode == 3
    assert "Traceback" not in gone.stderr


def test_user_owners_and_modes_are_as_they_are_said_to_be(installed: DebianRoot) -> None:
    user = installed.run("getent", "passwd", "hawatch").stdout.strip().split(":")
    assert user[4].startswith("hawatch agent")
    assert user[5:] == ["/nonexistent", "/usr/sbin/nologin"]
    modes = {
        "/etc/hawatch": "755 root:root",
        "/etc/hawatch/hawatch.toml": "640 root:hawatch",
        "/var/lib/hawatch": "750 hawatch:hawatch",
        "/var/lib/hawatch-helper": "700 root:root",
        "/run/hawatch": "1775 root:hawatch",
    }
    assert {path: installed.stat(path) for path in modes} == modes
    others = installed.run(
        "find", "/usr/lib/hawatch", "/usr/share/hawatch", "!", "-user", "root", "-o", "-perm", "/022"
    )
    assert [line for line in others.stdout.splitlines() if not installed.at(line).is_symlink()] == []


def test_nothing_runs_before_somebody_has_configured_it(installed: DebianRoot) -> None:
    assert not installed.at("/etc/hawatch/actions.toml").exists()
    wanted = list(installed.at("/etc/systemd/system").rglob("*hawatch*"))
    assert wanted == []


def test_the_modules_are_compiled_and_compiled_anew_for_another_python(installed: DebianRoot) -> None:
    compiled = installed.at(f"{SITE}/hawatch/__pycache__")
    assert list(compiled.glob("judge.*.pyc"))
    assert list(installed.at(f"{SITE}/__pycache__").glob("check_hawatch.*.pyc"))
    shutil.rmtree(compiled)
    installed.run("dpkg-trigger", "--by-package=python3-minimal", "/usr/bin/python3")
    installed.run("dpkg", "--configure", "--pending")
    assert list(compiled.glob("judge.*.pyc"))


# --- and taken away ------------------------------------------------------------------------------


def test_upgrade_and_downgrade_keep_state_and_settings(package: Path, newer: Path, root: DebianRoot) -> None:
    root.install(package)
    kept = {
        "/etc/hawatch/hawatch.toml": '[node]\npair = "web"\n',
        "/etc/hawatch/peer.key": "a key\n",
        "/var/lib/hawatch/incidents.db": "incidents",
        "/var/lib/hawatch-helper/acted": "deeds",
    }
    for path, text in kept.items():
        root.at(path).write_text(text)
    root.at("/etc/hawatch/hawatch.toml").chmod(0o600)

    for version, file in ((NEWER, newer), (__version__, package)):
        root.install(file)
        assert root.run("hawatch", "--version").stdout.strip().endswith(version)
        assert {path: root.at(path).read_text() for path in kept} == kept
        assert root.stat("/etc/hawatch/hawatch.toml") == "600 root:hawatch"
        stale = [path for path in root.at(SITE).rglob("*.pyc") if not source_of(path).exists()]
        assert stale == []

    root.run("dpkg", "--remove", "hawatch")
    assert {path: root.at(path).read_text() for path in kept} == kept
    assert not root.at("/usr/lib/hawatch").exists()


def source_of(compiled: Path) -> Path:
    return compiled.parents[1] / f"{compiled.name.partition('.')[0]}.py"


def test_purged_it_leaves_nothing(package: Path, root: DebianRoot) -> None:
    before = root.files()
    accounts = [root.at(f"/etc/{name}").read_text() for name in ("passwd", "group")]
    root.install(package)
    root.at("/etc/hawatch/peer.key").write_text("a key\n")
    root.at("/var/lib/hawatch/incidents.db").write_text("incidents")
    root.run("dpkg", "--purge", "hawatch")
    assert root.files() - before == {"/run/adduser"}  # a lock of adduser's
    assert [root.at(f"/etc/{name}").read_text() for name in ("passwd", "group")] == accounts


# --- at work -------------------------------------------------------------------------------------


def test_the_agent_of_the_package_judges_a_real_pair(installed: DebianRoot) -> None:
    with scene(version=3, advert_int=0.3, agents=("lb01",)) as pair:
        node = pair.lab.node("lb02")
        key = installed.at("/etc/hawatch/peer.key")
        shutil.copy(node.path("/etc/hawatch/peer.key"), key)
        installed.run("chgrp", "hawatch", "/etc/hawatch/peer.key")
        key.chmod(0o640)
        enter = move_in(node, installed)
        node.popen([*enter, "hawatch-helper"], name="packaged-helper")
        node.popen([*enter, *AS_AGENT, "hawatch", "agent"], name="packaged-agent")

        def verdict() -> str | None:
            told = node.run([*enter, *AS_AGENT, "hawatch", "status", "--json"], check=False)
            if told.returncode:
                return None
            status = json.loads(told.stdout)
            agents = {peer["agent"] for peer in status["peers"]}
            return " ".join([*(each["verdict"] for each in status["virtual_routers"]), *agents])

        pair.settle()
        await_word(verdict, "steady up")
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            await_word(verdict, "split_brain up")
        await_word(verdict, "steady up")


def await_word(say: Callable[[], str | None], wanted: str) -> None:
    wait_until(
        lambda: say() == wanted or None, what=f"the package's agent to say {wanted}", timeout=HANG_GUARD
    )


def move_in(node: Node, root: DebianRoot) -> list[str]:
    """Make the root the installation of a node, and give the command prefix that runs something in it."""
    for kind, place in (("proc", "/proc"), ("sysfs", "/sys")):
        node.run(["mount", "-t", kind, kind, str(root.at(place))])
    node.run(["mount", "--bind", "/etc/keepalived", str(root.at("/etc/keepalived"))])
    return ["chroot", str(root.path)]
