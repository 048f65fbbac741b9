"""An agent that has fallen behind reads the newest words, and loses none that no later one repeats."""

from __future__ import annotations

from dataclasses import replace

from hawatch.agent.shedding import BEHIND_BY, MANY, freshest
from hawatch.evidence import AdvertisementDelivered, AdvertisementHeard, Evidence, PeerReport, VipHeld
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter, ReportedVip

ADVERT = AdvertisementHeard(
    at=0.0,
    first_at=0.0,
    count=1,
    interface="eth0",
    outgoing=False,
    src="10.0.0.1",
    dst="224.0.0.18",
    src_mac="02:00:00:00:00:01",
    ttl=255,
    family=Family.IPV4,
    version=3,
    vrid=1,
    priority=150,
    interval_seconds=1.0,
    auth_type=0,
    auth_fingerprint=None,
    addresses=("10.0.0.100",),
    checksum="pseudo_header",
)
ROUTERS = 255
SECONDS = 5


def report(at: float, vrid: int, *, held: bool, boot_id: str = "b") -> PeerReport:
    router = ReportedRouter(
        vrid=vrid,
        family=Family.IPV4,
        configured_priority=150,
        advertised_priority=150,
        vips=(ReportedVip(address="10.0.0.100", held=held, for_seconds=60.0),),
        advertising=held,
    )
    said = NodeReport(node="lb01", routers=(router,), slices=ROUTERS, slice_number=vrid)
    return PeerReport(at=at, link="lan", src="10.0.0.1", boot_id=boot_id, sequence=int(at * 1e3), report=said)


def seconds_of_peace() -> list[Evidence]:
    """What an agent of 255 virtual routers finds after five seconds in which it had no processor."""
    batch: list[Evidence] = []
    for second in range(SECONDS):
        for vrid in range(1, ROUTERS + 1):
            at = second + vrid / 1000
            batch.append(replace(ADVERT, at=at, first_at=at, vrid=vrid, ip_id=second))
            batch.append(report(at, vrid, held=True))
    return batch


def test_of_what_repeats_itself_the_last_is_left_and_counts_all() -> None:
    left = freshest(seconds_of_peace())
    adverts = [each for each in left if isinstance(each, AdvertisementHeard)]
    reports = [each for each in left if isinstance(each, PeerReport)]
    assert len(adverts) == len(reports) == ROUTERS
    assert {(each.count, each.first_at < 1, each.at > SECONDS - 1) for each in adverts} == {
        (SECONDS, True, True)
    }
    assert all(each.at > SECONDS - 1 for each in reports)
    assert [each.at for each in left] == sorted(each.at for each in left)


def test_a_priority_that_changed_is_told_in_its_place() -> None:
    batch = seconds_of_peace()
    zero = replace(ADVERT, at=2.5, first_at=2.5, vrid=7, priority=0)
    batch.append(zero)
    batch.sort(key=lambda each: each.at)
    assert zero in freshest(batch)


def test_nothing_but_repetitions_is_left_out() -> None:
    batch = seconds_of_peace()
    news: list[Evidence] = [
        VipHeld(at=1.5, address="10.0.0.100", held=False),
        VipHeld(at=2.5, address="10.0.0.100", held=True),
        report(3.5, 9, held=True, boot_id="another run"),
        AdvertisementDelivered(
            at=4.5, first_at=4.5, count=1, interface="eth0", family=Family.IPV4, src="10.0.0.1", vrid=1
        ),
    ]
    batch = sorted([*batch, *news], key=lambda each: each.at)
    assert [each for each in freshest(batch) if each in news] == news


def test_a_pair_of_ordinary_size_reads_everything_however_long_it_slept() -> None:
    batch: list[Evidence] = [replace(ADVERT, at=at, first_at=at) for at in map(float, range(MANY - 1))]
    assert freshest(batch) == batch


def test_so_does_an_agent_that_keeps_up() -> None:
    batch = [each for each in seconds_of_peace() if each.at < BEHIND_BY]
    batch = batch * (MANY // len(batch) + 1)
    batch.sort(key=lambda each: each.at)
    assert freshest(batch) == batch
