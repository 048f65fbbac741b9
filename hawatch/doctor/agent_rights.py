"""What the running agent may do: CAP_NET_RAW, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown, warning
from hawatch.errors import DecodeError
from hawatch.kernel.process_rights import NET_RAW, ProcessRights, read_process_rights

NAME = "agent_rights"
_DROP_IN = "/etc/systemd/system/hawatch.service.d/rights.conf"
REMEDY = (
    f"mkdir -p {Path(_DROP_IN).parent}\n"
    "printf '[Service]\\nUser=hawatch\\nAmbientCapabilities=CAP_NET_RAW\\n"
    f"CapabilityBoundingSet=CAP_NET_RAW\\nNoNewPrivileges=yes\\n' >{_DROP_IN}\n"
    "systemctl daemon-reload\nsystemctl restart hawatch"
)


def examine(case: Case) -> Iterator[Line]:
    """One line for each agent in this network namespace, or one that there is none."""
    rights = {pid: _rights(case, pid) for pid in case.host.processes(_is_agent)}
    agents = {pid: each for pid, each in rights.items() if each is None or not _is_fork(case, pid, each)}
    if not agents:
        yield unknown(NAME, "no agent runs here (hawatch agent)")
    for pid, each in agents.items():
        if each is None:
            yield unknown(NAME, f"the rights of process {pid} could not be read")
        else:
            yield _judge(each, pid)


def _is_fork(case: Case, pid: int, rights: ProcessRights) -> bool:
    """Whether it is a copy of its parent that has yet to become the program it was made for."""
    arguments, above = (case.host.read_or_nothing(f"/proc/{each}/cmdline") for each in (pid, rights.parent))
    return arguments == above


def _rights(case: Case, pid: int) -> ProcessRights | None:
    with suppress(OSError, DecodeError):
        return read_process_rights(case.host.read(f"/proc/{pid}/status"))
    return None


def _is_agent(arguments: list[str]) -> bool:
    """`hawatch agent`, or the interpreter with it or with `-m hawatch agent`."""
    names = [Path(argument).name for argument in arguments[:4]]
    return any(pair == ("hawatch", "agent") for pair in pairwise(names))


def _judge(rights: ProcessRights, pid: int) -> Line:
    if NET_RAW not in rights.capabilities:
        sentence = f"process {pid} lacks CAP_NET_RAW: it sees neither advertisements nor answers"
        return failure(NAME, sentence, REMEDY)
    if rights.uid == 0:
        return warning(NAME, f"process {pid} runs as root, which it needs for nothing", REMEDY)
    more = len(rights.capabilities) - 1
    if more:
        return warning(NAME, f"process {pid} has {more} capabilities more than CAP_NET_RAW", REMEDY)
    return fine(NAME, f"process {pid} has CAP_NET_RAW and nothing else")
