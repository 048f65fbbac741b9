"""The actions of the lab, each of which writes a line before it runs: the key under which it begins, and its name."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.lab import Lab
from deploy.lab.actions import ACTIONS, LAB_ACTIONS

LOG = "/run/hawatch-acted.log"
SCRIPT = "/etc/hawatch/act"
ACTED = "/var/lib/hawatch-helper/acted"
_BEFORE = f"""\
#!/bin/sh
# The helper runs one action at a time and notes its key before: the newest note is this one's.
key=$(ls -t {ACTED} | grep begun | head -n 1)
echo "${{key%.begun}} $1" >>{LOG}
shift
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Act:
    """A command that was really run: the hash of its once-key, and the action's name."""

    key: str
    action: str


def allow(lab: Lab, node: str) -> None:
    """Allow the ready actions of the lab on a node, with a line for each run."""
    lines, name = [], ""
    for line in LAB_ACTIONS.splitlines():
        if line.startswith("[action."):
            name = line.removeprefix("[action.").removesuffix("]")
        lines.append(line.replace("command = [", f'command = ["{SCRIPT}", "{name}", ', 1))
    lab.node(node).write(SCRIPT, _BEFORE)
    lab.node(node).path(SCRIPT).chmod(0o755)
    lab.node(node).write(ACTIONS, "\n".join(lines) + "\n")


def acts(lab: Lab, node: str) -> list[Act]:
    """Every command that was run on a node, in order."""
    try:
        text = lab.node(node).path(LOG).read_text()
    except FileNotFoundError:
        return []
    return [Act(*line.split(" ", 1)) for line in text.splitlines()]


def begun_keys(lab: Lab, node: str) -> set[str]:
    """The hashes of the keys that the node's helper has noted as begun."""
    try:
        return {path.stem for path in lab.node(node).path(ACTED).iterdir() if path.suffix == ".begun"}
    except FileNotFoundError:
        return set()
