"""What the observers are told to look at."""

from __future__ import annotations

from hawatch.config import Config, Peer, Reference, SerialLink, Service, ServicePlace, UdpLink
from hawatch.keepalived.model import (
    KeepalivedConfig,
    TrackedInterface,
    VirtualAddress,
    VirtualRouter,
)
from hawatch.targets import (
    CaptureTarget,
    LinkTarget,
    ProbeTarget,
    ReferenceTarget,
    SerialTarget,
    ServiceTarget,
    Targets,
    plan,
)
from hawatch.wire.family import Family

ROUTER = VirtualRouter(
    instance="VI_1",
    interface="eth0",
    vrid=51,
    vips=(VirtualAddress(address="10.0.0.100", prefix_length=24),),
)


def keepalived(*routers: VirtualRouter) -> KeepalivedConfig:
    return KeepalivedConfig(virtual_routers=routers)


def other(name: str, **changes: object) -> VirtualRouter:
    said = {"instance": name, "interface": "eth0", "vrid": 52, **changes}
    return VirtualRouter(**said)  # type: ignore[arg-type]


def test_without_any_configuration_there_is_nothing_to_look_at() -> None:
    assert plan(Config(), None) == Targets()


def test_a_router_is_listened_to_and_its_address_asked_after_on_its_interface() -> None:
    targets = plan(Config(), keepalived(ROUTER))

    assert targets.captures == (
        CaptureTarget(
            interface="eth0",
            vips=frozenset({"10.0.0.100"}),
            groups=frozenset({"224.0.0.18"}),
            vrids=frozenset({ROUTER.vrid}),
        ),
    )
    assert targets.probes == (ProbeTarget(vip="10.0.0.100", family=Family.IPV4, interface="eth0"),)
    assert targets.interfaces == {"eth0"}
    assert targets.vips == {"10.0.0.100"}


def test_an_address_on_another_device_is_looked_for_there() -> None:
    vip = VirtualAddress(address="10.1.0.100", prefix_length=24, device="eth1")
    excluded = VirtualAddress(address="2001:db8::100", prefix_length=64, device="eth1")
    targets = plan(Config(), keepalived(other("VI_1", vips=(vip,), excluded=(excluded,))))

    assert targets.captures == (
        CaptureTarget(interface="eth0", groups=frozenset({"224.0.0.18"}), vrids=frozenset({52})),
        CaptureTarget(interface="eth1", vips=frozenset({"10.1.0.100", "2001:db8::100"})),
    )
    assert targets.probes == (
        ProbeTarget(vip="10.1.0.100", family=Family.IPV4, interface="eth1"),
        ProbeTarget(vip="2001:db8::100", family=Family.IPV6, interface="eth1"),
    )


def test_a_vmac_is_watched_from_the_device_below_it() -> None:
    vmac = other("VI_1", vmac_interface="vrrp.51", vips=ROUTER.vips)
    targets = plan(Config(), keepalived(vmac))

    assert [capture.interface for capture in targets.captures] == ["eth0"]
    assert [probe.interface for probe in targets.probes] == ["eth0"]


def test_routers_on_one_interface_share_one_capture_with_all_their_groups() -> None:
    six = other(
        "VI_6",
        family=Family.IPV6,
        multicast_group="ff02::12",
        vips=(VirtualAddress(address="fe80::9", prefix_length=64),),
    )
    (capture,) = plan(Config(), keepalived(ROUTER, six)).captures

    assert capture.groups == {"224.0.0.18", "ff02::12"}
    assert capture.vips == {"10.0.0.100", "fe80::9"}


def test_every_multicast_socket_of_keepalived_has_a_shadow() -> None:
    routers = (
        ROUTER,
        other("VI_2"),
        other("VI_3", interface="eth1", multicast_group="224.0.0.99"),
        other("VI_6", family=Family.IPV6, multicast_group="ff02::12"),
        other("VI_A", interface="eth2", auth_type="ah"),
    )
    targets = plan(Config(), keepalived(*routers))
    assert [
        (each.device, each.family, each.group, each.protocol, set(each.vrids)) for each in targets.shadows
    ] == [
        ("eth0", Family.IPV4, "224.0.0.18", 112, {51, 52}),
        ("eth0", Family.IPV6, "ff02::12", 112, {52}),
        ("eth1", Family.IPV4, "224.0.0.99", 112, {52}),
        ("eth2", Family.IPV4, "224.0.0.18", 51, {52}),
    ]
    assert all(each.interface == each.device for each in targets.shadows)
    assert targets.reverse_paths == {"eth0", "eth1", "eth2"}


def test_a_router_of_which_only_the_vip_is_known_has_no_shadow() -> None:
    assert plan(Config(), keepalived(other("VI_1", vrid=0))).shadows == ()


def test_unicast_has_no_shadow_and_yet_a_reverse_path() -> None:
    targets = plan(Config(), keepalived(other("VI_1", unicast_peers=("10.0.0.2",))))
    assert targets.shadows == ()
    assert targets.reverse_paths == {"eth0"}


