"""How many series there are, and that nobody who can only speak on the LAN makes them many more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hawatch import evidence as ev
from hawatch.exporter.bounded import FOREIGN, MOST_LINKS, MOST_PEERS, bounded
from hawatch.exporter.metric_table import METRICS, agent, desk, parts, routers
from hawatch.exporter.metrics import exposition, new_registry
from hawatch.exporter.metrics_size import OBSERVERS, picture, series
from hawatch.exporter.samples import samples
from hawatch.picture import draw
from hawatch.snapshot import PeerView, Snapshot, VipView
from tests import snapshots
from tests.story import VIP, Story, master, standby

MANY = 40


def nodes(snapshot: Snapshot) -> set[str]:
    """Every name that a series has as its node or peer."""
    found = set()
    for sample in samples(snapshot):
        named = dict(zip(sample.metric.labels, sample.labels, strict=True))
        found |= {named[label] for label in ("node", "peer") if label in named}
    return found


def test_each_metric_has_as_many_series_as_the_document_says() -> None:
    counted = Counter(sample.metric.name for sample in samples(picture(routers=5, vips=3, findings=2)))
    assert counted == {
        routers.VERDICT.name: 12 * 5,
        routers.FINDING.name: 2 * 5,
        routers.SEVERITY.name: 4,
        routers.VIP_HELD.name: 5 * 3 * 2,
        routers.VERDICT_SINCE.name: 5,
        routers.LAST_MOVE.name: 5,
        routers.MAINTENANCE.name: 1,
        routers.VERDICT_CHANGES.name: 5,
        routers.ADVERTS.name: 6 * 5,
        routers.OWNER_CHANGES.name: 5,
        routers.DETECTION.name: 1,
        parts.PEER_AGENT.name: 4,
        parts.PEER_LINK_UP.name: 2,
        parts.PEER_RTT.name: 2,
        parts.PEER_LOSS.name: 2,
        parts.REFERENCE_UP.name: 1,
        parts.SERVICE_UP.name: 2,
        parts.GUARD_STATE.name: 8,
        parts.GUARD_RESTARTS.name: 1,
        parts.GUARD_GIVE_UPS.name: 1,
        parts.OBSERVER_UP.name: OBSERVERS,
        parts.REAL_SERVERS.name: 2,
        parts.CAPTURE_DROPPED.name: 1,
        desk.INCIDENTS_OPEN.name: 1,
        desk.NOTIFICATIONS.name: 6,
        desk.NOTIFICATION_TIME.name: 1,
        desk.OUTBOX_WAITING.name: 1,
        desk.PUT_ASIDE.name: 2,
        desk.WEBHOOKS.name: 4,
        desk.REPLY_PATH_UP.name: 1,
        desk.REPLY_PATH_TIME.name: 1,
        desk.REPLY_PATH_SUCCESS.name: 1,
        desk.PASSIVE_RESULTS.name: 2,
        desk.PASSIVE_ACCEPTED.name: 1,
        desk.MONITOR_REQUESTS.name: 3,
        desk.DRILL_TIME.name: 1,
        desk.DRILL_SUCCESS.name: 1,
        desk.DRILL_OUTAGE.name: 2,
        desk.DRILL_VERDICT.name: 2 * 5,
        agent.SNAPSHOT_TIME.name: 1,
        agent.BUILD.name: 1,
    }
    assert set(counted) == {metric.name for metric in METRICS}


def test_what_is_counted_for_the_document_is_what_a_scrape_gives() -> None:
    seen = picture(routers=7, vips=2, findings=3)
    lines = exposition(new_registry(lambda: seen))[0].decode().splitlines()
    assert series(seen) == sum(line.startswith("hawatch_") for line in lines)


def impostors(story: Story, count: int) -> None:
    """So many hosts that advertise our VIP as if they were of the pair."""
    for number in range(count):
        address = f"10.0.{number // 250 + 1}.{number % 250 + 1}"
        mac = f"02:00:00:01:{number // 250:02x}:{number % 250:02x}"
        story.advert("lb03", src=address, src_mac=mac)


def strangers(story: Story, count: int) -> None:
    """So many foreign routers with our VRID, CARP hosts with its number, and MACs that answer for the VIP."""
    for number in range(count):
        address = f"10.0.{number // 250 + 1}.{number % 250 + 1}"
        mac = f"02:00:00:01:{number // 250:02x}:{number % 250:02x}"
        for _ in range(2):
            story.advert("lb03", src=address, src_mac=mac, addresses=("10.0.9.9",))
        story.tell(
            ev.CarpHeard(
                at=story.now,
                count=2,
                interface="eth0",
                src=address,
                src_mac=mac,
                vhid=51,
                outgoing=False,
            )
        )
        story.wait(0.2)
        story.probed("lb01", mac, control="lb01")


def test_impostors_cannot_add_names_without_end_nor_rename_the_pair() -> None:
    story = master()
    before = draw(story.judge, story.now)
    impostors(story, MANY)
    after = draw(story.judge, story.now)
    assert MOST_PEERS < len(after.peers) < MANY, "the picture tells of as many as are listened to"
    known = nodes(after)
    assert known > {"lb01", "lb02", FOREIGN}
    assert len(known) <= MOST_PEERS + 2
    impostors(story, 2 * MANY)
    assert nodes(draw(story.judge, story.now)) == known, "nor do the names change while it goes on"
    assert series(after) <= series(before) + 20 * MOST_PEERS


def test_they_do_not_rename_a_pair_that_was_given_no_name() -> None:
    story = Story("lb01")
    story.tell(
        ev.Started(
            at=story.now,
            node="lb01",
            pair=None,
            boot_id="c",
            booted_at=0.0,
            wall_minus_monotonic=0.0,
            version="0",
        )
    )
    impostors(story, 3)
    assert draw(story.judge, story.now).pair == "lb01-lb02"


def test_strangers_share_one_name() -> None:
    story = standby()
    before = nodes(draw(story.judge, story.now))
    strangers(story, 40)
    after = draw(story.judge, story.now)
    named = {finding.node for router in after.routers for finding in router.findings}
    assert named - before, "the picture tells who they are"
    assert nodes(after) == before | {FOREIGN}


def test_a_stranger_that_holds_a_vip_is_told_of_without_a_name() -> None:
    strange = [(f"10.9.0.{number}", False) for number in range(MOST_PEERS)]
    vip = VipView(address=VIP, held_by=(("lb01", True), ("lb02", None), *strange, ("10.9.1.1", True)))
    view = replace(snapshots.router(), vips=(vip,))
    seen = snapshots.snapshot(view)
    (folded,) = bounded(seen).routers[0].vips
    assert folded.held_by == (("lb01", True), ("lb02", None), (FOREIGN, True))
    unknown = replace(vip, held_by=(("lb01", True), ("10.9.1.1", None), ("10.9.1.2", False)))
    (folded,) = bounded(replace(seen, routers=(replace(view, vips=(unknown,)),))).routers[0].vips
    assert folded.held_by == (("lb01", True), (FOREIGN, None))


def test_who_is_listed_or_has_an_agent_keeps_a_name_however_many_were_there_before() -> None:
    invented = tuple(
        PeerView(name=f"10.9.0.{number}", agent="none", links=(), hearsay=True) for number in range(MANY)
    )
    seen = snapshots.steady()
    assert "lb02" in nodes(replace(seen, peers=(*invented, *seen.peers)))


def test_one_peer_has_no_links_without_end() -> None:
    seen = snapshots.steady()
    (peer,) = seen.peers
    links = tuple(replace(snapshots.UP, name=f"10.9.0.{number}") for number in range(MANY))
    (cut,) = bounded(replace(seen, peers=(replace(peer, links=links),))).peers
    assert cut.links == links[:MOST_LINKS]


def test_a_pair_as_it_ought_to_be_is_shown_whole() -> None:
    for seen in (snapshots.steady(), snapshots.split_brain(), snapshots.isolated(), snapshots.unknown_peer()):
        assert bounded(seen) == seen
