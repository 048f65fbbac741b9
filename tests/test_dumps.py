"""keepalived's dumps read for their counters: JSON of both versions, text of several, and what is none of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError, ObserverError
from hawatch.evidence import CountersRead, Evidence
from hawatch.helper.redaction import without_secret_lines, without_secrets
from hawatch.keepalived.dumps import NAMES, read_json, read_text
from hawatch.keepalived.model import DumpFiles
from hawatch.keepalived.reader import read
from hawatch.observers.keepalived_counters import KeepalivedCounters
from hawatch.observers.keepalived_counters.observer import PAUSE

HANG_GUARD = 30.0
PASSWORD = "s3cret99"

STATS = {
    "advert_rcvd": 12,
    "advert_sent": 340,
    "become_master": 2,
    "release_master": 1,
    "packet_len_err": 3,
    "advert_interval_err": 0,
    "ip_ttl_err": 4,
    "invalid_type_rcvd": 5,
    "addr_list_err": 6,
    "invalid_authtype": 7,
    "authtype_mismatch": 8,
    "auth_failure": 9,
    "pri_zero_rcvd": 10,
    "pri_zero_sent": 11,
}
# As 2.2 writes it; the values of `data` are a few of many.
INSTANCE: dict[str, dict[str, Any]] = {
    "data": {
        "iname": "VI_1",
        "dont_track_primary": 0,
        "ifp_ifname": "eth0",
        "last_transition": 1795363717.331752,
        "vrid": 51,
        "state": 2,
        "vips": ["10.0.0.100/24 dev eth0 scope global set"],
        "auth_type": 1,
        "auth_data": PASSWORD,
    },
    "stats": STATS,
}
TEXT = """VRRP Instance: VI_1
  Advertisements:
    Received: 12
    Sent: 340
  Became master: 2
  Released master: 1
  Packet Errors:
    Length: 3
    TTL: 4
    Invalid Type: 5
    Advertisement Interval: 0
    Address List: 6
  Authentication Errors:
    Invalid Type: 7
    Type Mismatch: 8
    Failure: 9
  Priority Zero:
    Received: 10
    Sent: 11
