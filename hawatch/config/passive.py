"""Where finished plugin results are pushed ([[passive]] of hawatch.toml), as plain records; times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PassiveOf(StrEnum):
    """Whose result it is: one service for the pair, pushed by one node, or one for each node, pushed by itself."""

    PAIR = "pair"
    NODE = "node"


class PassiveCheck(StrEnum):
    """What is looked at, in the plugin's words."""

    OVERALL = "overall"
    INSTANCE = "instance"
    PEERS = "peers"
    SERVICES = "services"
    AGENT = "agent"
    ONCALL = "oncall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passive:
    """One target: exactly one of `command_file`, `spool` and `icinga2` is set; `every` is the heartbeat.

    `host` None: the pair's name, or the node's. `user`, `password_file` and `ca_file` are for `icinga2` alone.
    `moved_within`: for so long a failover stays a warning.
    """

    name: str
    command_file: str | None = None
    spool: str | None = None
    icinga2: str | None = None
    user: str = "hawatch"
    password_file: str | None = None
    ca_file: str | None = None
    host: str | None = None
    service: str = "hawatch"
    check: PassiveCheck = PassiveCheck.OVERALL
    instance: str | None = None
    of: PassiveOf = PassiveOf.PAIR
    every: float = 60.0
    moved_within: float = 900.0

    @property
    def way(self) -> str:
        """What it leads to: a path, or a URL."""
        return self.command_file or self.spool or self.icinga2 or ""
