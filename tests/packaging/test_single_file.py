"""The single file: what of glibc it asks for, a root with that and zlib alone, a real pair with it on one node."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.lab import conf
from deploy.lab.identity import agent_identity
from deploy.lab.waiting import wait_until
from deploy.package.layout import CLONE
from hawatch import __version__
from hawatch.wire.capture import PcapWriter
from tests import keepalived_frames as real
from tests.lab.scene import scene

needs = [tool for tool in ("dpkg-source", "tclsh", "objdump") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.packaging,
    pytest.mark.lab,
    pytest.mark.timeout(1500),  # the first build on a machine compiles Python
    pytest.mark.skipif(bool(needs), reason=f"needs {', '.join(needs)}"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="is made for x86_64"),
]

HERE = CLONE / "deploy/single-file"
FLOOR = (HERE / "glibc-floor").read_text().strip()
HANG_GUARD = 60.0
LIBRARIES = ("libc6", "zlib1g")
"""All that it asks of a host: the packages of glibc and zlib."""
OLDER = "bullseye"
"""A Debian with a glibc that is older than this machine's."""
IN_ROOT = 'mount -t proc proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && exec chroot "$0" "$@"'


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    argv = ["bash", str(HERE / "build"), str(tmp_path_factory.mktemp("dist"))]
    built = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.splitlines()[-1])


class BareRoot:
    """A root with the file, its other name, glibc, zlib, and nothing else."""

    def __init__(self, path: Path, binary: Path, library: Path) -> None:
        self.path = path
        shutil.copytree(library, path, symlinks=True, dirs_exist_ok=True)
        for place in ("proc", "dev", "tmp", "usr/bin"):
            (path / place).mkdir(parents=True, exist_ok=True)
        (path / "dev/null").touch()
        shutil.copy(binary, path / "usr/bin/hawatch")
        (path / "usr/bin/hawatch-helper").symlink_to("hawatch")

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a command in it, without a network."""
        spaces = ("--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
        return subprocess.Popen(
            ["unshare", *spaces, "sh", "-c", IN_ROOT, str(self.path), *argv],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(*argv) as started:
            try:
                output, errors = started.communicate(timeout=HANG_GUARD)
            except subprocess.TimeoutExpired:
                started.kill()
                raise
        return subprocess.CompletedProcess(argv, started.returncode, output, errors)


def own_library(into: Path) -> Path:
    """This machine's own libraries, as their packages have them."""
    listed = subprocess.run(
        ["dpkg", "--listfiles", *LIBRARIES], capture_output=True, text=True, check=True
    ).stdout
    for name in listed.split():
        path = Path(name)
        if re.search(r"/lib(64)?/(.*/)?(ld-linux-x86-64|lib\w+)\.so[.\d]*$", name) and path.exists():
            for place in (path, path.resolve()):
                target = into / str(place).lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    shutil.copytree("/lib64", into / "lib64", dirs_exist_ok=True)
    return into


def older_library(into: Path) -> Path | None:
    """Those of an older Debian, or None where the machine's sources do not have it any more."""
    parts, lists = into / ".apt/parts", into / ".apt/lists"
    parts.mkdir(parents=True)
    (lists / "partial").mkdir(parents=True)
    for source in Path("/etc/apt").glob("sources.list.d/*.sources"):
        wanted = [
            re.sub(r"^Suites:.*", f"Suites: {OLDER}", stanza, flags=re.MULTILINE)
            for stanza in source.read_text().split("\n\n")
            if "-security" not in stanza
        ]
        (parts / source.name).write_text("\n\n".join(wanted))
    options = [
        *("-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={parts}"),
        *("-o", f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User=root"),
        *("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="),
    ]
    for verb in (("update",), ("download", *(f"{name}/{OLDER}" for name in LIBRARIES))):
        done = subprocess.run(["apt-get", "-q", *options, *verb], cwd=into, capture_output=True, check=False)
        if done.returncode:
            return None
    for name in LIBRARIES:
        (package,) = into.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), str(into / "root")], check=True)
    return into / "root"


