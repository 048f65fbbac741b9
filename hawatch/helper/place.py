"""Where a VIP is configured on this node: the only source of what an action's placeholders become."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hawatch.keepalived.model import KeepalivedConfig
from hawatch.wire.family import Family

PLACEHOLDERS = frozenset({"vip", "prefix", "device", "instance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One VIP with its prefix length, its device, and the vrrp_instance that has it."""

    vip: str
    prefix: int
    device: str
    instance: str

    @property
    def family(self) -> Family:
        """The address's own: an excluded VIP may be of another family than its virtual router."""
        return Family.IPV6 if ":" in self.vip else Family.IPV4

    def fill(self, word: str) -> str:
        """A word of a command with its placeholders filled in; it was checked when the file was read."""
        return word.format(vip=self.vip, prefix=self.prefix, device=self.device, instance=self.instance)


def places_of(config: KeepalivedConfig | None) -> dict[str, Place]:
    """Every VIP by its address, in the file's order.

    Left out is what has no one place, and what a command would take for an option.
    """
    if config is None:
        return {}
    found = [
        Place(
            vip=vip.address,
            prefix=vip.prefix_length,
            device=vip.device or router.vmac_interface or router.interface,
            instance=router.instance,
        )
        for router in config.virtual_routers
        for vip in router.all_vips
    ]
    times = Counter(place.vip for place in found)
    return {place.vip: place for place in found if times[place.vip] == 1 and not _like_an_option(place)}


def _like_an_option(place: Place) -> bool:
    return place.device.startswith("-") or place.instance.startswith("-")
