"""Virtual routers with several VIPs: an address that the other never had shows nothing of those that he holds."""

from __future__ import annotations

from dataclasses import replace

from hawatch.evidence import AdvertisementHeard, InterfaceState, VipHeld
from hawatch.keepalived.model import VirtualAddress
from hawatch.situation.inquiry import cadence, control_address, next_probe_at, take_wants
from hawatch.situation.node import Node
from hawatch.situation.router import Owner, RouterState
from hawatch.wire.address import VRRP_GROUP_IPV6
from hawatch.wire.family import Family
from tests.story import ADDRESSES, MACS, Story, standby

SECOND = "10.0.0.101"
SIXTH = "fd00::1:1"


def took_over_while_the_other_kept_the_first_vip() -> Story:
    """We take over a VIP that lb01 answers for, and one that it does not know."""
    story = standby(vips=("10.0.0.100", SECOND), agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.changes.clear()
    asked(story)
    return story


def asked(story: Story) -> None:
    """One round for each VIP, the unknown one last."""
    story.probed("lb01", control="lb01")
    story.now += 0.001
    story.probed(control="lb01", vip=SECOND)


def test_an_address_that_nobody_else_has_does_not_show_that_the_other_let_go() -> None:
    story = took_over_while_the_other_kept_the_first_vip()
    story.now += 0.11
    assert "switchover" not in story.verdicts
    assert "failover" not in story.verdicts


def test_its_empty_rounds_do_not_disprove_the_split_over_the_other_address() -> None:
    story = took_over_while_the_other_kept_the_first_vip()
    for _ in range(4):
        story.wait(0.3)
        asked(story)
    assert story.verdict.value == "split_brain"
    for _ in range(4):
        story.wait(0.3)
        story.gateway(replied=True)
        asked(story)
    assert story.verdicts == ["split_brain"]


def test_the_split_is_over_when_nobody_answers_for_any_of_them() -> None:
    story = took_over_while_the_other_kept_the_first_vip()
    for _ in range(4):
        story.wait(0.3)
        asked(story)
    for _ in range(4):
        story.wait(0.3)
        story.advert("lb02")
        story.gateway(replied=True)
        story.probed(control="lb01")
        story.probed(control="lb01", vip=SECOND)
    assert story.verdicts[0] == "split_brain"
    assert story.verdict.value != "split_brain"


def split_over_two_families() -> Story:
    """We took over, and lb01 answers for both VIPs; it has no IPv6 address that we could ask for beside the second."""
    story = standby(vips=("10.0.0.100", SIXTH), agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    for _ in range(4):
        one_round(story, "lb01", control="lb01")
    assert story.verdict.value == "split_brain"
    return story


def one_round(story: Story, *answering: str, control: str | None) -> None:
    """Both VIPs are asked for, the second one without a control."""
    story.wait(0.3)
    story.advert("lb02")
    story.echo("lb01", replied=True)
    story.gateway(replied=True)
    story.probed(*answering, control=control)
    story.probed(*answering, vip=SIXTH)


def test_a_vip_of_the_other_family_that_nobody_can_be_asked_beside_keeps_no_split_alive() -> None:
    story = split_over_two_families()
    for _ in range(4):
        one_round(story, control="lb01")
    assert story.verdict.value != "split_brain"


def test_empty_rounds_without_any_control_end_no_split_of_two_families() -> None:
    story = split_over_two_families()
    for _ in range(4):
        one_round(story, control=None)
    assert story.verdict.value == "split_brain"


def asked_now(router: RouterState, node: Node, now: float) -> dict[str, str | None]:
    router.inquiry.probe_now = True
    assert next_probe_at(router, node, now) == now
    return dict(take_wants(router, node, now).probes)


def test_a_vip_is_asked_for_with_an_address_of_its_own_family_beside_it() -> None:
    story = standby(vips=("10.0.0.100", SIXTH))
    node, router = story.judge.situation.node, next(iter(story.judge.situation.routers.values()))
    node.members.members[0].addresses.add("fd00::b")
    asked = asked_now(router, node, story.now)
    assert asked == {"10.0.0.100": ADDRESSES["lb01"], SIXTH: "fd00::b"}


def test_the_addresses_of_the_vips_are_put_together_once_for_each_configuration() -> None:
    story = standby(vips=("10.0.0.100", SECOND), agents=False)
    router = next(iter(story.judge.situation.routers.values()))
    assert router.vips is router.vips
    before = router.vips
    router.configure(replace(router.config, vips=router.config.vips[:1]))
    assert before == {"10.0.0.100", SECOND}
    assert router.vips == {"10.0.0.100"}


def test_of_a_members_addresses_the_one_on_the_vips_own_network_is_asked_for() -> None:
    """Linux answers no neighbour solicitation for an address of another device."""
    story = standby(vips=("10.0.0.100", SIXTH))
    node, router = story.judge.situation.node, next(iter(story.judge.situation.routers.values()))
    node.members.members[0].addresses.update({"fd00:0:0:1::b", "fd00::b", "fe80::1:b", "fe80::b"})
    own = ("10.0.0.2", "fd00::c", "fe80::c")
    story.tell(InterfaceState(at=story.now, interface="eth0", carrier=True, addresses=own))
    assert control_address(router, node, six=True) == "fd00::b"
    router.configure(
        replace(router.config, vips=tuple(replace(vip, device="eth1") for vip in router.config.vips))
    )
    other = ("10.0.1.2", "fd00:0:0:1::c", "fe80::1:c")
    story.tell(InterfaceState(at=story.now, interface="eth1", carrier=True, addresses=other))
    assert asked_now(router, node, story.now)[SIXTH] == "fd00:0:0:1::b"


def over_ipv6() -> Story:
    """We are lb02, know lb01's IPv4 address alone, and the virtual router is one of IPv6."""
    story = Story("lb02", agents=False)
    story.configured(
        family=Family.IPV6,
        vips=(VirtualAddress(address=SIXTH, prefix_length=64),),
        multicast_group=VRRP_GROUP_IPV6,
        version=3,
    )
    story.tell(VipHeld(at=story.now, address=SIXTH, held=False, interface="eth0"))
    return story


def speaks(story: Story) -> None:
    """lb01 advertises from its link-local address."""
    advert = AdvertisementHeard(
        at=story.now,
        first_at=story.now,
        count=1,
        interface="eth0",
        outgoing=False,
        src="fe80::1",
        dst=VRRP_GROUP_IPV6,
        src_mac=MACS["lb01"],
        ttl=255,
        family=Family.IPV6,
        version=3,
        vrid=51,
        priority=150,
        interval_seconds=1.0,
        auth_type=0,
        auth_fingerprint=None,
        addresses=(SIXTH,),
        checksum="pseudo_header",
    )
    story.tell(advert)


def members(story: Story) -> list[str]:
    return [member.name for member in story.judge.situation.node.members.members]


def test_a_peer_known_by_its_ipv4_address_alone_is_the_one_who_advertises_over_ipv6() -> None:
    story = over_ipv6()
    speaks(story)
    assert ADDRESSES["lb01"] in story.meets
    story.probed("lb01", vip=ADDRESSES["lb01"])
    assert members(story) == ["lb01"]
    story.wait(0.5)
    story.probed("lb01", vip=SIXTH, control="lb01", control_address="fe80::1")
    speaks(story)
    story.echo("lb01", replied=True)
    assert members(story) == ["lb01"]
    assert story.judge.situation.routers["VI_1"].ownership.names == ("lb01",)


def test_who_was_met_before_it_spoke_is_no_second_node_when_it_does() -> None:
    story = over_ipv6()
    assert ADDRESSES["lb01"] in story.meets
    story.probed("lb01", vip=ADDRESSES["lb01"])
    speaks(story)
    assert members(story) == ["lb01"]
    asked = len(story.meets)
    story.wait(60)
    assert len(story.meets) == asked, "who is met is not asked for again"


def a_second(story: Story, *, on_the_lan: bool) -> None:
    """lb01 answers over the cable, and on the LAN or not; it has no address to be asked for beside the VIP."""
    story.echo("lb01", replied=on_the_lan)
    story.echo("lb01", replied=True, link="cable")
    story.gateway(replied=True)
    story.probed(vip=SIXTH)
    if ADDRESSES["lb01"] in story.meets:
        story.meets.clear()
        story.probed(*(["lb01"] if on_the_lan else []), vip=ADDRESSES["lb01"])
    story.wait(1.0)


def test_an_owner_over_ipv6_alone_suspects_a_node_that_only_the_cable_reaches_any_more() -> None:
    story = over_ipv6()
    story.probed("lb01", vip=ADDRESSES["lb01"])
    story.tell(VipHeld(at=story.now, address=SIXTH, held=True, interface="eth0"))
    story.meets.clear()
    for _ in range(6):
        a_second(story, on_the_lan=False)
    assert story.verdict.value == "split_brain_suspected"
    for _ in range(4):
        a_second(story, on_the_lan=True)
    assert story.verdict.value == "steady"
    assert story.meets == []


def test_an_address_that_two_answer_for_introduces_nobody() -> None:
    story = over_ipv6()
    story.probed("lb01", "02:00:00:00:00:77", vip=ADDRESSES["lb01"])
    speaks(story)
    assert members(story) == ["lb01", "fe80::1"]


def split_over_ipv6() -> Story:
    """We hold, lb01 answers for the VIP and was never heard; of it the IPv4 address is known."""
    story = over_ipv6()
    story.probed("lb01", vip=ADDRESSES["lb01"])
    story.tell(VipHeld(at=story.now, address=SIXTH, held=True, interface="eth0"))
    for _ in range(3):
        story.wait(0.3)
        story.probed("lb01", vip=SIXTH)
    assert (story.verdict.value, story.rule) == ("split_brain", "SB2-answers")
    story.meets.clear()
    story.wait(1.2)
    assert story.meets, "who has been met is asked for again beside each question"
    return story


def test_a_split_over_ipv6_is_over_when_who_answers_over_ipv4_answers_for_the_vip_no_more() -> None:
    story = split_over_ipv6()
    for _ in range(3):
        assert story.verdict.value == "split_brain"
        story.wait(0.3)
        story.echo("lb01", replied=True)
        story.probed(vip=SIXTH)
        story.probed("lb01", vip=ADDRESSES["lb01"])
    assert story.verdict.value != "split_brain"


def test_a_split_over_ipv6_stands_while_the_other_answers_for_nothing() -> None:
    story = split_over_ipv6()
    for _ in range(5):
        story.wait(0.3)
        story.echo("lb01", replied=True)
        story.probed(vip=SIXTH)
        story.probed(vip=ADDRESSES["lb01"])
    assert story.verdict.value == "split_brain"


def questions_in_a_minute(story: Story) -> int:
    """How often the first VIP is asked for, once a minute of peace is behind it."""
    for second in range(120):
        if second == 60:
            story.probes.clear()
        story.advert("lb01")
        story.delivered("lb01")
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        if story.agents:
            story.report("lb01", True)
        story.probed("lb01", control="lb01")
        story.wait(1.0)
    return story.probes.count("10.0.0.100")


def test_a_node_without_an_agent_is_asked_every_three_seconds_what_nobody_tells_of_it() -> None:
    assert 18 <= questions_in_a_minute(standby(agents=False)) <= 22
    assert questions_in_a_minute(standby()) <= 4


def test_with_many_vips_a_node_without_an_agent_is_asked_less_often() -> None:
    vips = (
        "10.0.0.100",
        *(f"10.0.1.{number}" for number in range(1, 251)),
        *(f"10.0.2.{n}" for n in range(1, 251)),
    )
    story = standby(agents=False, vips=vips)
    for vip in vips:
        story.tell(VipHeld(at=story.now, address=vip, held=False))
    assert 4 <= questions_in_a_minute(story) <= 7


def test_however_many_vips_are_in_doubt_the_questions_a_second_are_bounded() -> None:
    vips = ("10.0.0.100", *(f"10.0.1.{number}" for number in range(1, 200)))
    few, many = standby(vips=vips[:2], interval=0.1), standby(vips=vips, interval=0.1)
    assert pace_while_both_hold(few) < 0.3
    assert pace_while_both_hold(many) > 0.9


def pace_while_both_hold(story: Story) -> float:
    node, router = story.judge.situation.node, next(iter(story.judge.situation.routers.values()))
    story.holds(True)
    story.report("lb01", True)
    assert router.ownership.owner is Owner.BOTH
    return cadence(router, node, story.now)
