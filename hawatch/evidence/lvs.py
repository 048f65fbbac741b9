"""What this host's kernel balances by IPVS."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.kernel.ipvs import SyncDaemon, VirtualService


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServicesSeen:
    """The kernel's virtual services with their real servers, and its sync daemons; told when anything of it changes.

    `services` None: they could not be read, for the reason given.
    """

    at: float
    services: tuple[VirtualService, ...] | None
    daemons: tuple[SyncDaemon, ...] = ()
    problem: str | None = None
