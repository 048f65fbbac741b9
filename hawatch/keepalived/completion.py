"""From a draft to a virtual router: defaults, and the corrections keepalived makes (vrrp_complete_instance, vrrp.c).

The order of the steps is keepalived's, since one correction decides on the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor

from hawatch.errors import ConfigError
from hawatch.keepalived.draft import Draft
from hawatch.keepalived.globals import Globals
from hawatch.keepalived.instance import DEFAULT_PRIORITY
from hawatch.keepalived.model import VirtualAddress, VirtualRouter
from hawatch.keepalived.notes import Notes
from hawatch.wire.family import Family

OWNER_PRIORITY = 255
PASSWORD_LENGTH = 8
# As many as fit into a frame of 1500 bytes, and the count into its byte.
MOST_VIPS = {Family.IPV4: 255, Family.IPV6: 89}
LONGEST_VMAC_NAME = 15


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
        strict = self.globals.strict if draft.strict is None else draft.strict
        family = draft.family or Family.IPV4
        version = self._version(draft, family, strict)
        priority = draft.priority or (OWNER_PRIORITY if draft.state == "MASTER" else DEFAULT_PRIORITY)
        auth_type = self._auth_type(draft, family, version, strict)
        state = self._state(draft, priority, strict, auth_type)
        interface = self._interface(draft)
        vips, excluded = self._vips(draft, interface, family)
        self._refused(draft, version, strict)
        nopreempt = draft.nopreempt and self._may_wait(draft, "nopreempt", priority, state)
        delay = draft.preempt_delay
        if delay and not self._may_wait(draft, "preempt_delay", 0, state):
            delay = 0.0
        if delay and (nopreempt or strict):
            self._note(draft, f"preempt_delay has no effect with {'nopreempt' if nopreempt else 'strict mode'}")
            delay = 0.0
        return VirtualRouter(
            instance=draft.instance,
            interface=interface,
            vrid=draft.vrid,
            family=family,
            version=version,
            priority=priority,
            advert_interval=self._interval(draft, version),
            down_timer_adverts=self._down_timer_adverts(draft, strict),
            initial_state=state,
            vips=vips,
            excluded=excluded,
            nopreempt=nopreempt,
            preempt_delay=delay,
            source=draft.source,
            unicast_peers=tuple(draft.unicast_peers),
            multicast_group=self._group(draft, family),
            auth_type=auth_type,
            auth_fingerprint=None if auth_type == "none" else self.fingerprint(password_bytes(draft.auth_pass)),
            vmac_interface=self._vmac_interface(draft, family),
            vmac_xmit_base=self._xmit_base(draft, strict),
            dont_track_primary=draft.dont_track_primary,
            lower_prio_no_advert=strict or _either(draft.lower_prio_no_advert, self.globals.lower_prio_no_advert),
            higher_prio_send_advert=not strict
            and _either(draft.higher_prio_send_advert, self.globals.higher_prio_send_advert),
            v3_checksum_as_v2=_either(draft.v3_checksum_as_v2, self.globals.v3_checksum_as_v2),
            tracked_interfaces=tuple(draft.tracked_interfaces),
            tracked_scripts=tuple(draft.tracked_scripts),
            strict=strict,
            accept=_accepts(draft, priority, version, strict),
            **self._garp(draft, strict),
        )

    def _note(self, draft: Draft, text: str) -> None:
        self.notes.add(draft.where, f"vrrp_instance {draft.instance}: {text}")

    def _version(self, draft: Draft, family: Family, strict: bool) -> int:
        if family is Family.IPV6:
            return 3 if strict else draft.version or 3
        return draft.version or self.globals.version

    def _auth_type(self, draft: Draft, family: Family, version: int, strict: bool) -> str:
        if draft.auth_type == "none":
            return "none"
        reasons = {
            "strict mode has none": strict,
            "VRRPv3 has none": version == 3,
            "there is no password": not draft.auth_pass,
            "IPv6 has no AH": family is Family.IPV6 and draft.auth_type == "ah",
        }
        for reason, holds in reasons.items():
            if holds:
                self._note(draft, f"authentication is ignored, since {reason}")
                return "none"
        return draft.auth_type

    def _state(self, draft: Draft, priority: int, strict: bool, auth_type: str) -> str:
        by_priority = "MASTER" if priority == OWNER_PRIORITY else "BACKUP"
        state = draft.state or by_priority
        if strict and state != by_priority:
            self._note(draft, f"state {state} does not go with priority {priority} in strict mode")
            return by_priority
        if auth_type == "ah" and state == "MASTER" and priority != OWNER_PRIORITY:
            self._note(draft, "state MASTER does not go with AH; BACKUP is used")
            return "BACKUP"
        return state

    def _interface(self, draft: Draft) -> str:
        if draft.interface:
            return draft.interface
        devices = [vip.device for vip in draft.vips + draft.excluded if vip.device]
        if not draft.unicast_peers or not devices:
            raise ConfigError(draft.where, f"vrrp_instance {draft.instance} has no interface")
        self._note(draft, f"no interface is given; {devices[0]} is watched, where its first address is")
        return devices[0]

    def _vips(
        self, draft: Draft, interface: str, family: Family
    ) -> tuple[tuple[VirtualAddress, ...], tuple[VirtualAddress, ...]]:
        own = {True: "", False: interface}
        vips = [replace(vip, device=None) if vip.device == own[False] else vip for vip in draft.vips]
        excluded = [replace(vip, device=None) if vip.device == own[False] else vip for vip in draft.excluded]
        most = MOST_VIPS[family]
        if len(vips) > most:
            self._note(draft, f"{len(vips)} addresses are more than the {most} of an advertisement")
        return tuple(vips[:most]), tuple(excluded + vips[most:])

    def _refused(self, draft: Draft, version: int, strict: bool) -> None:
        """What makes keepalived refuse to run at all, though it is clear what was meant."""
        if not draft.vips and (version == 3 or strict):
            self._note(draft, "keepalived refuses to run it without an address")
        if strict and draft.unicast_peers:
            self._note(draft, "keepalived refuses to run unicast in strict mode")
        if draft.unicast_mentioned and not draft.unicast_peers:
            self._note(draft, "no unicast peer is given, so it uses multicast")

    def _may_wait(self, draft: Draft, keyword: str, priority: int, state: str) -> bool:
        """Whether nopreempt or preempt_delay can hold; they need a start as BACKUP."""
        if priority == OWNER_PRIORITY or state == "MASTER":
            reason = "priority 255" if priority == OWNER_PRIORITY else "state MASTER"
            self._note(draft, f"{keyword} has no effect with {reason}")
            return False
        return True

    def _interval(self, draft: Draft, version: int) -> float:
        """Whole seconds in VRRPv2, hundredths up to 40.95 s in VRRPv3, rounded half up."""
        asked = 1.0 if draft.advert_interval is None else draft.advert_interval
        steps = 1 if version == 2 else 100
        interval = min(max(floor(round(asked * steps, 6) + 0.5), 1), 255 if version == 2 else 4095) / steps
        if interval != asked:
            self._note(draft, f"advert_int {asked:g} cannot be said in VRRPv{version}; {interval:g} is used")
        return interval

    def _down_timer_adverts(self, draft: Draft, strict: bool) -> int:
        asked = draft.down_timer_adverts or self.globals.down_timer_adverts
        if strict and asked != 3:
            self._note(draft, "down_timer_adverts is 3 in strict mode")
            return 3
        return asked

    def _group(self, draft: Draft, family: Family) -> str:
        if draft.multicast_group and draft.unicast_peers:
            self._note(draft, "mcast_dst_ip has no effect with unicast peers")
            return self.globals.group(family)
        return draft.multicast_group or self.globals.group(family)

    def _vmac_interface(self, draft: Draft, family: Family) -> str | None:
        """The name given, or the first one free: vrrp.N, then vrrp6.N for IPv6, then vrrp1.N and on."""
        if not draft.use_vmac:
            return None
        if draft.vmac_name:
            return draft.vmac_name
        prefix = self.globals.vmac_prefix[: LONGEST_VMAC_NAME - len(f".{draft.vrid}")]
        names = [f"{prefix}.{draft.vrid}"] + [f"{prefix}6.{draft.vrid}"] * (family is Family.IPV6)
        names += [f"{prefix}{number}.{draft.vrid}" for number in range(1, 1000) if number != 6]
        name = next(each for each in names if each not in self.vmac_names)
        self.vmac_names.add(name)
        return name

    def _xmit_base(self, draft: Draft, strict: bool) -> bool:
        if not draft.use_vmac:
            if draft.vmac_xmit_base:
                self._note(draft, "vmac_xmit_base has no effect without use_vmac")
            return False
        if draft.unicast_mentioned and not draft.vmac_xmit_base:
            self._note(draft, "unicast with use_vmac sends from the base interface (vmac_xmit_base)")
            return not strict
        return draft.vmac_xmit_base and not strict

    def _garp(self, draft: Draft, strict: bool) -> dict[str, float | int]:
        common = self.globals
        repeat = _either(draft.garp_master_repeat, common.garp_master_repeat)
        delay = _either(draft.garp_master_delay, common.garp_master_delay)
        lower_delay = _either(common.garp_lower_prio_delay, common.garp_master_delay)
        lower_repeat = _either(common.garp_lower_prio_repeat, common.garp_master_repeat)
        return {
            "garp_master_delay": delay,
            "garp_master_repeat": repeat,
            "garp_master_refresh": _either(draft.garp_master_refresh, common.garp_master_refresh),
            "garp_lower_prio_delay": 0.0 if strict else _either(draft.garp_lower_prio_delay, lower_delay),
            "garp_lower_prio_repeat": 0 if strict else _either(draft.garp_lower_prio_repeat, lower_repeat),
        }


def password_bytes(password: str) -> bytes:
    """A password as the eight bytes that a packet carries: cut, or filled up with zeros."""
    return password.encode("utf-8", "surrogateescape")[:PASSWORD_LENGTH].ljust(PASSWORD_LENGTH, b"\0")


def _either[T](said: T | None, default: T) -> T:
    return default if said is None else said


def _accepts(draft: Draft, priority: int, version: int, strict: bool) -> bool:
    if priority == OWNER_PRIORITY or not strict:
        return draft.accept is not False
    return bool(draft.accept) and version == 3
