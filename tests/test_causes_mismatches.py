"""Stories of members that are configured differently: what tells of it, on whom it lies, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hawatch import evidence as ev
from hawatch.keepalived.model import VirtualAddress
from hawatch.verdict import Cause
from hawatch.wire.report import ReportedFinding, ReportedSettings
from tests.story import ADDRESSES, MACS, VIP, Story, master, standby

SECOND_VIP = "10.0.0.101"
UNICAST = {"lb01": ("10.0.0.2",), "lb02": ("10.0.0.1",)}


def settings(story: Story, **fields: Any) -> ReportedSettings:
    """What the other node's agent says of its settings: like ours, but for these fields."""
    usual: dict[str, Any] = {
        "version": 2 if story.interval >= 1 else 3,
        "auth_type": "none",
        "auth_fingerprint": None,
        "destination": "224.0.0.18",
    }
    return ReportedSettings(**{**usual, **fields})


def peer_of(story: Story) -> str:
    return "lb02" if story.me == "lb01" else "lb01"


def reports(story: Story, count: int = 1, *, held: bool | None = None, **fields: Any) -> None:
    """The peer's agent reports, a second apart, while lb01 advertises; these fields are of its settings or its word."""
    of_router = {"vrid", "vips", "priority", "advert_interval", "findings", "clock_offset"}
    word = {name: value for name, value in fields.items() if name in of_router}
    told = settings(story, **{name: value for name, value in fields.items() if name not in of_router})
    for _ in range(count):
        holds = story.me == "lb02" if held is None else held
        story.report(peer_of(story), holds, settings=told, **word)
        story.wait(0.1)


# --- told by the other's agent while all is well -------------------------------------------------------

TOLD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("vrid_mismatch", {}, {"vrid": 52}),
    ("version_mismatch", {}, {"version": 3}),
    ("auth_mismatch", {"auth_type": "pass", "auth_fingerprint": "aa"}, {"auth_type": "none"}),
    (
        "auth_mismatch",
        {"auth_type": "pass", "auth_fingerprint": "aa"},
        {"auth_type": "pass", "auth_fingerprint": "bb"},
    ),
    (
        "auth_mismatch",
        {"auth_type": "ah", "auth_fingerprint": "aa"},
        {"auth_type": "ah", "auth_fingerprint": "bb"},
    ),
    ("advert_interval_mismatch", {}, {"advert_interval": 2.0}),
    ("vip_list_mismatch", {}, {"vips": (VIP, SECOND_VIP)}),
    ("vip_list_mismatch", {}, {"vips": (SECOND_VIP,)}),
    ("destination_mismatch", {}, {"destination": "224.0.0.19"}),
    ("destination_mismatch", {}, {"destination": "unicast", "unicast_peers": ("10.0.0.1",)}),
    ("checksum_form_mismatch", {"version": 3}, {"version": 3, "checksum_as_v2": True}),
]


