"""ansible-playbook on a host of the lab, and what it tells of its run."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.lab import Node
from deploy.lab.node import SOURCE

CLONE = Path(__file__).resolve().parents[2]
ANSIBLE = CLONE / "deploy" / "ansible"
SHOWN = Path(SOURCE) / "deploy" / "ansible"
"""The same as a node sees it, wherever the clone is."""
PROGRAMS = Path(sys.prefix).parent / "ansible" / "bin"
"""What `deploy/setup.sh --tests` has made of requirements/ansible.txt."""
HANG_GUARD = 400.0
PATH = f"{PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {
    "PATH": PATH,
    "PYTHONPATH": "",
    "ANSIBLE_CONFIG": str(SHOWN / "ansible.cfg"),
    "ANSIBLE_HOME": "/tmp/ansible",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_SSH_CONTROL_PATH_DIR": "/tmp/ansible-ssh",
    "ANSIBLE_SSH_ARGS": (
        "-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "
        "-o ControlMaster=auto -o ControlPersist=120s"
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """The output of one run."""

    output: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """The counts of each host, as ok, changed, unreachable, failed, …"""
        lines = self.output.partition("PLAY RECAP")[2].splitlines()[1:]
        return {
            host.strip(): {word: int(count) for word, count in re.findall(r"(\w+)=(\d+)", counts)}
            for host, _, counts in (line.partition(" : ") for line in lines if " : " in line)
        }

    @property
    def changed(self) -> list[tuple[str, str]]:
        """Each task that changed a host, with the host."""
        found, task = [], ""
        for line in self.output.splitlines():
            if named := re.match(r"(?:TASK|RUNNING HANDLER) \[(?:hawatch : )?(.*)\]", line):
                task = named[1]
            elif host := re.match(r"changed: \[([^\]]+?)(?: -> [^\]]+)?\]", line):
                found.append((task, host[1]))
        return found

    def handlers(self, host: str) -> list[str]:
        """The handlers that ran on a host and were not skipped."""
        return [task for task, on in self.changed if on == host and task.startswith(("Restart", "Read"))]


@dataclass(frozen=True, slots=True)
class Controller:
    """The machine that Ansible runs on: a node, with an inventory and a key for ssh in `place`."""

    node: Node
    place: Path

    def play(self, *arguments: str, playbook: Path = SHOWN / "site.yml", fails: bool = False) -> Told:
        """Run a playbook to its end, which is as expected."""
        command = ["ansible-playbook", "-i", str(self.place / "inventory.yml"), str(playbook), *arguments]
        ended = self.node.run(command, check=False, env=ENVIRONMENT, timeout=HANG_GUARD)
        assert (ended.returncode != 0) == fails, ended.stdout[-6000:] + ended.stderr[-2000:]
        return Told(ended.stdout + ended.stderr)

    def write_inventory(self, inventory: dict[str, Any]) -> None:
        """From now on it is this."""
        (self.place / "inventory.yml").write_text(yaml.safe_dump(inventory))

    def make_ssh_key(self) -> Path:
        """The private key; the public one is beside it, `.pub`."""
        key = self.place / "ssh-key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        return key
