"""rtnetlink messages, as pyroute2 decodes them, turned into plain records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hawatch.observers.vip.kernel_table import Assignment, KernelTable, Link

GROUPS = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR: every link, every address."""

RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR = 16, 17, 20, 21
EVENTS = {
    RTM_NEWLINK: "RTM_NEWLINK",
    RTM_DELLINK: "RTM_DELLINK",
    RTM_NEWADDR: "RTM_NEWADDR",
    RTM_DELADDR: "RTM_DELADDR",
}
DUMP_INTERRUPTED = 0x10  # NLM_F_DUMP_INTR: something changed while the kernel was listing

AF_UNSPEC = 0  # other families (AF_BRIDGE) tell of a port's membership; their DELLINK deletes no device
IFF_UP = 0x1
IFF_RUNNING = 0x40
IFF_LOWER_UP = 0x10000
WORKING = IFF_UP | IFF_RUNNING | IFF_LOWER_UP

IFA_F_DADFAILED = 0x08
IFA_F_TENTATIVE = 0x40

Message = Any  # pyroute2 has no types


def read_link(message: Message) -> Link:
    """The device that a RTM_NEWLINK describes."""
    return Link(
        index=message["index"],
        name=message.get_attr("IFLA_IFNAME"),
        carrier=message["flags"] & WORKING == WORKING,
        mac=message.get_attr("IFLA_ADDRESS"),
    )


def read_assignment(message: Message) -> Assignment:
    """The address that a RTM_NEWADDR or RTM_DELADDR is about; with a peer address it is the local end that counts."""
    flags = message.get_attr("IFA_FLAGS")
    if not isinstance(flags, int):  # older than Linux 3.14, or not as long as it should be
        flags = message["flags"]
    return Assignment(
        index=message["index"],
        address=message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS"),
        prefix_length=message["prefixlen"],
        usable=not flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED),
    )


Entry = Callable[[KernelTable], str | None]
"""Changes a table; the address that it was about, None when a device may have changed."""


def read(message: Message) -> Entry:
    """What one message changes, decoded to the end."""
    match message.get("event"):  # a kind of message that pyroute2 does not know may have none
        case "RTM_NEWADDR":
            return partial(_put, read_assignment(message))
        case "RTM_DELADDR":
            return partial(_remove, read_assignment(message))
        case "RTM_NEWLINK" if message["family"] == AF_UNSPEC:
            return partial(_put_link, read_link(message))
        case "RTM_DELLINK" if message["family"] == AF_UNSPEC:
            return partial(_remove_link, message["index"])
    return _nothing


def apply(table: KernelTable, message: Message) -> str | None:
    """Enter one message into the table; the address that it was about, None when a device may have changed."""
    return read(message)(table)


def _put(assignment: Assignment, table: KernelTable) -> str:
    table.put(assignment)
    return assignment.address


def _remove(assignment: Assignment, table: KernelTable) -> str:
    table.remove(assignment)
    return assignment.address


def _put_link(link: Link, table: KernelTable) -> None:
    table.put_link(link)


def _remove_link(index: int, table: KernelTable) -> None:
    table.remove_link(index)


def _nothing(table: KernelTable) -> None:
    del table
