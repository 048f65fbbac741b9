"""/proc/PID/status: who a process is, and what it may do (capabilities(7))."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError

NET_RAW = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRights:
    """The effective user, the numbers of the effective capabilities, and whether it can gain no others; `parent` is the
    id of the process that made it, 0 when that is not told."""

    uid: int
    parent: int = 0
    capabilities: frozenset[int]
    no_new_privileges: bool


def read_process_rights(text: str) -> ProcessRights:
    """Read a process's status file. DecodeError when it is something else."""
    fields = dict(line.partition(":")[::2] for line in text.splitlines())
    try:
        effective = int(fields["CapEff"], 16)
        return ProcessRights(
            uid=int(fields["Uid"].split()[1]),
            parent=int(fields.get("PPid", "0")),
            capabilities=frozenset(bit for bit in range(64) if effective >> bit & 1),
            no_new_privileges=fields.get("NoNewPrivs", "0").strip() == "1",
        )
    except (KeyError, ValueError, IndexError):
        raise DecodeError("a process status that cannot be read") from None
