"""One action that root has allowed, and the argument vector that it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.ability import Ability, Danger
from hawatch.errors import HawatchError
from hawatch.helper.place import Place
from hawatch.wire.family import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A fixed argument vector that begins with an absolute path, and the seconds that it may take.

    With placeholders it is run for one VIP (`per_vip`): `command6` for an IPv6 one, or if there is none `command`,
    unless that is `ipv4_only`. The rest is as in hawatch.ability.
    """

    name: str
    command: tuple[str, ...]
    command6: tuple[str, ...] | None
    seconds: float
    per_vip: bool
    ipv4_only: bool
    danger: Danger
    undo: str | None
    offer: tuple[str, ...]
    service: str | None
    labels: tuple[tuple[str, str], ...]

    def ability(self, places: dict[str, Place]) -> Ability | None:
        """What a client may know of it; None: there is no VIP for which it could be run."""
        vips = tuple(vip for vip, place in places.items() if self._template(place)) if self.per_vip else ()
        if self.per_vip and not vips:
            return None
        return Ability(
            name=self.name,
            danger=self.danger,
            undo=self.undo,
            offer=self.offer,
            service=self.service,
            labels=self.labels,
            vips=vips,
        )

    def vector(self, vip: object, places: dict[str, Place]) -> tuple[str, ...]:
        """What is run. HawatchError when it is not for this VIP, or for none."""
        if not self.per_vip:
            if vip is not None:
                raise HawatchError(f"{self.name}: is not about a VIP")
            return tuple(word.format() for word in self.command)
        place = places.get(vip) if isinstance(vip, str) else None
        template = self._template(place) if place else None
        if place is None or template is None:
            raise HawatchError(f"{self.name}: no such VIP is configured here")
        return tuple(place.fill(word) for word in template)

    def _template(self, place: Place) -> tuple[str, ...] | None:
        if place.family is Family.IPV4:
            return self.command
        return self.command6 or (None if self.ipv4_only else self.command)
