"""A root directory to try installations in: this host's own, with a layer in memory over it that nobody else sees."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.process import children
from deploy.lab.waiting import wait_until

MOUNTED = "/mnt/root"
"""Where it is, in a mount namespace of its own."""
LAYERS = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 layers /mnt
mkdir /mnt/upper /mnt/work "$0"
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay "$0"
for place in tmp run; do mount -t tmpfs -o mode=0755 "$place" "$0/$place"; done
chmod 1777 "$0/tmp"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
echo ready
exec cat >/dev/null
"""
SPACES = ("--mount", "--net", "--pid", "--ipc", "--uts")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
TIMEOUT = 240.0
"""Seconds; a hang guard."""


@dataclass(frozen=True, slots=True)
class LayeredRoot:
    """The root, by the process that holds it."""

    pid: int

    def run(self, *argv: str, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in it, without a network."""
        return self._run(self._enter(SPACES, argv), check=check, stdin=stdin, env=ENVIRONMENT)

    def online(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, with this host's network and its settings for pip."""
        settings = {
            name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "XDG_"))
        }
        without_net = tuple(space for space in SPACES if space != "--net")
        return self._run(
            self._enter(without_net, argv), check=True, stdin="", env={**settings, **ENVIRONMENT}
        )

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start a program in it, without a network."""
        return subprocess.Popen(
            self._enter(SPACES, argv),
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _enter(self, spaces: tuple[str, ...], argv: tuple[str, ...]) -> list[str]:
        return ["nsenter", "--target", str(self.pid), *spaces, "chroot", MOUNTED, *argv]

    def _run(
        self, argv: list[str], *, check: bool, stdin: str, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            argv, env=env, input=stdin, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
        assert not check or ended.returncode == 0, f"{argv}: {ended.stdout}{ended.stderr}"
        return ended

    def put(self, file: Path) -> str:
        """Carry a file into it; its path there."""
        inside = f"/tmp/{file.name}"
        shutil.copyfile(file, self.at(inside))
        return inside

    def at(self, inside: str) -> Path:
        """One of its paths, as the host sees it."""
        return Path(f"/proc/{self.pid}/root{MOUNTED}") / inside.lstrip("/")

    def stat(self, inside: str) -> str:
        """Mode, owner and group of a path, by the names that are known inside."""
        return self.run("stat", "--format=%a %U:%G", inside).stdout.strip()


@contextmanager
def layered_root() -> Iterator[LayeredRoot]:
    """A fresh one, without the user hawatch; it is gone when the block ends, or whoever made it."""
    with subprocess.Popen(
        ["unshare", *SPACES, "--fork", "--kill-child", "sh", "-c", LAYERS, MOUNTED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        pid = wait_until(lambda: next(iter(children(holder.pid)), None), what="the root", timeout=TIMEOUT)
        root = LayeredRoot(pid)
        if root.run("getent", "passwd", "hawatch", check=False).returncode == 0:
            root.run("userdel", "hawatch")
        yield root
        holder.stdin.close()
