"""The lines of one vrrp_instance, in their order, as a draft (keepalived's vrrp_parser.c and vrrp_data.c)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from hawatch.errors import ConfigError
from hawatch.keepalived.addresses import read_host_address, read_virtual_address
from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.draft import Draft
from hawatch.keepalived.keywords import OTHER_AUTHENTICATION, OTHER_INSTANCE
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.tracking import REFERENCES, Trackers, refer_interfaces
from hawatch.keepalived.values import is_interface_name, seconds, switch, whole_number
from hawatch.wire.family import Family

_SWITCHES = {
    "strict_mode": "strict",
    "lower_prio_no_advert": "lower_prio_no_advert",
    "higher_prio_send_advert": "higher_prio_send_advert",
    "v3_checksum_as_v2": "v3_checksum_as_v2",
}
# Keyword without a parameter: attribute and value.
_MARKS = {
    "nopreempt": ("nopreempt", True),
    "preempt": ("nopreempt", False),
    "vmac_xmit_base": ("vmac_xmit_base", True),
    "dont_track_primary": ("dont_track_primary", True),
    "accept": ("accept", True),
    "no_accept": ("accept", False),
    "unicast_fault_no_peer": ("unicast_mentioned", True),
    "check_unicast_src": ("unicast_mentioned", True),
    "old_unicast_checksum": ("unicast_mentioned", True),
}
# Keyword with a whole number: attribute, least and greatest value; out of range it is ignored.
_NUMBERS = {
    "down_timer_adverts": ("down_timer_adverts", 1, 100),
    "garp_master_delay": ("garp_master_delay", 0, 4294),
    "garp_master_repeat": ("garp_master_repeat", 0, 4294967295),
    "garp_master_refresh": ("garp_master_refresh", 0, 4294967295),
    "garp_lower_prio_delay": ("garp_lower_prio_delay", 0, 4294),
    "garp_lower_prio_repeat": ("garp_lower_prio_repeat", 0, 2147483647),
}
DEFAULT_PRIORITY = 100
UNICAST = (
    "unicast_peer",
    "unicast_src_ip",
    "unicast_fault_no_peer",
    "check_unicast_src",
    "old_unicast_checksum",
)
"""The keywords that make keepalived expect unicast peers."""


@dataclass(slots=True)
class InstanceReader:
    """Reads instances one after the other; `vmac_names` are those that earlier ones have taken by name."""

    trackers: Trackers
    notes: Notes
    vmac_names: set[str]

    def read(self, block: Statement) -> Draft:
        """One instance. ConfigError: a missing or impossible value that keepalived would not run with."""
        draft = Draft(instance=block.words[1], where=block.where)
        for statement in block.block:
            draft.places[statement.keyword] = statement.where
            self._read(statement, draft)
        self.notes.unknown_keywords(block.block, KNOWN, f"vrrp_instance {draft.instance}")
        return draft

    def _read(self, statement: Statement, draft: Draft) -> None:
        keyword = statement.keyword
        if keyword in _READERS:
            _READERS[keyword](self, statement, draft)
        elif keyword in _MARKS:
            setattr(draft, *_MARKS[keyword])
        elif keyword in _NUMBERS:
            _number(self, statement, draft)
        elif keyword in _SWITCHES:
            _switch(self, statement, draft)


def _number(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    attribute, least, greatest = _NUMBERS[statement.keyword]
    value = whole_number(statement)
    if not least <= value <= greatest:
        text = f"{statement.keyword} {value} is not between {least} and {greatest}; ignored"
        reader.notes.add(statement.where, text)
        return
    if attribute == "garp_master_repeat":
        value = max(value, 1)
    setattr(draft, attribute, float(value) if attribute.endswith(("delay", "refresh")) else value)


def _switch(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    value = switch(statement)
    if value is None:
        text = f"{statement.keyword}: {statement.words[1]!r} is neither on nor off; ignored"
        reader.notes.add(statement.where, text)
    else:
        setattr(draft, _SWITCHES[statement.keyword], value)


def _state(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    state = statement.parameter()
    if state not in {"MASTER", "BACKUP"}:
        reader.notes.add(statement.where, f"state {state!r} is not known; BACKUP is used")
        state = "BACKUP"
    elif state == "BACKUP" and draft.state == "MASTER":
        reader.notes.add(statement.where, "state BACKUP after state MASTER is ignored")
        state = "MASTER"
    draft.state = state


def _interface(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    name = statement.parameter()
    if is_interface_name(name):
        draft.interface = name
    else:
        reader.notes.add(statement.where, f"interface {name!r} cannot exist; ignored")


def _vrid(_reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    vrid = whole_number(statement)
    if not 1 <= vrid <= 255:
        raise ConfigError(statement.where, f"virtual_router_id {vrid} is not between 1 and 255")
    draft.vrid = vrid


def _priority(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    priority = whole_number(statement)
    if not 1 <= priority <= 255:
        text = f"priority {priority} is not between 1 and 255; {DEFAULT_PRIORITY} is used"
        reader.notes.add(statement.where, text, "priority_out_of_range")
        priority = DEFAULT_PRIORITY
    draft.priority = priority


def _interval(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    interval = seconds(statement)
    if 0.01 <= interval <= 255:
        draft.advert_interval = interval
    else:
        text = f"advert_int {interval:g} is not between 0.01 and 255; ignored"
        reader.notes.add(statement.where, text, "advert_int_out_of_range")


def _preempt_delay(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    draft.preempt_delay = seconds(statement)
    if draft.preempt_delay > 1000:
        reader.notes.add(statement.where, f"preempt_delay {draft.preempt_delay:g} is beyond 1000; 0 is used")
        draft.preempt_delay = 0.0


def _version(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    version = whole_number(statement)
    if version not in {2, 3}:
        reader.notes.add(statement.where, f"version {version} is neither 2 nor 3; ignored")
    elif draft.version not in {0, version} or (version == 2 and draft.family is Family.IPV6):
        reader.notes.add(statement.where, f"version {version} contradicts what is said above; ignored")
    else:
        draft.version = version


def _native_ipv6(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    if draft.family is Family.IPV4:
        reader.notes.add(statement.where, "native_ipv6 after IPv4 addresses is ignored")
    else:
        draft.family, draft.version = Family.IPV6, 3


def _source(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    draft.unicast_mentioned = draft.unicast_mentioned or statement.keyword == "unicast_src_ip"
    if found := _fitting(reader, statement, statement.parameter(), draft):
        draft.source = found


def _group(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    found = _fitting(reader, statement, statement.parameter(), draft)
    if found is None:
        return
    group = ip_address(found)
    if group.is_multicast and (group.version == 4 or found.split(":")[0][3:] == "2"):
        draft.multicast_group = found
    else:
        reader.notes.add(statement.where, f"mcast_dst_ip {found} is not a multicast group of a link; ignored")


def _fitting(reader: InstanceReader, statement: Statement, text: str, draft: Draft) -> str | None:
    """The address in a text if it is one of the instance's family; None (noted) if not."""
    found = read_host_address(text)
    if found is None:
        reader.notes.add(statement.where, f"{text!r} is not an address; ignored")
    elif not draft.has_family(found[1]):
        reader.notes.add(statement.where, f"{found[0]} is not of the instance's address family; ignored")
    else:
        return found[0]
    return None


