"""What a keepalived.conf says of IPVS, as plain records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A real_server, or the sorry_server; port 0: that of the connection."""

    address: str
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServer:
    """One virtual_server: `services` are the kernel's services that it becomes, by name
    (hawatch/wire/virtual_service.py), and several only for a virtual_server_group. `ha_suspend`: its servers are not
    checked where the VIP is not."""

    name: str
    services: tuple[str, ...]
    real_servers: tuple[Server, ...] = ()
    sorry_server: Server | None = None
    ha_suspend: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredSyncDaemon:
    """The lvs_sync_daemon: master where `instance` is MASTER, else backup; without an instance both at once."""

    interface: str
    instance: str | None
    sync_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServers:
    """Everything about IPVS; `namespace` is the network namespace that keepalived runs it in, if not its own."""

    servers: tuple[VirtualServer, ...] = ()
    sync_daemon: ConfiguredSyncDaemon | None = None
    namespace: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.servers) or self.sync_daemon is not None


NO_VIRTUAL_SERVERS = VirtualServers()