"""


def test_json_of_version_1_is_an_array_of_instances() -> None:
    other = {"data": {**INSTANCE["data"], "iname": "VI 2"}, "stats": {**STATS, "advert_rcvd": 0}}
    assert read_json([INSTANCE, other]) == {"VI_1": STATS, "VI 2": {**STATS, "advert_rcvd": 0}}


def test_json_of_version_2_is_an_object_with_the_tracked_processes_beside_the_instances() -> None:
    dump = {"vrrp": [INSTANCE], "track_process": [{"process": "haproxy", "have_quorum": True}]}
    assert read_json(dump) == {"VI_1": STATS}


def test_the_counters_of_the_authentication_of_2_4_are_kept_under_their_names() -> None:
    stats = {**STATS, "auth_ext_failure": 1, "auth_ext_clock_skew": 2, "something_else": 3}
    found = read_json([{"data": {"iname": "VI_1"}, "stats": stats}])
    assert found == {"VI_1": {**STATS, "auth_ext_failure": 1, "auth_ext_clock_skew": 2}}


def test_a_build_without_authentication_lacks_two_counters() -> None:
    stats = {
        name: value for name, value in STATS.items() if name not in {"authtype_mismatch", "auth_failure"}
    }
    assert read_json([{"data": {"iname": "VI_1"}, "stats": stats}]) == {"VI_1": stats}


def test_an_instance_without_statistics_has_no_counters_and_a_broken_one_is_left_out() -> None:
    dump: list[Any] = [
        {"data": {"iname": "VI_1"}},
        {
            "data": {"iname": "VI_2"},
            "stats": {"advert_rcvd": "many", "advert_sent": True, "become_master": -1},
        },
    ]
    assert read_json(dump) == {"VI_1": {}, "VI_2": {}}


@pytest.mark.parametrize(
    "dump", [None, "text", 7, {}, {"vrrp": {}}, [7], [{}], [{"data": {}}], [{"data": {"iname": 7}}]]
)
def test_what_is_no_dump_is_said_not_to_be_one(dump: object) -> None:
    with pytest.raises(DecodeError, match="not a dump"):
        read_json(dump)


def test_the_text_gives_the_same_counters_under_the_same_names() -> None:
    assert read_text(TEXT) == {"VI_1": STATS}
    assert set(STATS) == NAMES


def test_several_instances_keep_their_own_counters() -> None:
    second = TEXT.replace("VI_1", "web v6").replace("Received: 12", "Received: 99")
    assert read_text(TEXT + second) == {"VI_1": STATS, "web v6": {**STATS, "advert_rcvd": 99}}


def test_the_text_of_2_0_5_has_no_line_ends() -> None:
    flat = (TEXT + TEXT.replace("VI_1", "VI_2")).replace("\n", "")
    assert read_text(flat) == {"VI_1": STATS, "VI_2": STATS}


def test_sections_that_a_later_version_adds_change_nothing() -> None:
    later = TEXT + "  Extended Authentication:\n    Failure: 77\n    Sent: 78\n"
    assert read_text(later) == {"VI_1": STATS}


@given(st.integers(min_value=0, max_value=TEXT.index("    Sent: 11")))
def test_a_text_that_is_not_whole_is_refused(end: int) -> None:
    with pytest.raises(DecodeError):
        read_text(TEXT[:end])


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), st.integers(min_value=0, max_value=2**64)))
def test_whatever_json_counts_is_given_as_it_stands(stats: dict[str, int]) -> None:
    assert read_json(json.loads(json.dumps([{"data": {"iname": "x"}, "stats": stats}]))) == {"x": stats}


@given(st.text())
def test_no_text_does_worse_than_to_be_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        read_text(text)


# --- where they are -------------------------------------------------------------------------------


def dump_files(tmp_path: Path, text: str) -> DumpFiles:
    path = tmp_path / "keepalived.conf"
    path.write_text(text)
    return read(str(path), fingerprint=bytes.hex).dump_files


def test_the_places_of_the_dumps_are_read_from_the_global_block(tmp_path: Path) -> None:
    assert dump_files(tmp_path, "global_defs {\n router_id a\n}\n") == DumpFiles()
    written = """
    global_defs {
        state_dump_file /run/ka/state.data
        stats_dump_file /run/ka/the.stats
        json_dump_file "/run/ka/the.json"
        json_version 2
    }
    """
    assert dump_files(tmp_path, written) == DumpFiles(
        state="/run/ka/state.data", stats="/run/ka/the.stats", json="/run/ka/the.json"
    )


def test_the_manual_s_names_for_the_places_mean_nothing_to_the_parser(tmp_path: Path) -> None:
    written = "global_defs {\n state_file_location /run/a\n json_dump_file relative\n stats_dump_file\n}\n"
    assert dump_files(tmp_path, written) == DumpFiles()


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("instance blue\nglobal_defs {\n data_use_instance\n}\n", "blue"),
        ("net_namespace lan\ninstance blue\nglobal_defs {\n data_use_instance on\n}\n", "lan_blue"),
        ("global_defs {\n data_use_instance\n}\n", None),
        ("instance blue\n", None),
        ("instance blue\nglobal_defs {\n data_use_instance off\n}\n", None),
    ],
)
def test_the_instance_s_name_is_part_of_the_place_if_that_is_wanted(
    tmp_path: Path, written: str, tag: str | None
) -> None:
    assert dump_files(tmp_path, written) == DumpFiles(tag=tag)


# --- secrets --------------------------------------------------------------------------------------


def test_no_field_that_speaks_of_a_secret_is_left() -> None:
    dump = [{**INSTANCE, "auth_hmac": {"keys": [{"id": 1, "secret": PASSWORD}], "key_active": PASSWORD}}]
    left = without_secrets(dump)
    assert PASSWORD not in json.dumps(left)
    assert read_json(left) == {"VI_1": STATS}


@pytest.mark.parametrize(
    "line",
    [
        f"   Password = {PASSWORD}",
        f"   Auth key = {PASSWORD}",
        f"        auth_pass {PASSWORD}",
        f"  HMAC key 1: {PASSWORD} {PASSWORD}",
        f"   Secret={PASSWORD}",
    ],
)
def test_no_line_that_names_a_secret_says_it(line: str) -> None:
    text = f" VRRP Instance = VI_1\n   Authentication type = SIMPLE_PASSWORD\n{line}\n   Priority = 150\n"
    left = without_secret_lines(text)
    assert PASSWORD not in left
    assert "Priority = 150" in left
    assert left.count("\n") == text.count("\n")


# --- the observer ---------------------------------------------------------------------------------


class Clock:
    """A clock that is moved by hand."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def asking(
    dump: Callable[[], Awaitable[dict[str, Any]]], times: tuple[float, ...]
) -> tuple[list[CountersRead], int]:
    """What is told when it is asked at these times, and how often the helper was."""
    told: list[CountersRead] = []
    asked = 0

    async def count() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return await dump()

    async def story() -> None:
        clock = Clock()
        heard = asyncio.Event()

        def put(evidence: Evidence) -> None:
            assert isinstance(evidence, CountersRead)
            told.append(evidence)
            heard.set()

        observer = KeepalivedCounters(dump=count, put=put, clock=clock)
        running = asyncio.create_task(observer.run())
        for number, time in enumerate(times):
            clock.now, before = time, asked
            observer.ask()
            for _ in range(5):
                await asyncio.sleep(0)
            if asked > before or number == 0:
                async with asyncio.timeout(HANG_GUARD):
                    await heard.wait()
                heard.clear()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    return told, asked


async def in_json() -> dict[str, Any]:
    return {"format": "json", "data": without_secrets([INSTANCE])}


async def in_text() -> dict[str, Any]:
    return {"format": "text", "stats": TEXT, "data": ""}


async def in_vain() -> dict[str, Any]:
    raise ObserverError("hawatch-helper does not run")


async def in_tongues() -> dict[str, Any]:
    return {"format": "text", "stats": None}


@pytest.mark.parametrize("dump", [in_json, in_text])
def test_a_question_is_answered_with_the_counters(dump: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    (told,), _ = asking(dump, (1000.0,))
    assert (told.at, told.counters, told.problem) == (1000.0, {"VI_1": STATS}, None)


def test_questions_within_a_minute_are_one() -> None:
    told, asked = asking(in_json, (1000.0, 1000.25, 1030.0, 999.9 + PAUSE, 1000.0 + PAUSE, 1001.0 + PAUSE))
    assert asked == 2
    assert [each.at for each in told] == [1000.0, 1000.0 + PAUSE]


def test_what_cannot_be_had_is_unknown_and_says_why() -> None:
    (told,), _ = asking(in_vain, (1000.0,))
    assert (told.counters, told.problem) == (None, "hawatch-helper does not run")
    (told,), _ = asking(in_tongues, (1000.0,))
    assert told.counters is None
    assert "does not understand" in (told.problem or "")


def test_nobody_is_asked_unless_the_observer_is() -> None:
    async def story() -> int:
        asked: list[None] = []

        async def dump() -> dict[str, Any]:
            asked.append(None)
            return await in_json()

        observer = KeepalivedCounters(dump=dump, put=lambda _: None, clock=Clock())
        running = asyncio.create_task(observer.run())
        for _ in range(20):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return len(asked)

    assert asyncio.run(story()) == 0
