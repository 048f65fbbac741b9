"""The global_defs of a keepalived.conf: what all virtual routers start from (keepalived's global_parser.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.keywords import OTHER_GLOBAL
from hawatch.keepalived.model import DumpFiles
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.values import address, family_of, switch, whole_number
from hawatch.wire.family import Family


@dataclass(slots=True)
class Globals:
    """The defaults in force; times in seconds. None: not set, so another default applies."""

    router_id: str | None = None
    version: int = 2
    group4: str = "224.0.0.18"
    group6: str = "ff02::12"
    strict: bool = False
    lower_prio_no_advert: bool = False
    higher_prio_send_advert: bool = False
    down_timer_adverts: int = 3
    v3_checksum_as_v2: bool = False
    vmac_prefix: str = "vrrp"
    garp_master_delay: float = 5.0
    garp_master_repeat: int = 5
    garp_master_refresh: float = 0.0
    garp_lower_prio_delay: float | None = None
    garp_lower_prio_repeat: int | None = None
    instance: str | None = None
    net_namespace: str | None = None
    tagged_dumps: bool = False
    dump_paths: dict[str, str] = field(default_factory=dict)
    fifos: dict[str, str] = field(default_factory=dict)
    fifo_scripts: set[str] = field(default_factory=set)

    def group(self, family: Family) -> str:
        """The multicast group of a family."""
        return self.group4 if family is Family.IPV4 else self.group6

    def scripted_fifos(self) -> tuple[str, ...]:
        """The notify FIFOs that a script of keepalived's own reads."""
        return tuple(sorted({path for kind, path in self.fifos.items() if kind in self.fifo_scripts}))

    def dump_files(self) -> DumpFiles:
        """Where the dumps go. With data_use_instance their names carry namespace and instance, as far as there are."""
        names = [name for name in (self.net_namespace, self.instance) if name]
        return DumpFiles(**self.dump_paths, tag="_".join(names) if self.tagged_dumps and names else None)


_SWITCHES = {
    "vrrp_lower_prio_no_advert": "lower_prio_no_advert",
    "vrrp_higher_prio_send_advert": "higher_prio_send_advert",
    "v3_checksum_as_v2": "v3_checksum_as_v2",
}
# Keyword: attribute, least and greatest value.
_NUMBERS = {
    "vrrp_version": ("version", 2, 3),
    "vrrp_down_timer_adverts": ("down_timer_adverts", 1, 100),
    "vrrp_garp_master_delay": ("garp_master_delay", 0, 4294),
    "vrrp_garp_master_repeat": ("garp_master_repeat", 0, 4294967295),
    "vrrp_garp_master_refresh": ("garp_master_refresh", 0, 4294967295),
    "vrrp_garp_lower_prio_delay": ("garp_lower_prio_delay", 0, 4294),
    "vrrp_garp_lower_prio_repeat": ("garp_lower_prio_repeat", 0, 2147483647),
}
# Keyword to DumpFiles' field. keepalived.conf(5) calls them otherwise than the parser does, which is what counts.
_DUMP_PATHS = {"state_dump_file": "state", "stats_dump_file": "stats", "json_dump_file": "json"}
_FIFOS = frozenset({"notify_fifo", "vrrp_notify_fifo"})
_OWN = frozenset(
    {"router_id", "vrrp_strict", "vrrp_mcast_group4", "vrrp_mcast_group6", "vmac_prefix", "vrrp_min_garp"}
)
KNOWN = OTHER_GLOBAL | _OWN | _SWITCHES.keys() | _NUMBERS.keys() | _DUMP_PATHS.keys()


def read_globals(statements: list[Statement], notes: Notes) -> Globals:
    """All global_defs blocks of a file. ConfigError: text where a number belongs."""
    found = Globals()
    for block in statements:
        _read_place(block, found)
        if block.keyword == "global_defs":
            for statement in block.block:
                _read(statement, found, notes)
                _read_place(statement, found)
            notes.unknown_keywords(block.block, KNOWN, "global_defs")
    return found


def _read(statement: Statement, found: Globals, notes: Notes) -> None:
    keyword = statement.keyword
    if keyword in _SWITCHES:
        _set_switch(statement, found, notes)
    elif keyword in _NUMBERS:
        _set_number(statement, found, notes)
    elif keyword in {"vrrp_mcast_group4", "vrrp_mcast_group6"}:
        _set_group(statement, found, notes)
    elif keyword == "router_id":
        found.router_id = statement.parameter()
    elif keyword == "vmac_prefix":
        found.vmac_prefix = statement.parameter()
    elif keyword in _FIFOS:
        found.fifos.setdefault(keyword, statement.parameter())
    elif keyword.removesuffix("_script") in _FIFOS:
        found.fifo_scripts.add(keyword.removesuffix("_script"))
    elif keyword == "vrrp_strict":
        found.strict = True
    elif keyword == "vrrp_min_garp" and switch(statement):
        _least_garp(found)


def _read_place(statement: Statement, found: Globals) -> None:
    """What says where dumps go; the names of instance and namespace may also stand outside every block."""
    if len(statement.words) < 2:
        found.tagged_dumps = found.tagged_dumps or statement.keyword == "data_use_instance"
    elif statement.keyword in {"instance", "net_namespace"}:
        setattr(found, statement.keyword, statement.words[1])
    elif statement.keyword in _DUMP_PATHS and statement.words[1].startswith("/"):
        found.dump_paths[_DUMP_PATHS[statement.keyword]] = statement.words[1]
    elif statement.keyword == "data_use_instance":
        found.tagged_dumps = switch(statement) is not False


def _least_garp(found: Globals) -> None:
    """One gratuitous ARP and no repeat, where nothing else was asked for before."""
    if found.garp_master_repeat == 5:
        found.garp_master_repeat = 1
    if found.garp_master_delay == 5.0:
        found.garp_master_delay = 0.0


def _set_switch(statement: Statement, found: Globals, notes: Notes) -> None:
    value = switch(statement)
    if value is None:
        notes.add(
            statement.where, f"{statement.keyword}: {statement.words[1]!r} is neither on nor off; ignored"
        )
    else:
        setattr(found, _SWITCHES[statement.keyword], value)


def _set_number(statement: Statement, found: Globals, notes: Notes) -> None:
    attribute, least, greatest = _NUMBERS[statement.keyword]
    value = whole_number(statement)
    if not least <= value <= greatest:
        notes.add(
            statement.where, f"{statement.keyword} {value} is not between {least} and {greatest}; ignored"
        )
        return
    if statement.keyword == "vrrp_garp_master_repeat":
        value = max(value, 1)
    setattr(found, attribute, float(value) if attribute.endswith(("delay", "refresh")) else value)


def _set_group(statement: Statement, found: Globals, notes: Notes) -> None:
    wanted = Family.IPV4 if statement.keyword.endswith("4") else Family.IPV6
    group = address(statement.parameter())
    if group is None or family_of(group) is not wanted or not group.is_multicast:
        notes.add(statement.where, f"{statement.words[1]} is not an {wanted.value} multicast group; ignored")
    elif isinstance(group, IPv6Address):
        found.group6 = str(group)
    else:
        found.group4 = str(group)
