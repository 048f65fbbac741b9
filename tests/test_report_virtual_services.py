"""Virtual services in the agents' report: what one writes the other reads, an older agent reads past it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire.family import Family
from hawatch.wire.report import (
    NodeReport,
    ReportedFinding,
    ReportedRouter,
    ReportedVip,
    ReportedVirtualService,
)
from hawatch.wire.report_datagram import SLICE_BYTES, Envelope, decode, encode
from hawatch.wire.report_sections import Kind, read, write_node, write_router
from hawatch.wire.report_virtual_services import MOST_BYTES, read_virtual_services, write_virtual_services
from hawatch.wire.sections import Cursor, section
from hawatch.wire.virtual_service import address_of, mark_family, mark_name, service_name

KEY = b"the key of this pair"
ENVELOPE = Envelope(boot_id="0123456789abcdef", sequence=7)
SERVICE = ReportedVirtualService(name="tcp 192.0.2.100:80", make="01234567", servers="89abcdef", usable=2)
ROUTER = ReportedRouter(
    vrid=51,
    family=Family.IPV4,
    configured_priority=150,
    advertised_priority=150,
    vips=(ReportedVip(address="192.0.2.100", held=True, for_seconds=1.0),),
    advertising=True,
)
digests = st.binary(min_size=4, max_size=4).map(bytes.hex)
services = st.lists(
    st.builds(
        ReportedVirtualService,
        name=st.text(min_size=1, max_size=40),
        make=digests,
        servers=digests,
        usable=st.integers(0, 65535),
    ),
    max_size=8,
).map(tuple)


def sent(router: ReportedRouter) -> ReportedRouter:
    (datagram,) = encode(ENVELOPE, NodeReport(node="lb01", routers=(router,)), KEY)
    (received,) = decode(datagram, KEY)[1].routers
    return received


@given(services)
def test_what_is_written_is_read_as_it_was(written: tuple[ReportedVirtualService, ...]) -> None:
    received = sent(replace(ROUTER, virtual_services=written))
    assert received.virtual_services == written
    assert received.all_virtual_services


def test_nothing_known_and_none_at_all_are_different_words() -> None:
    assert sent(ROUTER).virtual_services is None
    assert sent(replace(ROUTER, virtual_services=())).virtual_services == ()


def test_services_beyond_what_fits_are_left_out_and_that_is_said() -> None:
    many = tuple(replace(SERVICE, name=f"tcp 192.0.2.100:{port}") for port in range(100))
    received = sent(replace(ROUTER, virtual_services=many))
    assert received.virtual_services is not None
    assert 0 < len(received.virtual_services) < 100
    assert received.virtual_services == many[: len(received.virtual_services)]
    assert not received.all_virtual_services
    assert len(write_virtual_services(many)) <= MOST_BYTES + 1


def test_they_belong_to_the_router_before_them_beside_its_findings() -> None:
    finding = ReportedFinding(cause="blind", severity="warning", summary="sees nothing")
    first = replace(ROUTER, findings=(finding,), virtual_services=(SERVICE,))
    second = replace(ROUTER, vrid=52, virtual_services=())
    body = write_node(NodeReport(node="lb01", routers=())) + write_router(first) + write_router(second)
    assert read(Cursor(body)).routers == (first, second)
    with pytest.raises(DecodeError, match="malformed virtual services"):
        read(Cursor(section(Kind.VIRTUAL_SERVICES, b"\0")))


def test_an_agent_that_knows_no_such_section_reads_everything_else() -> None:
    """As an older one reads it: a kind that it does not know is skipped."""
    plain = write_router(ROUTER)
    body = write_router(replace(ROUTER, virtual_services=(SERVICE,)))
    behind = body.removeprefix(plain)
    assert body.startswith(plain), "what an older agent knows stands before it, unchanged"
    assert behind[0] == Kind.VIRTUAL_SERVICES
    unknown = bytes((251,)) + behind[1:]
    node = write_node(NodeReport(node="lb01", routers=()))
    assert read(Cursor(node + plain + unknown + plain)).routers == (ROUTER, ROUTER)


def test_255_routers_with_a_service_each_pass_any_path_unfragmented() -> None:
    routers = tuple(
        replace(ROUTER, vrid=vrid, virtual_services=(replace(SERVICE, name=f"tcp 10.0.0.{vrid}:80"),))
        for vrid in range(1, 256)
    )
    datagrams = encode(ENVELOPE, NodeReport(node="lb01", routers=routers), KEY)
    assert max(map(len, datagrams)) <= SLICE_BYTES
    assert sum(map(len, datagrams)) < 255 * 64
    together = [router for each in datagrams for router in decode(each, KEY)[1].routers]
    assert tuple(together) == routers


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    try:
        found, complete = read_virtual_services(Cursor(junk))
    except DecodeError:
        return
    assert sum(map(len, (each.name.encode() for each in found))) < len(junk)
    assert complete in (True, False)


def test_a_digest_that_is_none_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="not a digest"):
        write_virtual_services([replace(SERVICE, make="0123")])


@given(st.ip_addresses().map(str), st.integers(0, 65535), st.sampled_from(["tcp", "udp", "sctp", "ip-47"]))
def test_a_service_s_name_gives_its_address_back(address: str, port: int, protocol: str) -> None:
    name = service_name(protocol, address, port)
    assert address_of(name) == address
    assert mark_family(name) is None


@given(st.integers(1, 2**32 - 1), st.sampled_from(Family))
def test_a_mark_s_name_gives_its_family_back(mark: int, family: Family) -> None:
    assert mark_family(mark_name(mark, family)) is family
    assert address_of(mark_name(mark, family)) is None
