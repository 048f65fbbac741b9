"""Nodes of the lab that look like hosts of their own: a Debian root each, with sshd, for Ansible to come in.

Their keepalived is the lab's; a small loop stands in for systemd: it starts agent and helper, as the units would,
when it is told to restart them, and not before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.lab import LabError, Node
from deploy.lab.waiting import wait_until
from tests.packaging.bootstrap import bootstrap
from tests.packaging.debian_root import in_memory

ROOT = "/run/host/root"
PACKAGES = (
    "python3",
    "python3-venv",
    "python3-apt",
    "keepalived",
    "openssh-server",
    "iproute2",
    "nftables",
    "procps",
    "init-system-helpers",
)
HANG_GUARD = 60.0
AGENT = (
    "setpriv --reuid=hawatch --regid=hawatch --init-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw "
    "--bounding-set=-all,+net_raw --no-new-privs {bin}/hawatch agent"
)
HELPER = "{bin}/hawatch-helper"
PREPARE = f"""
set -eu
mkdir /run/host
mount -t tmpfs -o mode=755 host /run/host
mkdir /run/host/upper /run/host/work {ROOT}
mount -t overlay -o lowerdir="$1",upperdir=/run/host/upper,workdir=/run/host/work host {ROOT}
mount -t proc proc {ROOT}/proc
mount --rbind /sys {ROOT}/sys
mount --rbind /dev {ROOT}/dev
mount -t tmpfs -o mode=755 run {ROOT}/run
mkdir -p {ROOT}/run/sshd {ROOT}/run/lock {ROOT}/root/.ssh {ROOT}/etc/keepalived
mount --bind /etc/keepalived {ROOT}/etc/keepalived
cp /etc/hosts /etc/hostname {ROOT}/etc/
umask 077
cp "$2" {ROOT}/root/.ssh/authorized_keys
"""
LOOP = """#!/bin/sh
# loop NAME COMMAND...: starts it anew whenever /run/restart-NAME appears
name=$1
shift
pid=
while sleep 0.1; do
  [ -e "/run/restart-$name" ] || continue
  if [ -n "$pid" ]; then kill "$pid" && wait "$pid"; fi
  "$@" >>"/run/$name.log" 2>&1 &
  pid=$!
  echo "$pid" >>"/run/$name.starts"
  rm "/run/restart-$name"
done
"""
SYSTEMCTL = """#!/bin/sh
# As much of systemctl as Ansible asks for, on top of the loop.
echo "$*" >>/run/systemctl.log
name=${2%.service}
case $1 in
show)
  echo LoadState=loaded
  if [ -e "/run/$2.active" ]; then echo ActiveState=active; else echo ActiveState=inactive; fi
  ;;
is-enabled) [ -e "/run/$2.enabled" ] ;;
enable) touch "/run/$2.enabled" ;;
start | restart)
  touch "/run/$2.active"
  case $name in
  hawatch) it=agent ;;
  hawatch-helper) it=helper ;;
  *) exit 0 ;;
  esac
  touch "/run/restart-$it"
  while [ -e "/run/restart-$it" ]; do sleep 0.1; done
  ;;
esac
"""
SSHD = ("-D", "-e", "-o", "UsePAM=no", "-o", "PermitRootLogin=yes", "-o", "PasswordAuthentication=no")


@contextmanager
def workplace() -> Iterator[Path]:
    """A directory in memory that nodes see, too, as long as it is wanted."""
    with TemporaryDirectory(prefix="hawatch-ansible-", dir="/var/tmp") as directory, in_memory(directory):
        yield Path(directory)


def make_root(place: Path) -> Path:
    """A Debian 12 with keepalived, sshd and Python."""
    root = place / "debian"
    bootstrap(root, *PACKAGES)
    return root


@dataclass(frozen=True, slots=True)
class Host:
    """One node as a host of its own."""

    node: Node

    def prepare(self, root: Path, public_key: Path) -> None:
        """Give it its root, and let sshd in."""
        self.node.run(["sh", "-c", PREPARE, "sh", str(root), str(public_key)])
        loop = self.path("/usr/local/sbin/loop")
        loop.write_text(LOOP)
        loop.chmod(0o755)
        self.node.popen(["chroot", ROOT, "/usr/sbin/sshd", *SSHD], name="sshd")

    def supervise(self, bin_directory: str) -> None:
        """Start them when they are to be restarted."""
        for name, command in (("agent", AGENT), ("helper", HELPER)):
            words = command.format(bin=bin_directory).split()
            self.node.popen(["chroot", ROOT, "/usr/local/sbin/loop", name, *words], name=f"loop-{name}")

    def pretend_systemd(self) -> None:
        """From now on it looks as if systemd had booted it, to Ansible."""
        for place in ("/run/systemd/system", "/etc/systemd/system", "/etc/tmpfiles.d"):
            self.path(place).mkdir(parents=True, exist_ok=True)
        systemctl = self.path("/usr/bin/systemctl")
        systemctl.write_text(SYSTEMCTL)
        systemctl.chmod(0o755)

    def path(self, inside: str) -> Path:
        """A path of the host, as we can open it."""
        return self.node.path(ROOT + inside)

    def run(self, argv: Sequence[str]) -> str:
        """What a command prints there, run by root."""
        return self.node.run(["chroot", ROOT, *argv]).stdout

    def starts(self, name: str) -> int:
        """How often agent or helper has been started."""
        path = self.path(f"/run/{name}.starts")
        return len(path.read_text().splitlines()) if path.exists() else 0

    def mode(self, inside: str) -> str:
        """Owner, group and mode of a file, as `root:hawatch 640`."""
        return self.run(["stat", "-c", "%U:%G %a", inside]).strip()

    def await_steady(self, program: str) -> dict[str, Any]:
        """Wait until its agent says steady and has heard its peer's; the status then."""

        seen: dict[str, Any] = {}

        def look() -> dict[str, Any] | None:
            seen.update(json.loads(self.run([program, "status", "--json"])))
            steady = [router["verdict"] for router in seen["virtual_routers"]] == ["steady"]
            heard = [peer["agent"] for peer in seen["peers"]] == ["up"]
            return seen if steady and heard else None

        try:
            return wait_until(look, what=f"steady on {self.node.name}", timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}: {json.dumps(seen)}") from None
