"""arp_ignore and arp_announce: a real server of LVS direct routing has the VIP on lo, and must not answer for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, sysctl_remedy, unknown
from hawatch.keepalived.blocks import Statement
from hawatch.wire.family import Family

NAME = "arp"
_METHODS = frozenset({"lvs_method", "lb_kind"})
_WANTED = {"arp_ignore": 1, "arp_announce": 2}


def examine(case: Case) -> Iterator[Line]:
    """One line, and one more for each device that would speak for a VIP that is not its own."""
    if case.keepalived is None:
        yield unknown(NAME, f"the VIPs are not known: {case.keepalived_problem}")
        return
    servers = direct_servers(case.statements) if case.statements is not None else None
    loopback = _vips_on_loopback(case)
    if servers == [] and not loopback:
        yield fine(NAME, "this host routes nothing directly by LVS")
        return
    if loopback is None:
        yield unknown(NAME, "`ip -json address` gave nothing, so that nobody knows whether a VIP is on lo")
        return
    if not loopback:
        yield fine(NAME, "this host is no real server of direct routing: no VIP is on lo")
        return
    devices = sorted({router.interface for router in case.routers if router.family is Family.IPV4})
    for device in devices:
        yield _examine(case, device, loopback)


def _examine(case: Case, device: str, loopback: list[str]) -> Line:
    name = f"{NAME} {device}"
    values = {key: case.host.greatest("ipv4", device, key) for key in _WANTED}
    if None in values.values():
        return unknown(name, f"arp_ignore and arp_announce of {device} could not be read")
    wrong = [key for key, wanted in _WANTED.items() if (values[key] or 0) < wanted]
    where = f"{', '.join(loopback)} on lo"
    if not wrong:
        return fine(name, f"{where}, and {device} does not speak for it")
    shown = " and ".join(f"{key} {values[key]}" for key in wrong)
    sentence = (
        f"{where}, and {device} has {shown}: this host answers for the VIP although it is not the owner"
    )
    settings = {f"net.ipv4.conf.all.{key}": _WANTED[key] for key in wrong}
    return failure(name, sentence, sysctl_remedy("direct-routing", settings))


def direct_servers(statements: tuple[Statement, ...]) -> list[str]:
    """The real servers to which a virtual_server of this file routes directly (keepalived.conf(5))."""
    found = []
    for block in statements:
        if block.keyword not in {"virtual_server", "virtual_server_group"} or block.body is None:
            continue
        common = _method(block.body)
        for server in block.body:
            is_server = server.keyword == "real_server" and len(server.words) > 1
            if is_server and server.body is not None and (_method(server.body) or common) == "DR":
                found.append(server.words[1])
    return found


def _method(body: list[Statement]) -> str | None:
    methods = [each.words[1].upper() for each in body if each.keyword in _METHODS and len(each.words) > 1]
    return methods[-1] if methods else None


def _vips_on_loopback(case: Case) -> list[str] | None:
    """The IPv4 VIPs that lo has although keepalived does not put them there; None when that cannot be told."""
    try:
        ran = case.host.run(("ip", "-json", "address", "show", "dev", "lo"))
        (lo,) = json.loads(ran.output)
        own = {each.get("local") for each in lo["addr_info"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    meant = {vip.address for router in case.routers for vip in router.all_vips if vip.device == "lo"}
    return sorted(vip for vip in case.vips - meant if vip in own and ":" not in vip)
