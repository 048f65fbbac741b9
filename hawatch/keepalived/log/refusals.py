"""The lines about packets that keepalived did not take, as data."""

from __future__ import annotations

from collections.abc import Callable

from hawatch.keepalived.log.pattern import ADDRESS, IN, NAME, Found, Pattern, row
from hawatch.keepalived.log.sayings import PacketRefused, Refusal, Saying


def _refused(reason: Refusal) -> Callable[[Found], Saying]:
    return lambda found: PacketRefused(reason=reason, instance=found.groupdict().get("instance") or "")


REFUSALS: tuple[Pattern, ...] = (
    row("1.3-2.4", rf"(?:{IN})?receive[d]? an invalid passwd ?!", _refused(Refusal.AUTHENTICATION)),
    row(
        "1.3-2.4",
        rf"(?:{IN})?receive[d]? a (?:\d{{1,3}}|invalid) auth(?:entication type)?, expect(?:ing)? \d{{1,3}} ?!",
        _refused(Refusal.AUTHENTICATION),
    ),
    row(
        "2.0-2.4",
        rf"{IN}(?:Received AH header but auth type not AH|No AH header but auth type is AH)",
        _refused(Refusal.AUTHENTICATION),
    ),
    row(
        "1.3-2.4",
        rf"{IN}(?:IPSEC-AH : )?sequence number \d{{1,10}} already pro[c]?essed\. Packet dropped\. Local\(\d{{1,10}}\)",
        _refused(Refusal.AUTHENTICATION),
    ),
    row(
        "1.3-2.4",
        rf"(?:{IN})?IPSEC-AH : invalid IPSEC (?:HMAC-MD5 value|SPI|AH)[\w .,'=-]{{0,80}}",
        _refused(Refusal.AUTHENTICATION),
    ),
    row(
        "2.0-2.4",
        rf"{IN}ip address associated with VRID \d{{1,3}} not present in MASTER advert ?: {ADDRESS}",
        _refused(Refusal.ADDRESSES),
    ),
    row(
        "1.3-2.0",
        r"ip address associated with VRID(?: \d{1,3})? not present in received packet ?: ?[0-9A-Fa-f.:]{0,45}",
        _refused(Refusal.ADDRESSES),
    ),
    row(
        "1.3-2.4",
        rf"(?:{IN})?(?:expected \d{{1,5}} VIPs but received \d{{1,5}}"
        r"|receive[d]? an (?:unexpected|invalid) ip number count[\w ,!-]{0,80})",
        _refused(Refusal.ADDRESSES),
    ),
    row(
        "1.3-2.4",
        rf"(?:{IN})?advertisement interval mismatch mine ?= ?\d{{1,8}}[\w ,.'=-]{{0,80}}",
        _refused(Refusal.INTERVAL),
    ),
    row(
        "2.0-2.4",
        rf"{IN}(?:invalid TTL/HL\. Received -?\d{{1,4}} and expect \d{{1,3}}"
        r"|TTL/HL -?\d{1,4} not in range \d{1,3} - \d{1,3})",
        _refused(Refusal.TTL),
    ),
    row(
        "1.3-2.0",
        rf"(?:{IN})?invalid ttl\. (?:Received )?\d{{1,4}} and expect \d{{1,3}}",
        _refused(Refusal.TTL),
    ),
    row(
        "1.3-2.4",
        rf"(?:{IN})?(?:wrong version\. Received \d{{1,3}} and expect \d{{1,3}}"
        r"|invalid version\. \d{1,3} and expect \d{1,3})",
        _refused(Refusal.VERSION),
    ),
    row("1.3-2.4", rf"(?:{IN})?[Ii]nvalid (?:VRRPv[23] |vrrp )?checksum", _refused(Refusal.CHECKSUM)),
    row(
        "2.0-2.4",
        rf"{IN}unicast source address {ADDRESS} not a unicast peer",
        _refused(Refusal.NOT_A_PEER),
    ),
    row(
        "2.0-2.4",
        rf"{IN}(?:Expected (?:un|mult)icast packet but received (?:un|mult)icast packet"
        r"|discarding (?:un|mult)icast packet on (?:un|mult)icast instance)",
        _refused(Refusal.CAST),
    ),
    row(
        "2.0-2.4",
        rf"Unknown VRID\(\d{{1,3}}\) received on interface\({NAME}\)(?: from {ADDRESS})?\. ignoring\.\.\.",
        _refused(Refusal.UNKNOWN_VRID),
    ),
    row("1.3-2.1", rf"bogus VRRP packet received on {NAME} !!!", _refused(Refusal.OTHER)),
    row("1.3-2.1", rf"{IN}Dropping received VRRP packet\.\.\.", _refused(Refusal.OTHER)),
    row("1.3-2.1", rf"{IN}ignoring received advertisment\.\.\.", _refused(Refusal.OTHER)),
)
