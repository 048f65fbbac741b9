"""What systemd would put around a service, put around it without systemd, as far as that goes.

User and groups, capabilities, no_new_privs, the system call filter with address families and without memory that is
written and executed, and a file system that is read-only but for the unit's places. Not shown: RestrictNamespaces=,
RestrictSUIDSGID=, RestrictRealtime=, LockPersonality=, KeyringMode=, the device cgroup, and limits.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

from deploy.lab import Node
from tests.packaging.units import Unit, one, words

CONFINED = Path(__file__).with_name("confined.py")

# The root read-only with everything on it, then its places writable again; what systemd leaves writable stays so.
READ_ONLY = """
set -eu
mount --make-rprivate /
for place in $WRITABLE; do mount --bind "$place" "$place"; done
while read -r _ _ _ _ point _; do
  case " $WRITABLE /proc /sys /dev " in *" $point "*) continue ;; esac
  case $point in /proc/*|/sys/*|/dev/*) continue ;; esac
  mount -o remount,bind,ro "$point" 2>/dev/null || true
done </proc/self/mountinfo
for place in /proc/sys /sys; do
  mount --bind "$place" "$place"
  mount -o remount,bind,ro "$place"
done
mount -t tmpfs -o mode=1777 private-tmp /tmp
for place in /home /root; do mount -t tmpfs -o mode=000,ro hidden "$place"; done
exec "$@"
"""


def sandbox(unit: Unit, node: Node, *, writable: list[str]) -> list[str]:
    """The command prefix for root in a node; `writable` are the unit's places, which exist."""
    assert one(unit, "Service.ProtectSystem") == "strict"
    assert one(unit, "Service.PrivateTmp") == one(unit, "Service.ProtectKernelTunables") == "yes"
    node.path("/opt/confined.py").write_text(CONFINED.read_text())
    hides_home = one(unit, "Service.ProtectHome") == "yes"
    script = READ_ONLY if hides_home else READ_ONLY.replace("for place in /home /root", "for place in")
    return [
        *("unshare", "--mount", "env", f"WRITABLE={' '.join(writable)}", "sh", "-c", script, "sh"),
        *identity(unit),
        *(sys.executable, "-IS", "/opt/confined.py", filter_of(unit)),
    ]


def identity(unit: Unit) -> list[str]:
    """`setpriv` with the unit's user, capabilities and no_new_privs."""
    kept = [name.removeprefix("CAP_").lower() for name in words(unit, "Service.CapabilityBoundingSet")]
    bounding = ",".join(["-all", *(f"+{name}" for name in kept)])
    assert one(unit, "Service.NoNewPrivileges") == "yes"
    if "Service.User" not in unit:
        return ["setpriv", f"--bounding-set={bounding}", f"--inh-caps={bounding}", "--no-new-privs"]
    assert words(unit, "Service.AmbientCapabilities") == words(unit, "Service.CapabilityBoundingSet")
    return [
        "setpriv",
        f"--reuid={one(unit, 'Service.User')}",
        f"--regid={one(unit, 'Service.Group')}",
        "--init-groups",
        f"--inh-caps={bounding}",
        f"--ambient-caps={bounding}",
        f"--bounding-set={bounding}",
        "--no-new-privs",
    ]


def filter_of(unit: Unit) -> str:
    """What confined.py is given for this unit."""
    allowed: set[str] = set()
    for value in unit["Service.SystemCallFilter"]:
        named = {call for word in value.removeprefix("~").split() for call in calls_of(word)}
        allowed = allowed - named if value.startswith("~") else allowed | named
    families = [int(getattr(socket, name)) for name in words(unit, "Service.RestrictAddressFamilies")]
    no_wx = one(unit, "Service.MemoryDenyWriteExecute") == "yes"
    return json.dumps({"calls": sorted(allowed), "families": families, "no_wx": no_wx})


def calls_of(word: str) -> set[str]:
    """The system calls of a group, or the one that is named."""
    if not word.startswith("@"):
        return {word}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True
    ).stdout
    found = [line.strip() for line in listed.splitlines()[1:]]
    return {call for each in found if each and not each.startswith("#") for call in calls_of(each)}
