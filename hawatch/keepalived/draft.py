"""A vrrp_instance while it is read: what its lines say, before defaults and corrections."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.keepalived.model import TrackedInterface, TrackedScript, VirtualAddress
from hawatch.wire.family import Family


@dataclass(slots=True, kw_only=True)
class Draft:
    """None, 0 and empty mean: not said. Times in seconds.

    `where` is the `file:line` of its first line, `places` has that of each keyword (the last, where one is repeated).
    """

    instance: str
    where: str
    interface: str = ""
    vrid: int = 0
    family: Family | None = None
    version: int = 0
    priority: int = 0
    advert_interval: float | None = None
    state: str | None = None
    vips: list[VirtualAddress] = field(default_factory=list)
    excluded: list[VirtualAddress] = field(default_factory=list)
    nopreempt: bool = False
    preempt_delay: float = 0.0
    source: str | None = None
    unicast_mentioned: bool = False
    unicast_peers: list[str] = field(default_factory=list)
    multicast_group: str | None = None
    auth_type: str = "none"
    auth_pass: str = ""
    use_vmac: bool = False
    vmac_name: str = ""
    vmac_xmit_base: bool = False
    dont_track_primary: bool = False
    strict: bool | None = None
    accept: bool | None = None
    lower_prio_no_advert: bool | None = None
    higher_prio_send_advert: bool | None = None
    v3_checksum_as_v2: bool | None = None
    down_timer_adverts: int | None = None
    garp_master_delay: float | None = None
    garp_master_repeat: int | None = None
    garp_master_refresh: float | None = None
    garp_lower_prio_delay: float | None = None
    garp_lower_prio_repeat: int | None = None
    tracked_interfaces: list[TrackedInterface] = field(default_factory=list)
    tracked_scripts: list[TrackedScript] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def place(self, keyword: str) -> str:
        """The `file:line` of a keyword; of the instance, if it is not said."""
        return self.places.get(keyword, self.where)

    def has_family(self, family: Family) -> bool:
        """Whether an address of this family fits; the first one said decides."""
        self.family = self.family or family
        return self.family is family
