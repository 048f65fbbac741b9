"""The address lines of virtual_ipaddress, virtual_ipaddress_excluded and unicast_peer."""

from __future__ import annotations

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.model import VirtualAddress
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.values import address, family_of, is_interface_name
from hawatch.wire.family import Family

_FLAGS = frozenset({"home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac"})
_OPTIONS = frozenset({"dev", "scope", "broadcast", "brd", "label", "peer", "preferred_lft", "track_group"})


def read_virtual_address(entry: Statement, notes: Notes) -> tuple[VirtualAddress, Family] | None:
    """One VIP with its family; None if keepalived would skip it, which is noted (vrrp_ipaddress.c)."""
    text, _, prefix = entry.keyword.partition("/")
    found = address(text)
    if found is None:
        notes.add(entry.where, f"{entry.keyword!r} is not an address; skipped")
        return None
    options = _options(entry, notes)
    device = options.get("dev") if options is not None else None
    if options is None or (device is not None and not is_interface_name(device)):
        notes.add(entry.where, f"{entry.keyword}: an option without a proper value; the address is skipped")
        return None
    length: int = found.max_prefixlen
    if "/" in entry.keyword:
        if prefix.isascii() and prefix.isdigit() and int(prefix[:4]) <= found.max_prefixlen:
            length = int(prefix)
        else:
            notes.add(entry.where, f"{entry.keyword}: no such prefix length; {length} is used")
    if _is_address_of(options.get("peer"), family_of(found)):
        length = found.max_prefixlen
    return VirtualAddress(address=str(found), prefix_length=length, device=device), family_of(found)


def _options(entry: Statement, notes: Notes) -> dict[str, str] | None:
    """The options with a value; None if one lacks its value or is given twice where that cannot be."""
    options: dict[str, str] = {}
    rest = list(entry.words[1:])
    while rest:
        option = rest.pop(0)
        if option in _OPTIONS:
            if not rest or (option == "dev" and "dev" in options):
                return None
            options[option] = rest.pop(0)
        elif option not in _FLAGS:
            notes.add(entry.where, f"{entry.keyword}: unknown option {option!r} is ignored")
    return options


def _is_address_of(text: str | None, family: Family) -> bool:
    found = address(text) if text else None
    return found is not None and family_of(found) is family


def read_host_address(text: str) -> tuple[str, Family] | None:
    """An address as keepalived reads it for sources, peers and groups: what follows a - or / does not count."""
    for sign in "-/":
        if sign in text:
            text = text.partition(sign)[0]
            break
    found = address(text)
    return None if found is None else (str(found), family_of(found))
