from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hawatch.evidence import AddressAnnounced, AdvertisementHeard, CarpHeard, ProtocolUnreachable
from hawatch.observers.sniffer.folding import Folder
from hawatch.wire.family import Family

ADVERTISEMENT = AdvertisementHeard(
    at=1.0,
    first_at=1.0,
    count=1,
    interface="eth0",
    outgoing=False,
    src="192.0.2.2",
    dst="224.0.0.18",
    src_mac="02:00:00:00:00:02",
    ttl=255,
    family=Family.IPV4,
    version=2,
    vrid=51,
    priority=100,
    interval_seconds=1.0,
    auth_type=0,
    auth_fingerprint=None,
    addresses=("192.0.2.100",),
    checksum="plain",
    ip_id=1,
)
CARP = CarpHeard(
    at=1.0, interface="eth0", outgoing=False, src="192.0.2.9", src_mac="02:00:00:00:00:09", vhid=51
)
ANNOUNCED = AddressAnnounced(
    at=1.0, interface="eth0", outgoing=False, address="192.0.2.100", mac="02:00:00:00:00:02"
)
REFUSED = ProtocolUnreachable(at=1.0, interface="eth0", src="192.0.2.2")


def heard(at: float, **changes: object) -> AdvertisementHeard:
    return replace(ADVERTISEMENT, at=at, first_at=at, **changes)  # type: ignore[arg-type]


def test_identical_advertisements_become_one_with_the_first_and_the_last_time() -> None:
    folder = Folder(limit=9)
    for number in range(5):
        folder.add(heard(2.0 + number, ip_id=number))
    (record,) = folder.take()
    assert record == replace(ADVERTISEMENT, first_at=2.0, at=6.0, count=5, ip_id=4)
    assert folder.take() == []


def test_every_kind_is_counted() -> None:
    folder = Folder(limit=9)
    for at in (1.0, 2.0):
        for record in (CARP, ANNOUNCED, REFUSED):
            folder.add(replace(record, at=at))
    assert folder.take() == [replace(record, at=2.0, count=2) for record in (CARP, ANNOUNCED, REFUSED)]


def test_what_differs_in_anything_else_stays_apart() -> None:
    changes: list[dict[str, object]] = [
        {"priority": 99},
        {"outgoing": True},
        {"src": "192.0.2.3"},
        {"ttl": 254},
        {"checksum": "bad"},
        {"problems": ("bad checksum",)},
        {"addresses": ()},
        {"auth_fingerprint": "4711"},
        {"vlans": (7,)},
    ]
    for change in changes:
        folder = Folder(limit=9)
        folder.add(heard(1.0))
        folder.add(heard(2.0, **change))
        assert len(folder.take()) == 2, change


def test_a_stream_is_not_folded_across_a_change() -> None:
    folder = Folder(limit=9)
    for at, priority in enumerate((150, 150, 0, 150)):
        folder.add(heard(float(at), priority=priority))
        folder.add(heard(float(at), vrid=52))
    records = [record for record in folder.take() if isinstance(record, AdvertisementHeard)]
    told = [(record.vrid, record.priority, record.count) for record in records]
    assert told == [(51, 150, 2), (51, 0, 1), (52, 100, 4), (51, 150, 1)]


def test_beyond_the_limit_only_new_sightings_are_lost_and_they_are_counted() -> None:
    folder = Folder(limit=2)
    for vrid in (1, 2, 3, 1, 2, 3):
        folder.add(heard(1.0, vrid=vrid))
    assert [record.count for record in folder.take() if isinstance(record, AdvertisementHeard)] == [2, 2]
    assert folder.surplus == 2


def test_a_flood_of_strangers_does_not_crowd_out_the_pair() -> None:
    folder = Folder(limit=4, vips=frozenset({"192.0.2.100"}))
    for number in range(1, 200):
        folder.add(heard(1.0, vrid=number, src="192.0.2.66", addresses=("198.51.100.1",)))
    folder.add(heard(2.0, vrid=51))
    folder.add(replace(ANNOUNCED, at=2.0))
    ours = [record for record in folder.take() if record.at == 2.0]
    assert ours == [heard(2.0, vrid=51), replace(ANNOUNCED, at=2.0)]
    assert folder.surplus == 195


def test_a_flood_in_the_name_of_the_pair_is_bounded_too_and_the_next_turn_begins_anew() -> None:
    folder = Folder(limit=4, vips=frozenset({"192.0.2.100"}))
    for _ in range(2):
        for number in range(1, 200):
            folder.add(heard(1.0, vrid=number))
            folder.add(heard(1.0, vrid=number, src="192.0.2.66", addresses=("198.51.100.1",)))
        assert len(folder.take()) == 8
    assert folder.surplus == 2 * (398 - 8)


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from([0, 100, 150]), st.floats(0, 1)),
        max_size=30,
    ),
    st.integers(1, 10),
)
def test_nothing_is_lost_uncounted_and_each_stream_keeps_its_order(
    sightings: list[tuple[int, int, float]], limit: int
) -> None:
    folder, at, order = Folder(limit=limit), 0.0, dict[int, list[int]]()
    for vrid, priority, pause in sightings:
        at += pause
        folder.add(heard(at, vrid=vrid, priority=priority))
        order.setdefault(vrid, []).append(priority)
    records = [record for record in folder.take() if isinstance(record, AdvertisementHeard)]
    assert sum(record.count for record in records) + folder.surplus == len(sightings)
    assert len(records) <= limit
    assert [record.at for record in records] == sorted(record.at for record in records)
    if not folder.surplus:
        for vrid, priorities in order.items():
            told = [[record.priority] * record.count for record in records if record.vrid == vrid]
            assert [priority for run in told for priority in run] == priorities
