"""The RPM: what it asks for, what it holds and says, and what becomes of a host on which it comes, changes and goes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.debian.build import commit_time
from deploy.package.layout import CLONE
from deploy.rpm.build import build
from hawatch import __version__
from tests.packaging.red_hat_root import RedHatRoot, red_hat_root

needs = [tool for tool in ("rpmbuild", "rpmlint", "rpm2cpio", "cpio") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.packaging,
    pytest.mark.lab,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(needs), reason=f"needs {', '.join(needs)}"),
]

NEWER = f"{__version__}.1"
PLACES = {
    *("/usr/bin/hawatch", "/usr/bin/hawatch-helper", "/usr/lib/hawatch/bin/python3"),
    "/usr/lib64/nagios/plugins/check_hawatch",
    *(f"/usr/lib/systemd/system/hawatch{name}" for name in (".service", "-helper.service", "-helper.socket")),
    *("/usr/lib/sysusers.d/hawatch.conf", "/usr/lib/tmpfiles.d/hawatch.conf", "/etc/hawatch/hawatch.toml"),
    *("/usr/share/licenses/hawatch/LICENSE", "/usr/share/doc/hawatch/README.md"),
    *("/usr/share/man/man1/hawatch.1.gz", "/usr/share/man/man8/hawatch-helper.8.gz"),
    "/usr/share/bash-completion/completions/hawatch",
    "/usr/share/zsh/site-functions/_hawatch",
    *(f"/usr/share/hawatch/{name}" for name in ("nagios/nrpe/hawatch.cfg", "smstools/smsd.conf")),
    *(f"/usr/share/hawatch/selinux/hawatch.{kind}" for kind in ("te", "fc", "if")),
    *("/var/lib/hawatch", "/var/lib/hawatch-helper"),
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """This version and the next; whoever commits meanwhile changes nothing."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor() as pool:
        patch.setenv("SOURCE_DATE_EPOCH", str(commit_time()))
        output = tmp_path_factory.mktemp("rpm")
        versions = (__version__, NEWER)
        return dict(zip(versions, pool.map(lambda version: build(output, version), versions), strict=True))


@pytest.fixture
def package(packages: dict[str, Path]) -> Path:
    return packages[__version__]


@pytest.fixture
def root() -> Iterator[RedHatRoot]:
    with red_hat_root() as made:
        yield made