def _unicast_peers(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    draft.unicast_mentioned = True
    for entry in statement.block:
        peer = _fitting(reader, entry, entry.keyword, draft)
        if peer is not None and peer not in draft.unicast_peers:
            draft.unicast_peers.append(peer)


def _vips(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    for entry in statement.block:
        found = read_virtual_address(entry, reader.notes)
        if found is None:
            continue
        vip, family = found
        if draft.has_family(family):
            draft.vips.append(vip)
        else:
            text = f"{vip.address} is not of the instance's address family; ignored"
            reader.notes.add(entry.where, text, "vip_of_other_family")


def _excluded(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    found = [read_virtual_address(entry, reader.notes) for entry in statement.block]
    draft.excluded.extend(each[0] for each in found if each)


def _authentication(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    for entry in statement.block:
        if entry.keyword == "auth_type":
            kind = entry.parameter()
            if kind in {"PASS", "AH"}:
                draft.auth_type = kind.lower()
            else:
                reader.notes.add(entry.where, "auth_type is neither PASS nor AH; ignored")
        elif entry.keyword == "auth_pass":
            draft.auth_pass = entry.parameter()
        elif entry.keyword not in OTHER_AUTHENTICATION:  # not named, since it may be a password
            reader.notes.add(entry.where, "an unknown keyword in authentication is ignored")


def _vmac(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    draft.use_vmac = True
    for name in [word for word in statement.words[1:3] if ":" not in word]:
        if draft.vmac_name or not is_interface_name(name) or name in reader.vmac_names:
            reader.notes.add(statement.where, f"use_vmac: the name {name!r} cannot be used; ignored")
        else:
            draft.vmac_name = name
            reader.vmac_names.add(name)


def _ipvlan(_reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    for word in statement.words[1:]:
        found = read_host_address(word)
        if found and draft.has_family(found[1]):
            draft.source = draft.source or found[0]


def _tracked_interfaces(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    refer_interfaces(statement, draft.tracked_interfaces, reader.notes)


def _tracked(reader: InstanceReader, statement: Statement, draft: Draft) -> None:
    reader.trackers.refer(statement, draft.tracked_scripts)


_READERS: dict[str, Callable[[InstanceReader, Statement, Draft], None]] = {
    "state": _state,
    "interface": _interface,
    "virtual_router_id": _vrid,
    "priority": _priority,
    "advert_int": _interval,
    "preempt_delay": _preempt_delay,
    "version": _version,
    "native_ipv6": _native_ipv6,
    "mcast_src_ip": _source,
    "unicast_src_ip": _source,
    "mcast_dst_ip": _group,
    "unicast_peer": _unicast_peers,
    "virtual_ipaddress": _vips,
    "virtual_ipaddress_excluded": _excluded,
    "authentication": _authentication,
    "use_vmac": _vmac,
    "use_ipvlan": _ipvlan,
    "track_interface": _tracked_interfaces,
    **dict.fromkeys(REFERENCES, _tracked),
}
KNOWN = OTHER_INSTANCE | _READERS.keys() | _SWITCHES.keys() | _MARKS.keys() | _NUMBERS.keys()
