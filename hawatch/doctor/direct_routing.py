"""A real server of LVS direct routing or tunnels has the VIP on lo or its like, and must not answer for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, sysctl_remedy, unknown, warning
from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.virtual_servers import method_of
from hawatch.kernel.sysctl import sysctl_name

NAME = "arp"
_SILENT_METHODS = frozenset({"DR", "TUN"})
_ANNOUNCE_BEST = 2
_IGNORE_NONE = 8
"""arp_ignore from here on (4 to 7 mean nothing): the device answers for no address at all, its own included."""


@dataclass(frozen=True, slots=True)
class _Address:
    """An address of this host, as `ip` tells of it; `hidden`: on lo, or on a device without ARP of its own."""

    device: str
    address: str
    prefix: int
    scope: str
    hidden: bool

    @property
    def is_ipv6(self) -> bool:
        """Whether it is asked for by neighbour solicitations instead of ARP."""
        return ":" in self.address

    @property
    def whole(self) -> int:
        """The prefix length of a single host."""
        return 128 if self.is_ipv6 else 32


def examine(case: Case) -> Iterator[Line]:
    """One line, or one for each VIP that is put on wrongly and for each device that would speak for one."""
    addresses = _addresses(case)
    if case.keepalived is None:
        yield from _without_keepalived(case, addresses)
        return
    servers = direct_servers(case.statements) if case.statements is not None else None
    hidden = None if addresses is None else _hidden_vips(case, addresses)
    if servers == [] and not hidden:
        yield fine(NAME, "this host routes nothing directly by LVS")
    elif hidden is None or addresses is None:
        yield unknown(NAME, "`ip -json address` gave nothing, so that nobody knows whether a VIP is on lo")
    elif not hidden:
        yield fine(NAME, "this host is no real server of direct routing: no VIP is on lo")
    else:
        yield from _judge(case, addresses, hidden)


def _without_keepalived(case: Case, addresses: Sequence[_Address] | None) -> Iterator[Line]:
    """A mere real server: single addresses on lo may be VIPs, and nobody else puts them there but routing daemons."""
    found = [each for each in addresses or () if each.hidden and _may_be_vip(each)]
    if not found:
        yield unknown(NAME, f"the VIPs are not known: {case.keepalived_problem}")
        return
    for line in _judge(case, addresses or (), found):
        if line.remedy:
            sentence = f"{line.sentence}, if that is a VIP of LVS"
            yield warning(line.name, sentence, line.remedy)
        else:
            yield line


def _may_be_vip(each: _Address) -> bool:
    address = ip_address(each.address)
    return each.prefix == each.whole and not (address.is_loopback or address.is_link_local)


def _judge(case: Case, addresses: Sequence[_Address], hidden: Sequence[_Address]) -> Iterator[Line]:
    for each in hidden:
        if each.prefix != each.whole:
            yield _too_short(each)
    asked = [each for each in hidden if not each.is_ipv6]
    for device in _devices(case, addresses):
        if asked:
            yield _examine(case, device, asked)
    asked_of = {each.address for each in hidden if each.is_ipv6}
    if asked_of and not any(each.prefix != each.whole for each in hidden if each.is_ipv6):
        yield fine(f"{NAME} IPv6", f"{_listed(asked_of)} on lo: Linux answers for it on no other device")


def _too_short(each: _Address) -> Line:
    """On lo a prefix makes all of its network local, so that this host reaches none of the others in it."""
    wrong, right = f"{each.address}/{each.prefix}", f"{each.address}/{each.whole}"
    return failure(
        f"{NAME} {each.device}",
        f"{wrong} on {each.device} makes the VIP's whole network local to this host: no client in it gets an answer",
        f"ip address del {wrong} dev {each.device} && ip address add {right} dev {each.device}\n"
        f"# and write /{each.whole} where {each.device} is configured, or it is back after a reboot",
    )


def _examine(case: Case, device: str, hidden: Sequence[_Address]) -> Line:
    name = f"{NAME} {device}"
    ignore = case.host.greatest("ipv4", device, "arp_ignore")
    announce = case.host.greatest("ipv4", device, "arp_announce")
    if ignore is None or announce is None:
        return unknown(name, f"arp_ignore and arp_announce of {device} could not be read")
    where = f"{_listed({each.address for each in hidden})} on {_listed({each.device for each in hidden})}"
    if ignore >= _IGNORE_NONE:
        return failure(
            name,
            f"{device} has arp_ignore {ignore} and answers for no address, its own included",
            sysctl_remedy("direct-routing", _settings(device, {"arp_ignore": (ignore, 1)})),
        )
    wrong = {}
    if not _is_silent(ignore, hidden):
        wrong["arp_ignore"] = (ignore, 1)
    if announce < _ANNOUNCE_BEST:
        wrong["arp_announce"] = (announce, _ANNOUNCE_BEST)
    if not wrong:
        return fine(name, f"{where}, and {device} does not speak for it")
    shown = " and ".join(f"{key} {value}" for key, (value, _) in wrong.items())
    sentence = (
        f"{where}, and {device} has {shown}: this host answers for the VIP even while another one owns it"
    )
    return failure(name, sentence, sysctl_remedy("direct-routing", _settings(device, wrong)))


def _settings(device: str, wrong: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """What to write. Of conf/all and the device the greater counts, so that one that is too great may be in either."""
    settings = {}
    for key, (value, wanted) in wrong.items():
        settings[f"net.ipv4.conf.all.{key}"] = wanted
        if value > wanted:
            settings[sysctl_name("ipv4", device, key)] = wanted
    return settings


def _is_silent(ignore: int, hidden: Sequence[_Address]) -> bool:
    """Whether a device with this arp_ignore keeps still about these (ip-sysctl.rst of Linux)."""
    return ignore in {1, 2} or (ignore == 3 and all(each.scope == "host" for each in hidden))


def _devices(case: Case, addresses: Sequence[_Address]) -> list[str]:
    """Those of VRRP, and every other one on which clients may ask: it has an IPv4 address, and ARP."""
    own = {each.device for each in addresses if not each.hidden and not each.is_ipv6}
    return sorted(own | {name for router in case.routers for name in router.device_names} - {"lo"})


def direct_servers(statements: tuple[Statement, ...]) -> list[str]:
    """The real servers to which a virtual_server of this file routes directly or by a tunnel (keepalived.conf(5))."""
    found = []
    for block in statements:
        if block.keyword != "virtual_server" or block.body is None:
            continue
        common = method_of(block.body)
        for server in block.body:
            is_server = server.keyword == "real_server" and len(server.words) > 1
            if is_server and (method_of(server.body or ()) or common) in _SILENT_METHODS:
                found.append(server.words[1])
    return found


def _hidden_vips(case: Case, addresses: Sequence[_Address]) -> list[_Address]:
    """The VIPs on lo and its like that keepalived does not put there."""
    meant = {
        (vip.device or router.interface, vip.address) for router in case.routers for vip in router.all_vips
    }
    return [
        each
        for each in addresses
        if each.hidden and each.address in case.vips and (each.device, each.address) not in meant
    ]


def _addresses(case: Case) -> list[_Address] | None:
    """All of this host; None when they cannot be had."""
    try:
        ran = case.host.run(("ip", "-json", "address", "show"))
        return [each for link in json.loads(ran.output) for each in _of_link(link)]
    except (OSError, ValueError, OverflowError, RecursionError, KeyError, TypeError, AttributeError):
        return None


def _of_link(link: dict[str, object]) -> Iterator[_Address]:
    device, flags, infos = str(link["ifname"]), link.get("flags") or [], link["addr_info"]
    hidden = device == "lo" or (isinstance(flags, list) and not {"LOOPBACK", "NOARP"}.isdisjoint(flags))
    for info in infos if isinstance(infos, list) else ():
        if "local" in info:
            yield _Address(
                device=device,
                address=str(ip_address(info["local"])),
                prefix=int(info.get("prefixlen", 32)),
                scope=str(info.get("scope", "")),
                hidden=hidden,
            )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
