"""From a draft to a virtual router: defaults, and the corrections keepalived makes (vrrp_complete_instance, vrrp.c).

The order of the steps is keepalived's, since one correction decides on the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor
from typing import TypeVar

from hawatch.errors import ConfigError
from hawatch.keepalived.draft import Draft
from hawatch.keepalived.globals import Globals
from hawatch.keepalived.instance import DEFAULT_PRIORITY, UNICAST
from hawatch.keepalived.model import VirtualAddress, VirtualRouter
from hawatch.keepalived.notes import Notes
from hawatch.wire.family import Family

OWNER_PRIORITY = 255
PASSWORD_LENGTH = 8
# As many as fit into a frame of 1500 bytes, and the count into its byte.
MOST_VIPS = {Family.IPV4: 255, Family.IPV6: 89}
LONGEST_VMAC_NAME = 15
T = TypeVar("T")


@dataclass(slots=True)
class Completer:
    """Completes drafts one after the other; `vmac_names` are those in use, by name or by default."""

    globals: Globals
    notes: Notes
    vmac_names: set[str]
    fingerprint: Callable[[bytes], str]

    def complete(self, draft: Draft) -> VirtualRouter:
        """The virtual router that keepalived would run. ConfigError: no VRID, or no interface."""
        if not draft.vrid:
            raise ConfigError(draft.where, f"vrrp_instance {draft.instance} has no virtual_router_id")
        return _Completion(draft, self).virtual_router()

    def free_vmac_name(self, vrid: int, family: Family) -> str:
        """The first name that is free: vrrp.N, then vrrp6.N for IPv6, then vrrp1.N and on (create_vmac_name)."""
        prefix = self.globals.vmac_prefix[: LONGEST_VMAC_NAME - len(f".{vrid}")]
        numbers = ["", *(["6"] if family is Family.IPV6 else []), *map(str, range(1, 1000))]
        name = next(each for n in numbers if (each := f"{prefix}{n}.{vrid}") not in self.vmac_names)
        self.vmac_names.add(name)
        return name


@dataclass(slots=True)
class _Completion:
    """One draft on its way; the attributes that later steps look at are settled in `virtual_router`, in order."""

    draft: Draft
    completer: Completer
    strict: bool = False
    family: Family = Family.IPV4
    version: int = 2
    priority: int = DEFAULT_PRIORITY
    auth_type: str = "none"
    state: str = "BACKUP"
    nopreempt: bool = False

    def virtual_router(self) -> VirtualRouter:
        draft, common = self.draft, self.completer.globals
        self.strict = _either(draft.strict, common.strict)
        self.family = draft.family or Family.IPV4
        self.version = self._version()
        self.priority = draft.priority or (OWNER_PRIORITY if draft.state == "MASTER" else DEFAULT_PRIORITY)
        self.auth_type = self._auth_type()
        self.state = self._state()
        self.nopreempt = self._nopreempt()
        self._note_refusals()
        interface = self._interface()
        vips = _on_own_device(draft.vips, interface)
        most = MOST_VIPS[self.family]
        if len(vips) > most:
            text = f"an advertisement holds {most} addresses, so {len(vips) - most} are not advertised"
            self._note(text, "vips_not_advertised", "virtual_ipaddress")
        return VirtualRouter(
            instance=draft.instance,
            interface=interface,
            vrid=draft.vrid,
            family=self.family,
            version=self.version,
            priority=self.priority,
            advert_interval=self._interval(),
            down_timer_adverts=self._down_timer_adverts(),
            initial_state=self.state,
            vips=tuple(vips[:most]),
            excluded=(*_on_own_device(draft.excluded, interface), *vips[most:]),
            nopreempt=self.nopreempt,
            preempt_delay=self._preempt_delay(),
            source=draft.source,
            unicast_peers=tuple(draft.unicast_peers),
            multicast_group=self._group(),
            auth_type=self.auth_type,
            auth_fingerprint=self._fingerprint(),
            vmac_interface=self._vmac_interface(),
            vmac_xmit_base=self._xmit_base(),
            dont_track_primary=draft.dont_track_primary,
            lower_prio_no_advert=self.strict
            or _either(draft.lower_prio_no_advert, common.lower_prio_no_advert),
            higher_prio_send_advert=not self.strict
            and _either(draft.higher_prio_send_advert, common.higher_prio_send_advert),
            v3_checksum_as_v2=_either(draft.v3_checksum_as_v2, common.v3_checksum_as_v2),
            tracked_interfaces=tuple(draft.tracked_interfaces),
            tracked_scripts=tuple(draft.tracked_scripts),
            strict=self.strict,
            accept=self._accept(),
            garp_master_delay=_either(draft.garp_master_delay, common.garp_master_delay),
            garp_master_repeat=_either(draft.garp_master_repeat, common.garp_master_repeat),
            garp_master_refresh=_either(draft.garp_master_refresh, common.garp_master_refresh),
            garp_lower_prio_delay=self._garp_lower_prio_delay(),
            garp_lower_prio_repeat=self._garp_lower_prio_repeat(),
        )

    def _note(self, text: str, topic: str, keyword: str) -> None:
        """Note something about a keyword, at its line if it is said."""
        where = self.draft.place(keyword)
        self.completer.notes.add(where, f"vrrp_instance {self.draft.instance}: {text}", topic)

    def _version(self) -> int:
        if self.family is Family.IPV6:
            return 3 if self.strict else self.draft.version or 3
        return self.draft.version or self.completer.globals.version

    def _auth_type(self) -> str:
        asked = self.draft.auth_type
        reasons = {
            "strict mode has none": self.strict,
            "VRRPv3 has none": self.version == 3,
            "there is no password": not self.draft.auth_pass,
            "IPv6 has no AH": self.family is Family.IPV6 and asked == "ah",
        }
        reason = next((each for each, holds in reasons.items() if holds), None)
        if asked == "none" or reason is None:
            return asked
        self._note(f"authentication is ignored, since {reason}", "auth_ignored", "authentication")
        return "none"

    def _fingerprint(self) -> str | None:
        if self.auth_type == "none":
            return None
        return self.completer.fingerprint(password_bytes(self.draft.auth_pass))

    def _state(self) -> str:
        by_priority = "MASTER" if self.priority == OWNER_PRIORITY else "BACKUP"
        state = self.draft.state or by_priority
        if self.strict and state != by_priority:
            text = f"state {state} does not go with priority {self.priority} in strict mode; {by_priority} is used"
            self._note(text, "state_changed", "state")
            return by_priority
        if self.auth_type == "ah" and state == "MASTER" and self.priority != OWNER_PRIORITY:
            self._note("state MASTER does not go with AH; BACKUP is used", "state_changed", "state")
            return "BACKUP"
        return state

    def _nopreempt(self) -> bool:
        if not self.draft.nopreempt:
            return False
        if self.priority == OWNER_PRIORITY or self.state == "MASTER":
            reason = f"priority {OWNER_PRIORITY}" if self.priority == OWNER_PRIORITY else "state MASTER"
            self._note(f"nopreempt has no effect with {reason}", "nopreempt_ignored", "nopreempt")
            return False
        return True

    def _preempt_delay(self) -> float:
        reasons = {
            "state MASTER": self.state == "MASTER",
            "strict mode": self.strict,
            "nopreempt": self.nopreempt,
        }
        reason = next((each for each, holds in reasons.items() if holds), None)
        if not self.draft.preempt_delay or reason is None:
            return self.draft.preempt_delay
        self._note(f"preempt_delay has no effect with {reason}", "preempt_delay_ignored", "preempt_delay")
        return 0.0

    def _note_refusals(self) -> None:
        """What makes keepalived refuse to run at all though it is clear what was meant, and what surprises."""
        if not self.draft.vips and (self.version == 3 or self.strict or self.family is Family.IPV6):
            text = "keepalived refuses to run it without an address"
            self._note(text, "no_address_refused", "virtual_ipaddress")
        if self.strict and self.draft.unicast_peers:  # 2.2.7 runs it, whatever its manual says
            text = "strict mode forbids unicast; versions of keepalived differ in whether they run it"
            self._note(text, "strict_unicast", "unicast_peer")
        if self.draft.unicast_mentioned and not self.draft.unicast_peers:
            keyword = next((each for each in UNICAST if each in self.draft.places), "unicast_peer")
            self._note("unicast without peers: it uses multicast", "unicast_without_peers", keyword)

    def _interface(self) -> str:
        if self.draft.interface:
            return self.draft.interface
        devices = [vip.device for vip in self.draft.vips + self.draft.excluded if vip.device]
        if not self.draft.unicast_peers or not devices:
            raise ConfigError(self.draft.where, f"vrrp_instance {self.draft.instance} has no interface")
        text = f"no interface is given; {devices[0]} is watched, where its first address is"
        self._note(text, "interface_assumed", "interface")
        return devices[0]

    def _interval(self) -> float:
        """Whole seconds in VRRPv2, hundredths up to 40.95 s in VRRPv3, rounded half up."""
        asked = _either(self.draft.advert_interval, 1.0)
        steps, most = (1, 255) if self.version == 2 else (100, 4095)
        interval = min(max(floor(round(asked * steps, 6) + 0.5), 1), most) / steps
        if interval != asked:
            text = f"advert_int {asked:g} cannot be said in VRRPv{self.version}; {interval:g} is used"
            self._note(text, "advert_int_rounded", "advert_int")
        return interval

    def _down_timer_adverts(self) -> int:
        asked = self.draft.down_timer_adverts or self.completer.globals.down_timer_adverts
        if self.strict and asked != 3:
            self._note("down_timer_adverts is 3 in strict mode", "without_effect", "down_timer_adverts")
            return 3
        return asked

    def _group(self) -> str:
        group = self.draft.multicast_group
        if group and self.draft.unicast_peers:
            self._note("mcast_dst_ip has no effect with unicast peers", "without_effect", "mcast_dst_ip")
            group = None
        return group or self.completer.globals.group(self.family)

    def _vmac_interface(self) -> str | None:
        if not self.draft.use_vmac:
            return None
        return self.draft.vmac_name or self.completer.free_vmac_name(self.draft.vrid, self.family)

    def _xmit_base(self) -> bool:
        asked = self.draft.vmac_xmit_base
        if not self.draft.use_vmac:
            if asked:
                self._note(
                    "vmac_xmit_base has no effect without use_vmac", "without_effect", "vmac_xmit_base"
                )
            return False
        if self.draft.unicast_mentioned and not asked:
            text = "unicast with use_vmac sends from the base interface (vmac_xmit_base)"
            self._note(text, "vmac_xmit_base_assumed", "use_vmac")
            asked = True
        return asked and not self.strict

    def _accept(self) -> bool:
        if self.priority == OWNER_PRIORITY:
            return True
        if self.strict:
            return bool(self.draft.accept) and self.version == 3
        return self.draft.accept is not False

    def _garp_lower_prio_delay(self) -> float:
        common = self.completer.globals
        default = _either(common.garp_lower_prio_delay, common.garp_master_delay)
        return 0.0 if self.strict else _either(self.draft.garp_lower_prio_delay, default)

    def _garp_lower_prio_repeat(self) -> int:
        common = self.completer.globals
        default = _either(common.garp_lower_prio_repeat, common.garp_master_repeat)
        return 0 if self.strict else _either(self.draft.garp_lower_prio_repeat, default)


def password_bytes(password: str) -> bytes:
    """A password as the eight bytes that a packet carries: cut, or filled up with zeros."""
    return password.encode("utf-8", "surrogateescape")[:PASSWORD_LENGTH].ljust(PASSWORD_LENGTH, b"\0")


def _either(said: T | None, default: T) -> T:
    return default if said is None else said


def _on_own_device(vips: list[VirtualAddress], interface: str) -> list[VirtualAddress]:
    """The same VIPs, with no device where it is the router's own."""
    return [replace(vip, device=None) if vip.device == interface else vip for vip in vips]
