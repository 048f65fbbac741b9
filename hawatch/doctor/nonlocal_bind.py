"""ip_nonlocal_bind: a service that binds to a VIP starts only where the VIP is, unless the kernel lets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, fine, sysctl_remedy, unknown, warning
from hawatch.errors import DecodeError
from hawatch.kernel.listeners import Listener, read_listeners

NAME = "ip_nonlocal_bind"
_TABLES = ("tcp", "tcp6", "udp", "udp6")


def examine(case: Case) -> Iterator[Line]:
    """One line for each family that has VIPs with a service on them, or one that there is none."""
    if case.keepalived is None:
        yield unknown(NAME, f"the VIPs are not known: {case.keepalived_problem}")
        return
    listeners = _listeners(case)
    if listeners is None:
        yield unknown(NAME, "/proc/net/tcp could not be read, so that nobody knows what binds to a VIP")
        return
    bound = {each.address: f"port {each.port} is bound to {each.address}" for each in listeners}
    bound = {address: why for address, why in bound.items() if address in case.vips}
    bound |= {address: why for address, why in _configured(case, listeners) if address not in bound}
    if not bound:
        yield fine(NAME, "no service is bound to a VIP alone")
    for scope, family in (("ipv4", "."), ("ipv6", ":")):
        why = "; ".join(sorted(why for address, why in bound.items() if family in address))
        if why:
            yield _judge(scope, case.host.sysctl(f"net/{scope}/ip_nonlocal_bind"), why)


def _judge(scope: str, value: int | None, why: str) -> Line:
    name = f"net.{scope}.ip_nonlocal_bind"
    if value is None:
        return unknown(NAME, f"{why}; {name} could not be read")
    if value:
        return fine(NAME, f"{why}, and {name} lets it start without the VIP")
    sentence = f"{why}, and {name} is 0: while the VIP is elsewhere, that service cannot start here"
    return warning(NAME, sentence, sysctl_remedy("nonlocal-bind", {name: 1}))


def _listeners(case: Case) -> frozenset[Listener] | None:
    found: set[Listener] = set()
    seen = False
    for table in _TABLES:
        with suppress(OSError, DecodeError):
            found |= read_listeners(case.host.read(f"/proc/net/{table}"))
            seen = True
    return frozenset(found) if seen else None


def _configured(case: Case, listeners: frozenset[Listener]) -> Iterator[tuple[str, str]]:
    """The services of hawatch.toml that are asked on a VIP, where nothing takes that port on every address."""
    anywhere = {each.port for each in listeners if each.takes_any}
    for service in case.config.services:
        asked = urlsplit(service.http) if service.http else urlsplit(f"//{service.tcp}")
        try:
            port = asked.port or {"http": 80, "https": 443}.get(asked.scheme)
        except ValueError:
            continue
        if (service.http or service.tcp) and asked.hostname in case.vips and port not in anywhere:
            yield asked.hostname or "", f"the service {service.name} is asked on {asked.hostname}"