def test_a_virtual_mac_is_listened_to_on_its_own_device_unless_it_sends_from_the_base_one() -> None:
    one = other("VI_1", vrid=51, vmac_interface="vrrp.51")
    two = other("VI_2", vrid=52, vmac_interface="vrrp.52")
    base = other("VI_3", vrid=53, vmac_interface="vrrp.53", vmac_xmit_base=True)
    shadows = {each.device: each for each in plan(Config(), keepalived(one, two, base)).shadows}
    assert set(shadows) == {"vrrp.51", "vrrp.52", "eth0"}
    assert {each.interface for each in shadows.values()} == {"eth0"}
    assert shadows["vrrp.51"].vrids == {51}
    assert shadows["eth0"].vrids == {53}


def test_tracked_interfaces_are_watched_too() -> None:
    tracked = other("VI_1", tracked_interfaces=(TrackedInterface(name="eth9"),))

    assert plan(Config(), keepalived(tracked)).interfaces == {"eth0", "eth9"}


def test_unicast_peers_are_links_and_no_group_is_listened_to() -> None:
    unicast = other("VI_1", unicast_peers=("10.0.0.2",), source="10.0.0.1", vips=ROUTER.vips)
    targets = plan(Config(), keepalived(unicast))

    assert targets.links == (
        LinkTarget(peer="10.0.0.2", link="10.0.0.2", remote="10.0.0.2", local="10.0.0.1"),
    )
    assert targets.captures[0].groups == frozenset()


def test_a_link_local_unicast_peer_is_on_the_routers_own_device() -> None:
    unicast = other("VI_1", family=Family.IPV6, unicast_peers=("fe80::2",), source="fe80::1")
    targets = plan(Config(), keepalived(unicast))

    assert targets.links == (
        LinkTarget(peer="fe80::2%eth0", link="fe80::2%eth0", remote="fe80::2%eth0", local="fe80::1%eth0"),
    )


def test_peers_that_are_heard_or_named_are_links_until_somebody_lists_peers() -> None:
    heard = plan(
        Config(), keepalived(ROUTER), ("10.0.0.2", "fe80::2%eth0"), peer_addresses=("10.9.0.2", "10.0.0.2")
    )
    assert [link.remote for link in heard.links] == ["10.9.0.2", "10.0.0.2", "fe80::2%eth0"]
    assert {link.peer for link in heard.links} == {link.remote for link in heard.links}

    listed = Config(peers=(Peer(name="lb02", links=(UdpLink(name="lan", remote="10.0.0.2", local="eth0"),)),))
    assert plan(listed, keepalived(ROUTER), ("10.0.0.3",)).links == (
        LinkTarget(peer="lb02", link="lan", remote="10.0.0.2", local="eth0"),
    )
    assert [link.remote for link in plan(listed, None, peer_addresses=("10.9.0.2",)).links] == [
        "10.0.0.2",
        "10.9.0.2",
    ]


def test_the_one_listed_peer_without_links_gets_the_addresses_that_are_learned() -> None:
    alone = Config(peers=(Peer(name="lb02"),))
    assert plan(alone, None, ("10.0.0.2",)).links == (
        LinkTarget(peer="lb02", link="10.0.0.2", remote="10.0.0.2"),
    )

    # Of two, nobody can say whose address it is.
    two = Config(peers=(Peer(name="lb02"), Peer(name="lb03")))
    assert plan(two, None, ("10.0.0.2",)).links == ()


def test_a_serial_cable_is_a_link_of_its_own_kind() -> None:
    config = Config(
        peers=(Peer(name="lb02", links=(SerialLink(name="serial", device="/dev/ttyS0", baud=9600),)),)
    )
    targets = plan(config, None, ("10.0.0.2",))

    assert targets.links == ()
    assert targets.serial_links == (SerialTarget(peer="lb02", link="serial", device="/dev/ttyS0", baud=9600),)


def test_the_default_gateways_are_the_references_unless_others_are_named() -> None:
    assert plan(Config(), None, (), ("10.0.0.254",)).references == (
        ReferenceTarget(name="gateway", address="10.0.0.254"),
    )
    assert [each.name for each in plan(Config(), None, (), ("10.0.0.254", "fe80::1%eth0")).references] == [
        "gateway-10.0.0.254",
        "gateway-fe80::1%eth0",
    ]
    named = Config(references=(Reference(name="core", address="10.0.0.253"),))
    assert plan(named, None, (), ("10.0.0.254",)).references == (
        ReferenceTarget(name="core", address="10.0.0.253"),
    )


def test_services_are_taken_over_as_they_are() -> None:
    config = Config(services=(Service(name="nginx", http="http://127.0.0.1/", on=ServicePlace.BOTH),))

    assert plan(config, None).services == (ServiceTarget(name="nginx", on="both", http="http://127.0.0.1/"),)


def test_the_same_configuration_gives_equal_targets() -> None:
    routers = (other("B", interface="eth1"), ROUTER)

    assert (
        plan(Config(), keepalived(*routers)).captures == plan(Config(), keepalived(*routers[::-1])).captures
    )
