"""A root directory to install RPMs into: this host's own, with a layer in memory over it that nobody else sees.

What EL9 has and Debian has not (systemd's own scripts for packages) is played by a script that notes how it is called.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.process import children
from deploy.lab.waiting import wait_until

ROOT = "/mnt"
"""Where it is, in a mount namespace of its own."""
LAYERS = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 layers "$0"
mkdir "$0/.upper" "$0/.work" "$0/.root"
mount -t overlay -o "lowerdir=/,upperdir=$0/.upper,workdir=$0/.work" overlay "$0/.root"
for place in tmp run; do mount -t tmpfs "$place" "$0/.root/$place"; done
mount -t proc proc "$0/.root/proc"
mount --rbind /dev "$0/.root/dev"
echo ready
exec cat >/dev/null
"""
HELPER = "/usr/lib/systemd/systemd-update-helper"
CALLS = "/var/log/systemd-update-helper"
TIMEOUT = 120.0
"""Seconds; a hang guard."""


@dataclass(frozen=True, slots=True)
class RedHatRoot:
    """The root, by the process that holds it."""

    pid: int

    def run(self, *argv: str, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in it, without a network."""
        ended = subprocess.run(
            [
                *("nsenter", "--target", str(self.pid), "--mount", "--net", "--pid", "--ipc", "--uts"),
                *("chroot", f"{ROOT}/.root", *argv),
            ],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert not check or ended.returncode == 0, f"{argv}: {ended.stdout}{ended.stderr}"
        return ended

    def rpm(self, *arguments: str) -> str:
        """`rpm ARGUMENTS`; what it printed. The distribution's own packages are not in this data base."""
        own = ("--dbpath", "/var/lib/rpm", "--force-debian", "--nodeps")
        ended = self.run("rpm", *(own if arguments[0] != "--query" else own[:2]), *arguments)
        return ended.stdout + ended.stderr

    def put(self, file: Path) -> str:
        """Carry a file into it; its path there."""
        inside = f"/tmp/{file.name}"
        shutil.copyfile(file, self.at(inside))
        return inside

    def at(self, inside: str) -> Path:
        """One of its paths, as the host sees it."""
        return Path(f"/proc/{self.pid}/root{ROOT}/.root") / inside.lstrip("/")

    def stat(self, inside: str) -> str:
        """Mode, owner and group of a path, by the names that are known inside."""
        return self.run("stat", "--format=%a %U:%G", inside).stdout.strip()

    def calls(self) -> list[str]:
        """What systemd's script was called with since the last look."""
        path = self.at(CALLS)
        calls = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return calls


@contextmanager
def red_hat_root() -> Iterator[RedHatRoot]:
    """A fresh one, without hawatch and without its user; it is gone when the block ends, or whoever made it."""
    spaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
    with subprocess.Popen(
        ["unshare", *spaces, "sh", "-c", LAYERS, ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        pid = wait_until(lambda: next(iter(children(holder.pid)), None), what="the root", timeout=TIMEOUT)
        root = RedHatRoot(pid)
        if root.run("getent", "passwd", "hawatch", check=False).returncode == 0:
            root.run("userdel", "hawatch")
        root.run("sh", "-c", f"cat >{HELPER}; chmod 755 {HELPER}", stdin=f'#!/bin/sh\necho "$*" >>{CALLS}\n')
        yield root
        holder.stdin.close()
