"""Roots in which nothing is but a minimal Debian 12, with this host's network, and in nodes of the lab."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.lab import Node
from tests.packaging.bootstrap import bootstrap

CLONE = Path(__file__).resolve().parents[2]
HOME = "/root/hawatch"
"""Where the clone lies in a root."""
PLACE = "/run/host"
"""Where a node of the lab has its root."""
SITE = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/pip.conf",
    "/root/.config/pip/pip.conf",
    "/etc/ssl/certs/ca-certificates.crt",
    "/usr/local/share/ca-certificates",
)
"""What a site gives each of its hosts: how names are resolved, whom to trust, how pip gets out."""
SITE_VARIABLES = (
    "PIP_",
    "UV_",
    "SSL_CERT_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENTER = """
set -eu
mount --bind "$0" "$0"
cd "$0"
for place in dev sys; do mount --rbind "/$place" "$place"; done
mount -t proc proc proc
mount -t tmpfs -o mode=755 run run
mkdir run/lock run/outside
pivot_root . run/outside
umount -l /run/outside
cd /
exec sh -c "$1"
"""
# pivot_root and not chroot, since the lab enters namespaces by their own root
MOVE_IN = f"""
set -eu
mkdir {PLACE}
mount -t tmpfs -o mode=755 host {PLACE}
mkdir {PLACE}/upper {PLACE}/work {PLACE}/root
mount -t overlay -o "lowerdir=$0,upperdir={PLACE}/upper,workdir={PLACE}/work" host {PLACE}/root
cd {PLACE}/root
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 run run
mkdir -p run/lock etc/keepalived
mount --bind /etc/keepalived etc/keepalived
cp /etc/hosts /etc/hostname etc/
"""
LONG = 1500.0
"""Seconds for whatever fetches and builds; a hang guard."""


@contextmanager
def minimal_debian(*packages: str) -> Iterator[Path]:
    """A root with these packages and what every Debian has; below /var/tmp, since nodes of the lab hide /tmp."""
    with TemporaryDirectory(prefix="hawatch-fresh-", dir="/var/tmp", ignore_cleanup_errors=True) as directory:
        root = Path(directory) / "root"
        bootstrap(root, *packages)
        yield root


def give_what_a_site_has(root: Path) -> None:
    """The files of `SITE`, as far as this host has them."""
    for name in SITE:
        source, target = Path(name), root / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, target)
    found = os.environ.get("PIP_FIND_LINKS", "")
    if found.startswith("/") and Path(found).is_dir():
        shutil.copytree(found, root / found.lstrip("/"))


def put_clone(root: Path) -> None:
    """What a clone has, as it is here now: whatever git tracks or would."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CLONE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = CLONE / name, root / HOME.lstrip("/") / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def run_in(root: Path, text: str) -> str:
    """What a shell prints in the clone of a root, with this host's network; it must succeed."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(SITE_VARIABLES)}
    ended = subprocess.run(
        [
            *("unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"),
            *("sh", "-c", ENTER, str(root), f"cd {HOME} && {text}"),
        ],
        env={**environment, "PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=LONG,
    )
    assert ended.returncode == 0, f"{text}: {ended.stdout[-5000:]}"
    return ended.stdout


@dataclass(frozen=True, slots=True)
class Host:
    """A node of the lab that lives in a root of its own; its keepalived is the lab's, with its configuration."""

    node: Node

    @classmethod
    def in_root(cls, node: Node, root: Path) -> Host:
        """Move a node into a copy on write of a root."""
        node.run(["sh", "-c", MOVE_IN, str(root)])
        return cls(node)

    @property
    def enter(self) -> list[str]:
        """The command prefix that runs a program in its root."""
        return ["chroot", f"{PLACE}/root"]

    def path(self, inside: str) -> Path:
        """A path of its root, as this host can open it."""
        return self.node.path(f"{PLACE}/root/{inside.lstrip('/')}")

    def shell(self, text: str, *, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a line of shell as root, in root's home."""
        argv: Sequence[str] = [*self.enter, "sh", "-c", f"cd /root && {text}"]
        return self.node.run(argv, env={"PYTHONPATH": ""}, stdin=stdin, check=check, timeout=120)