@pytest.fixture(scope="module")
def bare(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> BareRoot:
    work = tmp_path_factory.mktemp("bare")
    return BareRoot(work / "root", binary, own_library(work / "library"))


@pytest.fixture(scope="module")
def capture() -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "vrrp.pcap"
        with path.open("wb") as stream:
            PcapWriter(stream, 1).write(1_700_000_000_000_000_000, real.V3)
        yield path


def test_in_a_root_with_nothing_but_glibc_and_zlib_every_part_of_it_runs(
    bare: BareRoot, capture: Path
) -> None:
    shutil.copy(capture, bare.path / "tmp")
    assert bare.run("hawatch", "--version").stdout == f"hawatch {__version__}\n"
    decoded = bare.run("hawatch", "decode", "--json", "/tmp/vrrp.pcap")
    assert json.loads(decoded.stdout)["version"] == 3, decoded.stderr
    for command in (("hawatch", "helper"), ("hawatch-helper",)):
        assert f"hawatch-helper {__version__}\n" in bare.run(*command, "--version").stdout
        refused = bare.run(*command, "--user", "hawatch")
        assert (refused.returncode, refused.stderr) == (2, "hawatch-helper: --user hawatch: no such user\n")
    with bare.start("hawatch", "agent") as agent:
        assert agent.stderr is not None
        assert "peer_key=" in agent.stderr.readline()  # it has everything that it imports, and has begun
        agent.kill()
    looked = bare.run("hawatch", "check", "--vip", "192.0.2.100", "--peer", "192.0.2.2")
    assert looked.returncode in {2, 3}, looked.stderr
    assert looked.stdout.startswith("HAWATCH "), looked.stderr


def test_time_zones_come_with_it(bare: BareRoot) -> None:
    for zone, code in (("Asia/Shanghai", 0), ("Asia/Nowhere", 2)):
        config = f'[[contact]]\nname = "li"\ntimezone = "{zone}"\n'
        (bare.path / "tmp/hawatch.toml").write_text(config)
        checked = bare.run("hawatch", "check-config", "/tmp/hawatch.toml")
        assert checked.returncode == code, checked.stdout + checked.stderr


def test_it_runs_with_the_c_library_of_an_older_debian(
    binary: Path, capture: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    work = tmp_path_factory.mktemp("older")
    library = older_library(work)
    if library is None:
        pytest.skip(f"{OLDER}'s libc6 cannot be had from this machine's sources")
    root = BareRoot(work / "bare", binary, library)
    shutil.copy(capture, root.path / "tmp")
    decoded = root.run("hawatch", "decode", "--json", "/tmp/vrrp.pcap")
    assert json.loads(decoded.stdout)["version"] == 3, decoded.stderr


def test_it_is_the_agent_and_the_helper_of_a_node_and_asks_for_no_newer_glibc_than_is_said(
    binary: Path,
) -> None:
    with scene(version=3, advert_int=0.3, agents=("lb01",)) as pair:
        node = pair.lab.node("lb02")
        file = node.path("/tmp/hawatch")
        shutil.copy(binary, file)
        file.chmod(0o755)
        node.path("/tmp/hawatch-helper").symlink_to("hawatch")
        node.popen(["/tmp/hawatch-helper"])
        node.popen(["/tmp/hawatch", "agent"], identity=agent_identity())

        def verdict() -> str | None:
            told = node.run(["/tmp/hawatch", "status", "--json"], identity=agent_identity(), check=False)
            if told.returncode:
                return None
            status = json.loads(told.stdout)
            agents = [peer["agent"] for peer in status["peers"]]
            return " ".join([*(each["verdict"] for each in status["virtual_routers"]), *agents])

        def await_word(wanted: str) -> None:
            wait_until(lambda: verdict() == wanted or None, what=wanted, timeout=HANG_GUARD)

        pair.settle()
        await_word("steady up")
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            await_word("split_brain up")
        await_word("steady up")
        assert highest_glibc(node.path("/tmp")) == FLOOR


def highest_glibc(directory: Path) -> str:
    """What the file and everything that it has unpacked of itself ask for."""
    unpacked = list(directory.glob("_MEI*/libpython*"))
    assert unpacked
    argv = [sys.executable, str(HERE / "glibc_floor.py"), str(directory)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
