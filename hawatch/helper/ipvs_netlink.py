"""The kernel's IPVS table over generic netlink, with pyroute2; every command of that family wants CAP_NET_ADMIN.

(ip_vs_genl_ops in net/netfilter/ipvs/ip_vs_ctl.c: GENL_ADMIN_PERM. There is no multicast group: changes are not told.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pyroute2.ipvs import AsyncIPVS
from pyroute2.netlink import NLM_F_DUMP, NLM_F_REQUEST, nla
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.generic.ipvs import (
    GENL_VERSION,
    IPVS_CMD_GET_DAEMON,
    IPVS_CMD_GET_DEST,
    IPVS_CMD_GET_SERVICE,
    ipvsmsg,
)

from hawatch.errors import HawatchError
from hawatch.kernel.ipvs import RealServer, Table, VirtualService, daemon_of, family_of, server_of, service_of

_KEY = ("AF", "PROTOCOL", "ADDR", "PORT", "FWMARK")
Attributes = dict[str, Any]


class Daemon(nla):  # type: ignore[misc]  # pyroute2 has no types
    """IPVS_CMD_ATTR_DAEMON (enum of IPVS_DAEMON_ATTR_ in linux/ip_vs.h), which pyroute2 leaves as bytes."""

    prefix = "IPVS_DAEMON_ATTR_"
    nla_map = (
        ("IPVS_DAEMON_ATTR_UNSPEC", "none"),
        ("IPVS_DAEMON_ATTR_STATE", "uint32"),
        ("IPVS_DAEMON_ATTR_MCAST_IFN", "asciiz"),
        ("IPVS_DAEMON_ATTR_SYNC_ID", "uint32"),
    )


class Destination(ipvsmsg.dest):  # type: ignore[misc]
    """IPVS_CMD_ATTR_DEST with the address as bytes: pyroute2 stumbles where the kernel does not tell the family."""

    nla_map = tuple(
        (name, "cdata" if name == "IPVS_DEST_ATTR_ADDR" else kind) for name, kind in ipvsmsg.dest.nla_map
    )


class Message(ipvsmsg):  # type: ignore[misc]
    """pyroute2's message, with the sync daemon's attributes decoded."""

    nla_map = tuple(
        (name, "daemon" if name == "IPVS_CMD_ATTR_DAEMON" else kind) for name, kind in ipvsmsg.nla_map
    )
    daemon = Daemon
    dest = Destination


class Dumps(Protocol):
    """As much of a netlink socket as is needed."""

    async def dump(self, command: int, service: Attributes | None = None) -> list[Any]:
        """The messages that the kernel answers a dump with, about one service where that is given."""


class Socket(AsyncIPVS):  # type: ignore[misc]
    """pyroute2's socket, asking for our messages."""

    async def bind(self, proto: str, msg_class: type[Any], *args: Any, **options: Any) -> None:
        """Learn the number of the family (pyroute2 calls this). NetlinkError when the kernel has none."""
        del msg_class
        await super().bind(proto, Message, *args, **options)

    async def dump(self, command: int, service: Attributes | None = None) -> list[Any]:
        """As Dumps says."""
        return list(await self._do_request(request(command, service), msg_flags=NLM_F_REQUEST | NLM_F_DUMP))


def request(command: int, service: Attributes | None = None) -> Message:
    """The message of a dump; a service is named by those of its attributes that the kernel finds it by."""
    message = Message()
    message["cmd"] = command
    message["version"] = GENL_VERSION
    if service is not None:
        names = [f"IPVS_SVC_ATTR_{each}" for each in _KEY]
        key = [(name, service[name]) for name in names if name in service]
        message["attrs"] = [("IPVS_CMD_ATTR_SERVICE", {"attrs": key})]
    return message


async def read_table() -> Table:
    """The table of our network namespace. HawatchError when the kernel gives none."""
    socket = Socket()
    try:
        await socket.setup_endpoint()
        return await table_of(socket)
    except NetlinkError as error:
        raise HawatchError(f"the kernel's IPVS table cannot be read: {error}") from None
    except OSError as error:
        raise HawatchError(f"the kernel's IPVS table cannot be read: {error.strerror or error}") from None
    finally:
        await _closed(socket)


async def table_of(socket: Dumps) -> Table:
    """All services with their real servers, and the sync daemons. DecodeError for what is none of these."""
    services = [
        await _service(socket, attributes_of(message, "IPVS_CMD_ATTR_SERVICE"))
        for message in await socket.dump(IPVS_CMD_GET_SERVICE)
    ]
    daemons = [
        daemon_of(attributes_of(message, "IPVS_CMD_ATTR_DAEMON"))
        for message in await socket.dump(IPVS_CMD_GET_DAEMON)
    ]
    return Table(
        services=tuple(sorted(services, key=lambda each: each.name)),
        daemons=tuple(sorted(daemons, key=lambda each: each.state)),
    )


async def _service(socket: Dumps, service: Attributes) -> VirtualService:
    family = family_of(service)
    servers: list[RealServer] = [
        server_of(attributes_of(message, "IPVS_CMD_ATTR_DEST"), family)
        for message in await socket.dump(IPVS_CMD_GET_DEST, service)
    ]
    return service_of(service, tuple(servers))


def attributes_of(message: Any, name: str) -> Attributes:
    """The attributes nested in one of a message's, by their names; none where it lacks that one."""
    nested = message.get_attr(name)
    return dict(nested["attrs"]) if isinstance(nested, Mapping) else {}


async def _closed(socket: Any) -> None:
    ending = socket.close()
    if ending is not None:
        await ending
