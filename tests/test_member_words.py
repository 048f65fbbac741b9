"""Which of a member's words is about which of our virtual routers."""

from __future__ import annotations

from hawatch.evidence import PeerReport
from hawatch.situation.member import HeardRouter, Member
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter, ReportedVip

FRONT, BACK = "10.0.0.100", "10.1.0.100"


def told(vrid: int, vip: str, *, held: bool) -> ReportedRouter:
    return ReportedRouter(
        vrid=vrid,
        family=Family.IPV4,
        configured_priority=100,
        advertised_priority=None,
        vips=(ReportedVip(address=vip, held=held, for_seconds=0.0),),
        advertising=held,
        ready=True,
    )


def report(at: float, *routers: ReportedRouter, slices: int = 1) -> PeerReport:
    return PeerReport(
        at=at,
        link="lan",
        src="10.0.0.2",
        boot_id="b",
        sequence=int(at * 10),
        round_trip=0.001,
        report=NodeReport(node="lb02", routers=routers, addresses=(), macs=(), daemon=None, slices=slices),
    )


def said(member: Member, vip: str, vrid: int, now: float) -> ReportedRouter | None:
    heard: HeardRouter | None = member.said(frozenset({vip}), Family.IPV4, vrid, now)
    return None if heard is None else heard.router


def test_one_vrid_on_two_networks_is_two_virtual_routers() -> None:
    member = Member("lb02")
    front, back = told(51, FRONT, held=True), told(51, BACK, held=False)
    member.hear_report(report(1.0, front, back))
    assert (said(member, FRONT, 51, 1.1), said(member, BACK, 51, 1.1)) == (front, back)
    member.hear_report(report(2.0, back, slices=2))
    member.hear_report(report(2.1, front, slices=2))
    assert (said(member, FRONT, 51, 2.2), said(member, BACK, 51, 2.2)) == (front, back)


def test_a_vip_that_runs_under_another_vrid_there_is_found_by_its_address() -> None:
    member = Member("lb02")
    member.hear_report(report(1.0, told(52, FRONT, held=True)))
    assert said(member, FRONT, 51, 1.1) == told(52, FRONT, held=True)


def test_what_is_told_no_longer_and_what_is_old_says_nothing() -> None:
    member = Member("lb02")
    member.hear_report(report(1.0, told(51, FRONT, held=True)))
    member.hear_report(report(2.0, told(51, BACK, held=True)))
    assert said(member, FRONT, 99, 2.1) is None
    assert said(member, BACK, 51, 9.0) is None