@pytest.mark.parametrize("make", [master, standby])
@pytest.mark.parametrize(("cause", "ours", "theirs"), TOLD)
def test_what_the_agents_tell_each_other_shows_a_difference_before_anything_goes_wrong(
    make: Callable[[], Story], cause: str, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    story = make()
    story.configured(**ours)
    reports(story, **{**ours, **theirs})
    assert story.blamed == {f"{cause}@lb02"}
    found = story.finding(cause)
    assert found.severity.value == "warning"
    assert found.evidence
    assert {"lb01", "lb02"} <= set(found.summary.replace(",", " ").replace(":", " ").split())
    assert found.remedy.startswith("on lb02: in ")
    assert found.remedy.endswith("systemctl reload keepalived")
    assert story.verdict.value == "steady"
    reports(story, **ours)
    assert story.blamed == set()


@pytest.mark.parametrize("make", [master, standby])
def test_no_finding_ever_shows_a_fingerprint(make: Callable[[], Story]) -> None:
    story = make()
    story.configured(auth_type="pass", auth_fingerprint="f1ngerprint")
    reports(story, auth_type="pass", auth_fingerprint="0therprint")
    assert story.blamed == {"auth_mismatch@lb02"}
    for secret in ("f1ngerprint", "0therprint"):
        assert secret not in str(story.finding("auth_mismatch"))


def test_settings_that_agree_are_no_difference() -> None:
    story = master()
    reports(story, 3)
    assert story.causes == set()


def test_an_agent_that_tells_no_settings_tells_no_difference() -> None:
    story = master()
    story.report("lb02", False)
    assert story.causes == set()


def test_a_version_3_interval_that_differs_is_information_since_a_backup_follows_the_master() -> None:
    story = master(interval=0.3)
    reports(story, advert_interval=0.5)
    assert story.blamed == set()
    assert story.severity_of("advert_interval_mismatch") == "info"


def test_a_password_is_not_compared_where_one_side_speaks_a_version_that_has_none() -> None:
    story = master()
    story.configured(auth_type="pass", auth_fingerprint="aa")
    reports(story, version=3)
    assert story.blamed == {"version_mismatch@lb02"}


def test_an_excluded_vip_that_the_other_node_lacks_is_a_difference_though_no_advertisement_shows_it() -> None:
    story = standby()
    excluded = (VirtualAddress(address=SECOND_VIP, prefix_length=24),)
    story.configured(excluded=excluded)
    for _ in range(4):
        story.advert("lb01")
        reports(story)
        story.wait(1)
    assert story.blamed == {"vip_list_mismatch@lb02"}
    assert SECOND_VIP in story.finding("vip_list_mismatch").summary


def test_a_vrid_in_use_on_another_network_of_ours_is_not_compared_with_this_one() -> None:
    """Both nodes may have a VRID twice, on two networks; a report names the VIPs and no device."""
    from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter

    story = master()
    first = VirtualRouter(
        instance="VI_1", interface="eth0", vrid=51, vips=(VirtualAddress(address=VIP, prefix_length=24),)
    )
    second = VirtualRouter(
        instance="VI_2",
        interface="eth1",
        vrid=51,
        vips=(VirtualAddress(address="10.0.1.100", prefix_length=24),),
    )
    config = KeepalivedConfig(virtual_routers=(first, second), digest="two")
    story.tell(ev.ConfigRead(at=story.now, config=config))
    reports(story, vips=("10.0.1.100",))
    assert story.blamed == set()


# --- heard on the wire -----------------------------------------------------------------------------


def test_a_lone_agent_on_the_standby_names_a_difference_after_two_advertisements() -> None:
    story = standby(agents=False)
    story.configured(v3_checksum_as_v2=True, version=3)
    story.advert("lb01", version=3, checksum="pseudo_header")
    assert story.blamed == set()
    story.wait(1)
    story.advert("lb01", version=3, checksum="pseudo_header")
    assert story.blamed == {"checksum_form_mismatch@lb02"}
    assert "v3_checksum_as_v2" in story.finding("checksum_form_mismatch").remedy


def test_a_difference_that_was_heard_is_over_with_the_first_advertisement_that_agrees() -> None:
    story = standby(agents=False)
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", auth_type=1, auth_fingerprint="aa")
    assert story.blamed == {"auth_mismatch@lb02"}
    story.wait(1)
    story.advert("lb01")
    assert story.blamed == set()


def test_a_difference_that_was_heard_is_over_when_our_own_configuration_follows() -> None:
    story = standby(agents=False)
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", auth_type=1, auth_fingerprint="aa")
    story.configured(auth_type="pass", auth_fingerprint="aa")
    assert story.blamed == set()


def test_a_difference_that_was_heard_is_forgotten_when_its_sender_has_long_been_silent() -> None:
    story = master(agents=False)
    for _ in range(2):
        story.advert("lb02", auth_type=1, auth_fingerprint="aa")
        story.wait(1)
    story.probed(control="lb02")
    story.wait(30)
    assert "auth_mismatch" not in story.causes


def test_one_advertisement_is_enough_in_a_split_and_stands_while_its_sender_is_muted() -> None:
    story = master(agents=False)
    story.configured(auth_type="pass", auth_fingerprint="aa")
    story.advert("lb02", auth_type=1, auth_fingerprint="bb")
    assert story.blamed == set()
    for _ in range(4):
        story.probed("lb02", control="lb02")
        story.wait(1)
    assert story.verdict.value == "split_brain"
    assert "auth_mismatch@lb02" in story.blamed
    for _ in range(20):
        story.advert("lb01")
        story.probed("lb02", control="lb02")
        story.gateway(replied=True)
        story.echo("lb02", replied=True)
        story.wait(1)
    assert "auth_mismatch@lb02" in story.blamed
    for _ in range(4):
        story.probed(control="lb02")
        story.wait(1)
    assert story.verdict.value != "split_brain"
    assert "auth_mismatch" not in story.causes


def test_what_is_heard_after_a_report_disproves_what_the_agent_believes_to_run() -> None:
    """An agent that starts between an edit and the reload takes the file for what runs."""
    story = standby()
    for _ in range(4):
        story.advert("lb01")
        reports(story, auth_type="pass", auth_fingerprint="aa")
        story.wait(0.9)
    assert story.blamed == set()


def test_packets_that_agree_on_ah_say_nothing_of_its_key() -> None:
    story = standby()
    ours: dict[str, Any] = {"auth_type": "ah", "auth_fingerprint": "aa"}
    theirs: dict[str, Any] = {"auth_type": "ah", "auth_fingerprint": "bb"}
    story.configured(**ours)
    for _ in range(4):
        story.advert("lb01", auth_type=2)
        reports(story, **theirs)
        story.wait(0.9)
    assert story.blamed == {"auth_mismatch@lb02"}


def test_a_report_that_came_after_the_last_advertisement_ends_what_that_one_showed() -> None:
    story = standby()
    for _ in range(3):
        story.advert("lb01", auth_type=1, auth_fingerprint="aa")
        reports(story, auth_type="pass", auth_fingerprint="aa")
        story.wait(0.9)
    assert story.blamed == {"auth_mismatch@lb02"}
    reports(story)
    assert story.blamed == set()


def test_one_vip_under_two_vrids_is_named_by_what_is_heard_alone() -> None:
    story = standby(agents=False)
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", vrid=52)
    assert story.blamed == {"vrid_mismatch@lb02"}


def test_another_group_and_unicast_are_told_by_where_advertisements_go() -> None:
    for dst in ("224.0.0.19", ADDRESSES["lb02"]):
        story = standby(agents=False)
        for _ in range(3):
            story.wait(1)
            story.advert("lb01", dst=dst)
        assert story.blamed == {"destination_mismatch@lb02"}


def test_the_old_unicast_checksum_names_its_own_option_and_only_against_another_form() -> None:
    unicast: dict[str, Any] = {"unicast_peers": UNICAST["lb02"], "version": 3}
    old: dict[str, Any] = {"version": 3, "checksum": "pseudo_header_multicast", "dst": ADDRESSES["lb02"]}
    story = standby(agents=False)
    story.configured(**unicast)
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", **old)
    assert story.blamed == set()  # ours may be the same: we were never heard
    story.advert("lb02", version=3, checksum="pseudo_header", dst=ADDRESSES["lb01"])
    story.wait(1)
    story.advert("lb01", **old)
    assert story.blamed == {"checksum_form_mismatch@lb02"}
    assert "old_unicast_checksum" in story.finding("checksum_form_mismatch").remedy


# --- three members -----------------------------------------------------------------------------------


def test_the_odd_one_of_three_is_at_fault_whatever_its_rank() -> None:
    story = standby()
    story.report("lb01", True, settings=settings(story, version=3))
    story.report("lb03", False, settings=settings(story))
    assert story.blamed == {"version_mismatch@lb01"}
    other = master()
    for name in ("lb02", "lb03"):
        other.report(name, False, settings=settings(other, version=3))
    assert other.blamed == {"version_mismatch@lb01"}


# --- priorities --------------------------------------------------------------------------------------


def test_equal_priorities_lie_on_the_later_name_and_are_meant_where_nobody_preempts() -> None:
    for make in (master, standby):
        story = make()
        own = 150 if story.me == "lb01" else 100
        reports(story, priority=own)
        assert story.blamed == {"equal_priority@lb02"}
        story.configured(nopreempt=True)
        reports(story, priority=own, nopreempt=True)
        assert story.blamed == set()
        assert story.severity_of("equal_priority") == "info"
        reports(story)
        assert story.causes == set()


def test_two_owners_of_the_addresses_are_not_just_equal() -> None:
    story = master()
    story.configured(priority=255)
    reports(story, priority=255)
    assert story.blamed == {"duplicate_address_owner@lb02"}


def test_a_lowered_priority_that_happens_to_be_ours_is_no_equal_one() -> None:
    story = standby(agents=False)
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", 100)
    assert "equal_priority" not in story.causes


# --- TTL ---------------------------------------------------------------------------------------------


def test_our_own_ttl_is_seen_as_it_leaves() -> None:
    story = master()
    story.wait(1)
    story.advert("lb01", ttl=64)
    assert story.blamed == {"ttl_invalid@lb01"}
    story.wait(1)
    story.advert("lb01")
    assert story.blamed == set()


def test_a_ttl_that_left_well_was_changed_on_the_way_and_lies_on_the_receiver() -> None:
    story = standby()
    story.wait(1)
    story.advert("lb01", ttl=254)
    assert story.blamed == set()
    story.wait(0.01)
    reports(story)
    assert story.blamed == {"ttl_invalid@lb02"}


def test_a_ttl_that_its_senders_agent_tells_of_lies_on_the_sender_alone() -> None:
    story = standby()
    own = ReportedFinding(
        cause=Cause.TTL_INVALID.value,
        severity="warning",
        summary="leaves with TTL 64",
        evidence=(("ttl", "64"),),
    )
    for _ in range(3):
        story.wait(0.9)
        story.advert("lb01", ttl=64)
        reports(story, findings=(own,))
    assert story.blamed == {"ttl_invalid@lb01"}


def test_without_an_agent_there_the_ttl_is_said_of_the_sender_with_what_would_tell() -> None:
    story = standby(agents=False)
    for _ in range(2):
        story.wait(1)
        story.advert("lb01", ttl=64)
    assert story.blamed == {"ttl_invalid@lb01"}
    assert story.finding("ttl_invalid").tell_apart


def test_unicast_may_have_any_ttl() -> None:
    story = standby(agents=False)
    story.configured(unicast_peers=UNICAST["lb02"])
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", ttl=64, dst=ADDRESSES["lb02"])
    assert story.blamed == set()


# --- sources -----------------------------------------------------------------------------------------


def lose_address(story: Story, *kept: str) -> None:
    story.tell(
        ev.InterfaceState(
            at=story.now, interface="eth0", carrier=True, mac=MACS[story.me], addresses=tuple(kept)
        )
    )


def test_advertisements_from_an_address_that_was_taken_away_are_wrong_until_it_is_back() -> None:
    story = master()
    lose_address(story)
    assert "source_address_wrong" not in story.causes
    story.wait(1)
    story.advert("lb01")
    assert story.blamed == {"source_address_wrong@lb01"}
    lose_address(story, ADDRESSES["lb01"])
    assert story.blamed == set()


def test_a_source_that_was_never_seen_on_the_device_is_not_judged() -> None:
    story = master()
    for _ in range(3):
        story.wait(1)
        story.advert("lb01", src="192.0.2.1")
    assert "source_address_wrong" not in story.causes


@pytest.mark.parametrize("make", [master, standby])
def test_a_unicast_peer_that_is_no_address_of_the_other_lies_on_the_node_that_lists_it(
    make: Callable[[], Story],
) -> None:
    story = make()
    usual: dict[str, Any] = {"destination": "unicast", "unicast_peers": UNICAST[peer_of(story)]}
    story.configured(unicast_peers=UNICAST[story.me])
    reports(story, **usual)
    assert story.blamed == set()
    story.configured(unicast_peers=("10.0.0.77",))
    reports(story, **usual)
    assert story.blamed == {f"source_address_wrong@{story.me}"}
    story.configured(unicast_peers=UNICAST[story.me])
    reports(story, **{**usual, "unicast_peers": ("10.0.0.77",)})
    assert story.blamed == {f"source_address_wrong@{peer_of(story)}"}


@pytest.mark.parametrize("make", [master, standby])
def test_a_unicast_source_that_the_other_does_not_list_lies_on_the_speaker(make: Callable[[], Story]) -> None:
    story = make()
    usual: dict[str, Any] = {"destination": "unicast", "unicast_peers": UNICAST[peer_of(story)]}
    story.configured(unicast_peers=UNICAST[story.me])
    reports(story, **usual, source="10.0.0.77")
    assert story.blamed == {f"source_address_wrong@{peer_of(story)}"}
    story.configured(unicast_peers=UNICAST[story.me], source="10.0.0.78")
    reports(story, **usual)
    assert story.blamed == {f"source_address_wrong@{story.me}"}


# --- clocks and counters ------------------------------------------------------------------------------


def test_clocks_apart_need_several_readings_and_one_late_datagram_says_nothing() -> None:
    story = master()
    reports(story, 4, clock_offset=0.01)
    reports(story, 2, clock_offset=-30.0)
    assert story.causes == set()
    reports(story, clock_offset=-30.0)
    assert story.blamed == {"clock_skew@lb02"}
    assert "lb01 is ahead" in story.finding("clock_skew").summary
    reports(story, 5, clock_offset=0.9)
    assert story.blamed == {"clock_skew@lb02"}
    reports(story, 3, clock_offset=0.2)
    assert story.blamed == set()


def test_what_keepalived_counted_is_evidence_of_a_difference_and_no_finding_by_itself() -> None:
    story = master()
    story.tell(ev.CountersRead(at=story.now, counters={"VI_1": {"auth_failure": 12, "addr_list_err": 3}}))
    assert story.causes == set()
    story.configured(auth_type="pass", auth_fingerprint="aa")
    reports(story, auth_type="pass", auth_fingerprint="bb")
    assert ("auth_failure on lb01", "12") in story.finding("auth_mismatch").evidence
