"""The kernel's links and addresses as rtnetlink tells them, and the questions hawatch asks of them."""

from __future__ import annotations

from dataclasses import dataclass, field

LOOPBACK = "lo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A network device: `carrier` says whether it is up, running and has its lower layer."""

    index: int
    name: str
    carrier: bool
    mac: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One address on one device, in canonical text form; the kernel keeps one per prefix length.

    `usable` is False while duplicate address detection runs or after it has failed.
    """

    index: int
    address: str
    prefix_length: int
    usable: bool = True


@dataclass(slots=True)
class KernelTable:
    """What is there now. Devices go by their index, because names can change."""

    _links: dict[int, Link] = field(default_factory=dict)
    _assignments: dict[str, dict[tuple[int, int], Assignment]] = field(default_factory=dict)

    def put_link(self, link: Link) -> None:
        """A link appeared or changed."""
        self._links[link.index] = link

    def remove_link(self, index: int) -> None:
        """A link went away, and its addresses with it."""
        self._links.pop(index, None)
        for places in self._assignments.values():
            for place in [place for place in places if place[0] == index]:
                del places[place]

    def put(self, assignment: Assignment) -> None:
        """An address appeared, or its flags changed."""
        places = self._assignments.setdefault(assignment.address, {})
        places[assignment.index, assignment.prefix_length] = assignment

    def remove(self, assignment: Assignment) -> None:
        """An address went away; one that was not known is no fault."""
        places = self._assignments.get(assignment.address, {})
        places.pop((assignment.index, assignment.prefix_length), None)
        if not places:
            self._assignments.pop(assignment.address, None)

    def link_named(self, name: str) -> Link | None:
        """The device of this name, None when there is none."""
        return next((link for link in self._links.values() if link.name == name), None)

    def addresses_of(self, index: int) -> tuple[str, ...]:
        """The usable addresses of a device, in the kernel's order."""
        return tuple(
            address
            for address, places in self._assignments.items()
            if any(each.usable and each.index == index for each in places.values())
        )

    def holders(self, address: str, *, loopback: bool) -> tuple[str, ...]:
        """The names of the devices on which an address is usable, oldest device first; `loopback`: lo counts, too."""
        places = self._assignments.get(address, {}).values()
        indexes = sorted({each.index for each in places if each.usable})
        names = [self._links[index].name for index in indexes if index in self._links]
        return tuple(name for name in names if loopback or name != LOOPBACK)