def query(package: Path, *arguments: str) -> list[str]:
    argv = ["rpm", "--query", "--package", *arguments, str(package)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()


def test_it_asks_for_the_distributions_python_3_11_and_nothing_that_el9_has_not(package: Path) -> None:
    asked = {line for line in query(package, "--requires") if not line.startswith("rpmlib(")}
    assert asked == {"python3.11", "shadow-utils", "coreutils", "/bin/sh"}
    assert query(package, "--qf", "%{ARCH}\n") == ["noarch"]


def test_it_offers_nothing_but_itself_and_names_every_module_inside(package: Path) -> None:
    offered = dict(line.split(" = ") for line in query(package, "--provides"))
    assert offered.pop("hawatch") == f"{__version__}-1.el9"
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", (CLONE / "requirements/runtime.txt").read_text(), re.MULTILINE)
    assert {(f"bundled(python3dist({name}))", told) for name, told in pins} == set(offered.items())


def test_everything_is_where_el9_looks_for_it(package: Path) -> None:
    listed = set(query(package, "--list"))
    assert listed >= PLACES
    assert [name for name in listed if "/tests/" in name or name.endswith(("/pip", ".so"))] == []
    assert query(package, "--configfiles") == ["/etc/hawatch/hawatch.toml"]
    flags = query(package, "--qf", "[%{FILEFLAGS:fflags} %{FILENAMES}\n]")
    assert "cn /etc/hawatch/hawatch.toml" in flags  # config, noreplace


def test_every_module_has_its_byte_code_which_holds_whatever_the_times_of_files(package: Path) -> None:
    listed = [name for name in query(package, "--list") if "/site-packages/" in name]
    modules = {name for name in listed if name.endswith(".py")}
    compiled = {
        re.sub(r"/__pycache__/(.+)\.cpython-311\.pyc$", r"/\1.py", n) for n in listed if n.endswith("pyc")
    }
    assert modules
    assert compiled == modules


def test_its_scripts_are_scripts_that_a_plain_shell_reads(package: Path) -> None:
    scripts = "\n".join(query(package, "--scripts"))
    parts = re.split(r"^\w+ scriptlet \(using (.+)\):\n", scripts, flags=re.MULTILINE)[1:]
    assert parts[::2] == ["/bin/sh"] * 4
    for script in parts[1::2]:
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_rpmlint_has_nothing_to_say_that_has_no_reason(package: Path) -> None:
    argv = ["rpmlint", "--config", str(CLONE / "deploy/rpm/rpmlint.toml"), str(package)]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert " 0 errors, 0 warnings," in ended.stdout, ended.stdout


def test_on_a_bare_host_it_makes_its_user_and_runs_under_python_3_11(root: RedHatRoot, package: Path) -> None:
    root.rpm("--install", root.put(package))
    assert root.run("id", "--name", "--user", "hawatch").stdout == "hawatch\n"
    assert root.run("hawatch", "--version").stdout == f"hawatch {__version__}\n"
    root.run("hawatch", "check-config", "/etc/hawatch/hawatch.toml")
    assert "usage: hawatch-helper" in root.run("hawatch-helper", "--help").stdout
    plugin = root.run("/usr/lib64/nagios/plugins/check_hawatch", "--version", check=False)
    assert __version__ in plugin.stdout
    commands = root.at("/usr/share/hawatch/nagios/nrpe/hawatch.cfg").read_text()
    assert set(re.findall(r"=(/\S+)", commands)) == {"/usr/lib64/nagios/plugins/check_hawatch"}
    # Nothing of the host's own modules, and no module that is missing.
    program = "import sys, hawatch.agent.composition, requests, uvicorn, rich; print(*sys.path)"
    paths = root.run("/usr/lib/hawatch/bin/python3", "-I", "-c", program).stdout
    assert "dist-packages" not in paths
    assert {
        place: root.stat(place) for place in ("/etc/hawatch", "/var/lib/hawatch", "/var/lib/hawatch-helper")
    } == {
        "/etc/hawatch": "750 root:hawatch",
        "/var/lib/hawatch": "750 hawatch:hawatch",
        "/var/lib/hawatch-helper": "700 root:root",
    }
    assert root.stat("/etc/hawatch/hawatch.toml") == "640 root:hawatch"
    assert root.stat("/run/hawatch") == "1775 root:hawatch"
    assert root.calls() == ["install-system-units hawatch.service hawatch-helper.socket"]


def test_upgrade_and_downgrade_keep_what_was_edited_and_what_was_learnt(
    root: RedHatRoot, packages: dict[str, Path]
) -> None:
    root.rpm("--install", root.put(packages[__version__]))
    mine = '[node]\npair = "web"\n'
    root.at("/etc/hawatch/hawatch.toml").write_text(mine)
    root.run("runuser", "-u", "hawatch", "--", "sh", "-c", "echo kept >/var/lib/hawatch/incidents.db")
    root.calls()
    for version, how in ((NEWER, ("--upgrade",)), (__version__, ("--upgrade", "--oldpackage"))):
        root.rpm(*how, root.put(packages[version]))
        assert root.run("hawatch", "--version").stdout == f"hawatch {version}\n"
        assert root.at("/etc/hawatch/hawatch.toml").read_text() == mine
        assert root.at("/var/lib/hawatch/incidents.db").read_text() == "kept\n"
        assert root.calls() == [
            "mark-restart-system-units hawatch.service hawatch-helper.service hawatch-witness.service"
        ]
        assert root.rpm("--query", "hawatch") == f"hawatch-{version}-1.el9.noarch\n"


def test_erased_it_leaves_what_is_the_administrators_and_no_program(root: RedHatRoot, package: Path) -> None:
    root.rpm("--install", root.put(package))
    root.at("/etc/hawatch/hawatch.toml").write_text('[node]\npair = "web"\n')
    root.at("/var/lib/hawatch/incidents.db").write_text("kept")
    root.calls()
    root.rpm("--erase", "hawatch")
    units = "hawatch.service hawatch-helper.socket hawatch-helper.service hawatch-witness.service"
    assert root.calls() == [f"remove-system-units {units}"]
    assert root.at("/etc/hawatch/hawatch.toml.rpmsave").read_text() == '[node]\npair = "web"\n'
    assert root.at("/var/lib/hawatch/incidents.db").read_text() == "kept"
    left = [name for name in PLACES if root.at(name).exists() and not name.startswith("/var/lib/")]
    assert left == []
    assert not root.at("/usr/lib/hawatch").exists()
