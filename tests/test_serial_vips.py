"""The VIPs of a virtual router in runs: few bytes, read as they were written, and only for an end that knows them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter, ReportedVip
from hawatch.wire.report_sections import write_router
from hawatch.wire.sealed import MINOR
from hawatch.wire.serial_datagram import Item, ItemKind
from hawatch.wire.serial_items import in_runs, read_router
from hawatch.wire.serial_telling import Telling
from hawatch.wire.serial_vips import ALIKE_SECONDS, SINCE_MINOR, read_runs, write_runs

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), st.ip_addresses(network="10.0.0.0/24")).map(
    str
)
reported = st.builds(
    ReportedVip,
    address=addresses,
    held=st.sampled_from((None, False, True)),
    for_seconds=st.integers(0, 10_000_000).map(lambda milliseconds: milliseconds / 1000),
)


def fifty(
    *, held: bool | None = True, apart: float = 0.0003, network: str = "10.0.0.0"
) -> tuple[ReportedVip, ...]:
    first = ipaddress.ip_address(network) + 100
    return tuple(
        ReportedVip(address=str(first + number), held=held, for_seconds=9.0 + number * apart if held else 0.0)
        for number in range(50)
    )


def router(vips: tuple[ReportedVip, ...]) -> ReportedRouter:
    return ReportedRouter(
        vrid=51,
        family=Family.IPV4,
        configured_priority=100,
        advertised_priority=100,
        vips=vips,
        advertising=True,
        heard_priority=90,
        heard_age=0.25,
        ready=True,
        delivered_age=0.25,
    )


def state(vip: ReportedVip) -> tuple[object, bool | None]:
    return ipaddress.ip_address(vip.address), vip.held


@given(st.lists(reported, max_size=60))
def test_vips_are_read_as_they_were_written_and_no_hold_is_told_longer_than_it_was(
    vips: list[ReportedVip],
) -> None:
    read = read_runs(write_runs(vips))
    assert list(map(state, read)) == list(map(state, vips))
    for ours, theirs in zip(read, vips, strict=True):
        assert theirs.for_seconds - ALIKE_SECONDS - 0.001 <= ours.for_seconds <= theirs.for_seconds


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(encoded: bytes) -> None:
    try:
        vips = read_runs(encoded)
    except DecodeError:
        return
    assert len(vips) <= len(encoded)
    assert all(ipaddress.ip_address(vip.address) for vip in vips)


@pytest.mark.parametrize("network", ["10.0.0.0", "2001:db8::"])
@pytest.mark.parametrize("held", [None, False, True])
def test_fifty_vips_that_came_together_take_a_fifth_of_what_they_take_one_by_one(
    network: str, held: bool | None
) -> None:
    said = router(fifty(held=held, network=network))
    assert len(write_router(said)) > 300
    assert len(in_runs(said)) < 100


def test_vips_that_came_at_many_moments_take_no_more_bytes_in_runs_than_one_by_one() -> None:
    said = router(fifty(apart=0.1))
    assert len(in_runs(said)) <= len(write_router(said))


def test_both_forms_of_a_virtual_router_are_read_as_the_same() -> None:
    said = router(fifty(apart=0.0))
    assert read_router(in_runs(said)) == read_router(write_router(said)) == said
    without = router(())
    assert read_router(in_runs(without)) == without


def told_to(minor: int | None) -> Item:
    telling = Telling()
    if minor is not None:
        telling.listener_is(minor)
    telling.refresh(NodeReport(node="lb01", routers=(router(fifty()),)), 100.0)
    return next(each for each in telling.rest(10_000) if each.kind == ItemKind.ROUTER)


def test_an_end_of_an_older_minor_version_gets_what_it_can_read() -> None:
    assert MINOR >= SINCE_MINOR
    for minor in (None, SINCE_MINOR - 1):
        assert told_to(minor).body == write_router(router(fifty()))
    assert told_to(SINCE_MINOR).body == in_runs(router(fifty()))
    assert told_to(SINCE_MINOR + 1).body == in_runs(router(fifty()))


def test_the_same_state_is_the_same_edition_in_either_form() -> None:
    telling = Telling()
    report = NodeReport(node="lb01", routers=(router(fifty()),))
    telling.refresh(report, 100.0)
    before = telling.digests()
    telling.listener_is(SINCE_MINOR)
    telling.refresh(report, 100.0)
    assert telling.digests() == before


def test_an_address_beyond_its_family_is_refused() -> None:
    beyond = bytes((2, 2, 0, 0)) + b"\xff" * 4 + b"\2"
    with pytest.raises(DecodeError, match="malformed address"):
        read_runs(beyond)
    with pytest.raises(DecodeError, match="malformed address"):
        read_runs(bytes((2, 1, 0, 2)))
