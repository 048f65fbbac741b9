"""A Debian 12 root directory, and commands in it without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.packaging.bootstrap import bootstrap

PACKAGES = ("python3", "keepalived", "iproute2", "nftables", "iptables", "adduser", "init-system-helpers")
"""Beside the environment: what was fetched once is fetched no more."""
IN_ROOT = """
mount -t proc proc "$0/proc" && exec chroot "$0" "$@"
"""
TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class DebianRoot:
    """A root directory on the host."""

    path: Path

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in it, with namespaces of its own, and no network but a loopback that is down."""
        ended = subprocess.run(
            [
                *("unshare", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"),
                *("sh", "-c", IN_ROOT, str(self.path), *argv),
            ],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert not check or ended.returncode == 0, f"{argv}: {ended.stdout}{ended.stderr}"
        return ended

    def install(self, package: Path) -> str:
        """`dpkg -i`; what it printed."""
        shutil.copy(package, self.path / "tmp/package.deb")
        return self.run("dpkg", "--force-unsafe-io", "-i", "/tmp/package.deb").stdout

    def at(self, inside: str) -> Path:
        """One of its paths, as the host sees it."""
        return self.path / inside.lstrip("/")

    def stat(self, inside: str) -> str:
        """Mode, owner and group of a path, by the names that are known inside."""
        return self.run("stat", "--format=%a %U:%G", inside).stdout.strip()

    def files(self) -> set[str]:
        """Every path that is there to stay, but for what dpkg and its like write about themselves."""
        found = set()
        for directory, directories, files in os.walk(self.path):
            inside = Path("/") / Path(directory).relative_to(self.path)
            if str(inside) in {"/var/lib/dpkg", "/var/log", "/var/cache", "/tmp", "/proc", "/dev"}:
                directories.clear()
                continue
            found |= {str(inside / name) for name in (*directories, *files)}
        return {name for name in found if not name.endswith("-")}  # passwd- and its like


@contextmanager
def debian_base() -> Iterator[Path]:
    """A fresh root with keepalived and Python, to be copied; below /var/tmp, since nodes of the lab hide /tmp."""
    with TemporaryDirectory(prefix="hawatch-debian-", dir="/var/tmp") as directory, in_memory(directory):
        base = Path(directory) / "base"
        bootstrap(base, *PACKAGES)
        yield base


@contextmanager
def in_memory(directory: str) -> Iterator[None]:
    """What is made there is in memory: dpkg waits for the disk with every file."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "mode=0755,size=3g", "hawatch-debian", directory], check=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


@contextmanager
def copy_of(base: Path) -> Iterator[DebianRoot]:
    """One to change."""
    with TemporaryDirectory(prefix="root-", dir=base.parent) as directory:
        root = Path(directory) / "root"
        argv: Sequence[str] = ["cp", "--archive", "--reflink=auto", str(base), str(root)]
        subprocess.run(argv, check=True)
        yield DebianRoot(root)
