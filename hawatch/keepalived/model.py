"""What a keepalived.conf says, as plain records; keepalived.conf(5) names every term."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.keepalived.virtual_server import NO_VIRTUAL_SERVERS, VirtualServers
from hawatch.wire.family import Family

__all__ = [
    "DumpFiles",
    "Family",
    "KeepalivedConfig",
    "SyncGroup",
    "TrackedInterface",
    "TrackedScript",
    "VirtualAddress",
    "VirtualRouter",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualAddress:
    """One VIP: its canonical text form, prefix length, and the device it is put on (None: the router's own)."""

    address: str
    prefix_length: int
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedInterface:
    """An interface that puts the router in FAULT when it is down, or changes its priority by `weight`.

    `reverse` turns the meaning around: the router is better off while the interface is down.
    """

    name: str
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedScript:
    """A track_script, track_file, track_process or track_bfd (`kind`): weight 0 means FAULT on failure."""

    name: str
    kind: str = "script"
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualRouter:
    """One vrrp_instance as keepalived would run it: its defaults and corrections applied; times in seconds.

    `auth_type` is none, pass or ah; `auth_fingerprint` stands for the 8 bytes of the password (with ah: of the key,
    which no packet carries). What a sync group tracks is among what its members track.
    """

    instance: str
    interface: str
    vrid: int
    family: Family = Family.IPV4
    version: int = 2
    priority: int = 100
    advert_interval: float = 1.0
    down_timer_adverts: int = 3
    initial_state: str = "BACKUP"
    vips: tuple[VirtualAddress, ...] = ()
    excluded: tuple[VirtualAddress, ...] = ()
    nopreempt: bool = False
    preempt_delay: float = 0.0
    source: str | None = None
    unicast_peers: tuple[str, ...] = ()
    multicast_group: str = "224.0.0.18"
    auth_type: str = "none"
    auth_fingerprint: str | None = None
    vmac_interface: str | None = None
    vmac_xmit_base: bool = False
    dont_track_primary: bool = False
    lower_prio_no_advert: bool = False
    v3_checksum_as_v2: bool = False
    tracked_interfaces: tuple[TrackedInterface, ...] = ()
    tracked_scripts: tuple[TrackedScript, ...] = ()
    sync_group: str | None = None
    strict: bool = False
    accept: bool = True
    higher_prio_send_advert: bool = False
    garp_master_delay: float = 5.0
    garp_master_repeat: int = 5
    garp_master_refresh: float = 0.0
    garp_lower_prio_delay: float = 5.0
    garp_lower_prio_repeat: int = 5

    @property
    def unicast(self) -> bool:
        """Whether advertisements go to listed peers instead of a multicast group."""
        return bool(self.unicast_peers)

    @property
    def listening_device(self) -> str:
        """The device whose packets keepalived receives: the virtual MAC's own, unless it sends from the base one.

        (vrrp_create_sockpool in keepalived's vrrp_scheduler.c.) While keepalived does not run, a VMAC is not there.
        """
        if self.vmac_interface is None or self.vmac_xmit_base:
            return self.interface
        return self.vmac_interface

    @property
    def tracked(self) -> tuple[TrackedScript | TrackedInterface, ...]:
        """Everything that can change its state or priority."""
        return (*self.tracked_scripts, *self.tracked_interfaces)

    @property
    def all_vips(self) -> tuple[VirtualAddress, ...]:
        """The advertised VIPs, then the excluded ones."""
        return self.vips + self.excluded

    @property
    def device_names(self) -> tuple[str, ...]:
        """Every device that matters to this router: VRRP's own first, then those its VIPs are put on."""
        names = dict.fromkeys([self.interface])
        names.update(dict.fromkeys(vip.device for vip in self.all_vips if vip.device))
        return tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGroup:
    """Virtual routers that change state together, and what puts all of them in FAULT or changes their priorities."""

    name: str
    members: tuple[str, ...]
    tracked_interfaces: tuple[TrackedInterface, ...] = ()
    tracked_scripts: tuple[TrackedScript, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpFiles:
    """Where keepalived writes what it is asked for by signal; None: in its temporary directory, under its own names.

    `tag` is what stands in those names before the suffix (data_use_instance), None for nothing.
    """

    state: str | None = None
    stats: str | None = None
    json: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepalivedConfig:
    """A whole configuration: `digest` changes with its meaning or its secrets, `files` are all that were read.

    `warnings` are what keepalived corrects or ignores, each as `file:line: text`. `scripted_fifos` are the notify FIFOs
    that a script of keepalived's own reads.
    """

    virtual_routers: tuple[VirtualRouter, ...]
    sync_groups: tuple[SyncGroup, ...] = ()
    router_id: str | None = None
    dump_files: DumpFiles = DumpFiles()
    virtual_servers: VirtualServers = NO_VIRTUAL_SERVERS
    digest: str = ""
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scripted_fifos: tuple[str, ...] = ()
