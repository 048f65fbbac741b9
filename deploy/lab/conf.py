"""keepalived.conf for the lab's nodes, built from records.

pair = conf.pair(lab.topology, vips=("10.0.0.100/24",), advert_int=1)
pair["lb02"] = replace(pair["lb02"], auth_pass="other")     # dataclasses.replace: what differs on one node
lab.start_keepalived(pair)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from deploy.lab.topology import Topology

VIP = "10.0.0.100"
VIP6 = "fd00::100"
PRIORITIES = (150, 100, 50)
HEALTHY = "/etc/keepalived/healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceConf:
    """One vrrp_instance; what is None or empty is left out, so that keepalived's default holds."""

    name: str = "VI_1"
    interface: str = "eth0"
    vrid: int = 51
    priority: int = 100
    state: Literal["MASTER", "BACKUP"] = "BACKUP"
    advert_int: float = 1
    version: Literal[2, 3] | None = None
    auth_type: Literal["PASS", "AH"] = "PASS"
    auth_pass: str | None = None
    vips: tuple[str, ...] = (f"{VIP}/24",)
    """Each as keepalived takes it: `10.0.0.100/24 dev eth1`."""
    excluded_vips: tuple[str, ...] = ()
    native_ipv6: bool = False
    unicast_src_ip: str | None = None
    unicast_peers: tuple[str, ...] = ()
    mcast_src_ip: str | None = None
    mcast_dst_ip: str | None = None
    """The group, for this instance alone."""
    use_vmac: bool = False
    vmac_xmit_base: bool = False
    nopreempt: bool = False
    preempt_delay: float | None = None
    dont_track_primary: bool = False
    track_interfaces: tuple[str, ...] = ()
    track_scripts: tuple[str, ...] = ()
    """Names of scripts, each with its own `weight N` if it differs."""
    extra: tuple[str, ...] = ()
    """Further lines, as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptConf:
    """One vrrp_script. By default it succeeds while /etc/keepalived/healthy exists (Keepalived.healthy)."""

    name: str = "check"
    script: str = f"/usr/bin/test -e {HEALTHY}"
    interval: float = 1
    weight: int | None = None
    """None: failing puts the instances that track it into FAULT."""
    fall: int = 1
    rise: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepalivedConf:
    """A whole keepalived.conf."""

    instances: tuple[InstanceConf, ...]
    scripts: tuple[ScriptConf, ...] = ()
    sync_groups: Mapping[str, tuple[str, ...]] | None = None
    router_id: str | None = None
    mcast_group4: str | None = None
    mcast_group6: str | None = None
    global_defs: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def render(self) -> str:
        """The file's text."""
        return (
            "\n".join([*global_lines(self), *self.extra]) + "\n" + "".join(map(section_text, sections(self)))
        )


Section = tuple[str, Sequence[Any]]
"""A heading and its lines; a line may be a section again."""


def pair(
    topology: Topology, *, unicast: bool = False, priorities: Sequence[int] = PRIORITIES, **common: Any
) -> dict[str, InstanceConf]:
    """One instance for every router of the lab, alike but for the priority: the first router is the preferred one.

    `common` are fields of InstanceConf. With `unicast` every router lists all others.
    """
    routers = topology.routers
    built = {}
    for router, priority in zip(routers, priorities[: len(routers)], strict=True):
        fields: dict[str, Any] = {"priority": priority, **common}
        if unicast:
            fields.setdefault("unicast_src_ip", unicast_address(topology, router, **common))
            others = tuple(unicast_address(topology, other, **common) for other in routers if other != router)
            fields.setdefault("unicast_peers", others)
        built[router] = InstanceConf(**fields)
    return built


def unicast_address(topology: Topology, router: str, **common: Any) -> str:
    """The address from which a router speaks to its unicast peers."""
    device = common.get("interface", "eth0")
    if not is_ipv6(tuple(common.get("vips", ()))) and not common.get("native_ipv6", False):
        return topology.ipv4(router, device)
    return (
        topology.ipv6(router, device)
        if topology.addressing.has_global_ipv6
        else topology.link_local(router, device)
    )


def is_ipv6(vips: Sequence[str]) -> bool:
    """The family of an instance is that of its first VIP (keepalived.conf(5))."""
    return bool(vips) and ":" in vips[0].split()[0]


def render(conf: str | InstanceConf | KeepalivedConf) -> str:
    """The text of a configuration, however much of it was given."""
    match conf:
        case str():
            return conf
        case InstanceConf():
            return KeepalivedConf(instances=(conf,)).render()
        case KeepalivedConf():
            return conf.render()


def global_lines(conf: KeepalivedConf) -> list[str]:
    lines = ["script_user root", "enable_script_security"]
    lines += given("router_id", conf.router_id)
    lines += given("vrrp_mcast_group4", conf.mcast_group4)
    lines += given("vrrp_mcast_group6", conf.mcast_group6)
    lines += conf.global_defs
    return section_text(("global_defs", lines)).splitlines()


def sections(conf: KeepalivedConf) -> list[Section]:
    """Scripts first: an instance may only track what keepalived has read already."""
    built = [script_section(script) for script in conf.scripts]
    for name, members in (conf.sync_groups or {}).items():
        built.append((f"vrrp_sync_group {name}", [("group", list(members))]))
    return built + [instance_section(instance) for instance in conf.instances]


def script_section(script: ScriptConf) -> Section:
    lines = [
        f'script "{script.script}"',
        f"interval {script.interval:g}",
        f"fall {script.fall}",
        f"rise {script.rise}",
    ]
    return f"vrrp_script {script.name}", lines + given("weight", script.weight)


def instance_section(instance: InstanceConf) -> Section:
    lines: list[Any] = [
        f"state {instance.state}",
        f"interface {instance.interface}",
        f"virtual_router_id {instance.vrid}",
        f"priority {instance.priority}",
        f"advert_int {instance.advert_int:g}",
    ]
    lines += given("version", instance.version)
    lines += given("unicast_src_ip", instance.unicast_src_ip)
    lines += given("mcast_src_ip", instance.mcast_src_ip)
    lines += given("mcast_dst_ip", instance.mcast_dst_ip)
    lines += given("preempt_delay", instance.preempt_delay)
    switches = ("native_ipv6", "use_vmac", "vmac_xmit_base", "nopreempt", "dont_track_primary")
    lines += [switch for switch in switches if getattr(instance, switch)]
    if instance.auth_pass is not None:
        lines.append(
            ("authentication", [f"auth_type {instance.auth_type}", f"auth_pass {instance.auth_pass}"])
        )
    blocks = {
        "unicast_peer": instance.unicast_peers,
        "virtual_ipaddress": instance.vips,
        "virtual_ipaddress_excluded": instance.excluded_vips,
        "track_interface": instance.track_interfaces,
        "track_script": instance.track_scripts,
    }
    lines += [(heading, list(members)) for heading, members in blocks.items() if members]
    return f"vrrp_instance {instance.name}", lines + list(instance.extra)


def given(key: str, value: object) -> list[str]:
    """The line of a key that has a value."""
    if value is None:
        return []
    return [f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"]


def section_text(section: Section, indent: str = "") -> str:
    heading, lines = section
    inner = indent + "    "
    body = "".join(
        f"{inner}{line}\n" if isinstance(line, str) else section_text(line, inner) for line in lines
    )
    return f"{indent}{heading} {{\n{body}{indent}}}\n"
