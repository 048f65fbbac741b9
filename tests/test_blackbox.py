"""The black box: what it keeps, when it writes it down, and what it leaves out."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import tarfile
import threading
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch import evidence as ev
from hawatch.blackbox import BlackBox, host, recorder
from hawatch.blackbox.bundle import Sources, pack
from hawatch.blackbox.frames import FrameRing, write_capture
from hawatch.blackbox.inputs import InputRing, subject_of
from hawatch.blackbox.redacted_toml import LEFT_OUT, redacted
from hawatch.blackbox.shelf import Shelf
from hawatch.blackbox.stream import stream_bundle
from hawatch.cli import main
from hawatch.errors import HawatchError, ObserverError
from hawatch.journal import read_lines
from hawatch.judge import Change, Judge
from hawatch.verdict import Verdict, VerdictKind
from hawatch.wire.capture import read_capture
from hawatch.wire.link import LinkType
from tests import frames_by_hand as hand
from tests.bench.population import Population
from tests.story import Story

HANG_GUARD = 30.0
PASSWORD = "s3cret99"
OFFSET = 1_780_000_000.0


def advert(priority: int = 150) -> bytes:
    message = hand.vrrp2("192.0.2.100", priority=priority, auth_type=1, auth_data=PASSWORD.encode())
    return hand.ethernet(hand.ipv4(message))


# --- frames ---------------------------------------------------------------------------------------


def test_frames_are_kept_for_a_while_and_without_their_passwords() -> None:
    ring = FrameRing(60)
    for second in range(100):
        ring.keep(1000.0 + second, LinkType.ETHERNET, advert())
    kept = ring.since(0)
    assert [frame.at for frame in kept] == [1039.0 + second for second in range(61)]
    assert [frame.at for frame in ring.since(1090)] == [1090.0 + second for second in range(10)]
    assert not any(PASSWORD.encode() in frame.data for frame in kept)
    assert ring.lost == 0


def test_a_flood_costs_no_more_memory_than_is_granted() -> None:
    ring = FrameRing(60, most_frames=100, most_bytes=10_000)
    for number in range(5000):
        ring.keep(1000.0 + number / 1000, LinkType.ETHERNET, bytes(60))
    assert len(ring.since(0)) == 100
    assert ring.lost == 4900
    for number in range(50):
        ring.keep(1006.0 + number / 1000, LinkType.ETHERNET, bytes(1000))
    assert sum(len(frame.data) for frame in ring.since(0)) <= 10_000


def test_the_capture_file_reads_back_with_its_times() -> None:
    ring, stream = FrameRing(60), io.BytesIO()
    ring.keep(1000.25, LinkType.ETHERNET, advert())
    ring.keep(1000.5, LinkType.RAW, hand.ipv4(hand.vrrp2("192.0.2.100")))
    ring.keep(1000.75, LinkType.ETHERNET, advert(0))
    assert write_capture(stream, ring.since(0), LinkType.ETHERNET, OFFSET) == 2
    stream.seek(0)
    frames = list(read_capture(stream, "frames.pcap"))
    assert [frame.time for frame in frames] == [OFFSET + 1000.25, OFFSET + 1000.75]
    assert {frame.link_type for frame in frames} == {LinkType.ETHERNET}


# --- inputs ---------------------------------------------------------------------------------------


@dataclass
class Recorded(Story):
    """A story of which everything that the judge is told is kept as the agent does."""

    ring: InputRing = field(default_factory=lambda: InputRing(60))

    def tell(self, evidence: ev.Evidence) -> None:
        self.ring.add(evidence)
        super().tell(evidence)


def peace(seconds: int) -> Recorded:
    story = Recorded("lb02")
    for _ in range(seconds):
        story.advert("lb01")
        story.report("lb01", held=True)
        story.echo("lb01", replied=True)
        story.gateway(True)
        story.wait(1)
    return story


def split(story: Story) -> None:
    """We take the VIP, and the peer keeps it for longer than an orderly handover takes."""
    story.advert("lb02")
    story.holds(True)
    for _ in range(3):
        story.wait(0.2)
        story.report("lb01", held=True)


def standing_after(inputs: list[ev.Evidence]) -> tuple[str, str, list[str]]:
    judge = Judge()
    for evidence in inputs:
        judge.step(evidence)
    standing = judge.standing["VI_1"]
    return standing.verdict.kind.value, standing.verdict.rule, [f.cause.value for f in standing.findings]


def test_the_inputs_of_the_last_minute_lead_a_new_judge_to_the_same_verdict() -> None:
    story = peace(600)
    assert story.verdict.value == "steady"
    kept = story.ring.everything()
    assert len(kept) < 600
    assert standing_after(kept) == standing_after_live(story)
    split(story)
    assert story.verdict.value == "split_brain"
    assert standing_after(story.ring.everything()) == standing_after_live(story)
    for _ in range(200):  # a split that began long before the window
        story.advert("lb02")
        story.advert("lb01")
        story.report("lb01", held=True)
        story.wait(1)
    assert story.verdict.value == "split_brain"
    assert standing_after(story.ring.everything())[0] == "split_brain"


def standing_after_live(story: Story) -> tuple[str, str, list[str]]:
    standing = story.judge.standing["VI_1"]
    return standing.verdict.kind.value, standing.verdict.rule, [f.cause.value for f in standing.findings]


def test_what_was_said_once_and_holds_on_stays_in_the_order_in_which_it_was_said() -> None:
    story = peace(600)
    kinds = [type(evidence).__name__ for evidence in story.ring.everything()]
    assert kinds[0] == "Started"
    assert {"Settings", "ConfigRead", "InterfaceState", "DaemonSeen", "VipHeld"} <= set(kinds[:20])
    assert kinds.index("ConfigRead") < kinds.index("DaemonSeen")


def test_a_configuration_that_waits_to_be_loaded_does_not_displace_the_one_in_force() -> None:
    story = peace(100)
    story.configured(priority=200)
    story = continue_in_peace(story, 200)
    read = [each for each in story.ring.everything() if isinstance(each, ev.ConfigRead)]
    assert [each.config.virtual_routers[0].priority for each in read if each.config] == [100, 200]


def continue_in_peace(story: Recorded, seconds: int) -> Recorded:
    for _ in range(seconds):
        story.advert("lb01")
        story.report("lb01", held=True)
        story.wait(1)
    return story


def test_any_number_of_strangers_costs_no_more_memory_than_is_granted() -> None:
    ring = InputRing(60)
    started = ev.Started(
        at=0.0, node="lb01", pair=None, boot_id="b", booted_at=0.0, wall_minus_monotonic=0.0, version="0"
    )
    ring.add(started)
    for number in range(5000):
        ring.add(
            ev.ProtocolUnreachable(
                at=100.0 + number, interface="eth0", src=f"10.0.{number >> 8}.{number & 255}"
            )
        )
    kept = ring.everything()
    assert kept[0] == started
    assert len(kept) < 2100
    ring = InputRing(60, most=100)
    for _ in range(5000):
        ring.add(ev.Tick(at=100.0))
    assert len(ring.everything()) == 100


def test_reports_of_many_vips_count_for_more_since_they_take_more_memory() -> None:
    def kept(vips: int) -> int:
        ring, told = InputRing(60, most=6000), Population(50, vips=vips, owns=False)
        for _ in range(100):
            told.now += 0.1
            for report in told.reports():
                ring.add(report)
        reports = [evidence for _, evidence in ring._recent if isinstance(evidence, ev.PeerReport)]
        return sum(len(router.vips) for each in reports for router in each.report.routers)

    assert kept(vips=20) < 5 * kept(vips=1)  # 4; was 20


def test_every_kind_of_evidence_has_a_subject_or_none() -> None:
    for evidence in peace(2).ring.everything():
        assert subject_of(evidence) is None or isinstance(hash(subject_of(evidence)), int)


# --- when it writes, and what ---------------------------------------------------------------------


class Clocks:
    """Both clocks, moved by hand."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + OFFSET


@dataclass
class Night:
    """A black box in a directory, and what it told."""

    directory: Path
    firewall: Callable[[], Awaitable[dict[str, Any]]] | None = None
    told: list[ev.Evidence] = field(default_factory=list)
    clock: Clocks = field(default_factory=Clocks)

    def __post_init__(self) -> None:
        self.box = BlackBox(
            state_directory=self.directory,
            node="lb01",
            put=self.told.append,
            clock=self.clock,
            status=lambda: {"node": "lb01", "severity": "critical"},
            firewall=self.firewall or no_helper,
        )

    def says(self, kind: VerdictKind, instance: str = "VI_1") -> None:
        verdict = Verdict(kind=kind, rule="SB1", summary="both hold it", since=self.clock.now)
        self.box.change(Change(self.clock.now, instance, 51, "ipv4", verdict, ()))

    @property
    def folders(self) -> list[Path]:
        return self.box.shelf.folders()


async def no_helper() -> dict[str, Any]:
    raise ObserverError("hawatch-helper does not run")


@pytest.fixture(autouse=True)
def _a_host_that_is_quickly_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "look", lambda: {"proc": {"loadavg": "0.5"}})
    monkeypatch.setattr(host, "versions", lambda: {"kernel": "6"})


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_verdict_for_the_worse_is_written_down_with_what_came_before_and_after_it(tmp_path: Path) -> None:
    async def rules() -> dict[str, Any]:
        return {"nft": {"nftables": []}, "problems": {}}

    async def story() -> Night:
        night = Night(tmp_path, rules)
        night.says(VerdictKind.STEADY)
        for second in range(100):
            night.clock.now = 1000.0 + second
            night.box.keep(night.clock.now, LinkType.ETHERNET, advert())
            night.box.input(ev.Tick(at=night.clock.now))
        night.says(VerdictKind.SPLIT_BRAIN)
        night.clock.now += 5
        night.box.keep(night.clock.now, LinkType.ETHERNET, advert(7))
        night.box.input(ev.CountersRead(at=night.clock.now, counters={"VI_1": {"advert_rcvd": 7}}))
        async with asyncio.timeout(HANG_GUARD):
            await night.box.close()
        return night

    night = asyncio.run(story())
    (folder,) = night.folders
    assert folder.name == "20260528T204459.000Z-VI_1-split_brain"
    assert {path.name for path in folder.iterdir()} == {
        "about.json",
        "counters.json",
        "evidence.jsonl",
        "firewall.json",
        "frames.pcap",
        "host.json",
        "status.json",
    }
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}
    assert folder.stat().st_mode & 0o027 == 0
    about = load(folder / "about.json")
    assert (about["node"], about["verdict"], about["writing"], about["seconds_after"]) == (
        "lb01",
        "split_brain",
        2,
        5,
    )
    assert about["time"] == "2026-05-28T20:44:59.000Z"
    assert about["versions"]["kernel"] == "6"
    assert load(folder / "firewall.json") == {"nft": {"nftables": []}, "problems": {}}
    assert load(folder / "counters.json")["counters"] == {"VI_1": {"advert_rcvd": 7}}
    assert load(folder / "status.json")["severity"] == "critical"
    with (folder / "frames.pcap").open("rb") as stream:
        frames = list(read_capture(stream, "frames.pcap"))
    assert len(frames) == about["frames"] == 62
    with (folder / "evidence.jsonl").open() as lines:
        assert len(list(read_lines(lines, "evidence.jsonl"))) == about["inputs"]
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert night.told == []


def test_decode_reads_the_frames_that_were_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> Night:
        night = Night(tmp_path)
        night.box.keep(999.0, LinkType.ETHERNET, advert())
        night.says(VerdictKind.NO_OWNER)
        await night.box.close()
        return night

    (folder,) = asyncio.run(story()).folders
    assert main(["decode", "--json", str(folder / "frames.pcap")]) == 0
    (frame,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (frame["vrid"], frame["auth_type"], frame["valid"], frame["time"]) == (
        51,
        1,
        True,
        OFFSET + 999,
    )


def test_replay_reads_the_inputs_that_were_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> Night:
        night = Night(tmp_path)
        told = peace(200)
        split(told)
        for evidence in told.ring.everything():
            night.box.input(evidence)
        night.clock.now = told.now
        night.says(VerdictKind.SPLIT_BRAIN)
        await night.box.close()
        return night

    (folder,) = asyncio.run(story()).folders
    assert main(["replay", "--json", str(folder / "evidence.jsonl")]) == 0
    *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert last["verdict"] == "split_brain"


def test_it_is_written_twice_the_second_time_with_what_came_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "AFTER", 0.2)
    writings: list[int] = []

    async def story() -> Night:
        night = Night(tmp_path)
        written, put = asyncio.Event(), night.box.shelf.put
        loop = asyncio.get_running_loop()

        def seen(name: str, contents: Any) -> None:
            put(name, contents)
            writings.append(load(tmp_path / "blackbox" / name / "about.json")["writing"])
            loop.call_soon_threadsafe(written.set)

        monkeypatch.setattr(night.box.shelf, "put", seen)
        night.says(VerdictKind.DEGRADED)
        for _ in range(2):
            async with asyncio.timeout(HANG_GUARD):
                await written.wait()
            written.clear()
        return night

    assert len(asyncio.run(story()).folders) == 1
    assert writings == [1, 2]


@pytest.mark.parametrize(
    "kinds",
    [
        (VerdictKind.INDETERMINATE, VerdictKind.STEADY),
        (VerdictKind.STEADY, VerdictKind.FAILBACK, VerdictKind.STEADY),
    ],
)
def test_peace_and_the_first_moments_of_an_agent_are_not_written_down(
    tmp_path: Path, kinds: tuple[VerdictKind, ...]
) -> None:
    async def story() -> Night:
        night = Night(tmp_path)
        for kind in kinds:
            night.says(kind)
        await night.box.close()
        return night

    assert asyncio.run(story()).folders == []
    assert not (tmp_path / "blackbox").exists()


def test_many_virtual_routers_that_split_at_once_are_one_case(tmp_path: Path) -> None:
    async def story() -> Night:
        night = Night(tmp_path)
        for number in range(255):
            night.says(VerdictKind.SPLIT_BRAIN, f"VI_{number}")
        night.says(VerdictKind.NO_OWNER, "other/../one")
        await night.box.close()
        return night

    first, second = asyncio.run(story()).folders
    assert {first.name.partition("Z-")[2], second.name.partition("Z-")[2]} == {
        "VI_0-split_brain",
        "other_.._one-no_owner",
    }
    split = next(folder for folder in (first, second) if "split" in folder.name)
    assert len(load(split / "about.json")["changes"]) == 255


def test_a_disk_that_takes_nothing_is_told_once_and_again_when_it_does(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("in the way")

    async def story() -> Night:
        night = Night(state)
        night.says(VerdictKind.SPLIT_BRAIN)
        night.says(VerdictKind.NO_OWNER)
        await night.box.close()
        state.unlink()
        night.says(VerdictKind.FLAPPING)
        await night.box.close()
        return night

    night = asyncio.run(story())
    told = [each for each in night.told if isinstance(each, ev.ObserverState)]
    assert [(each.observer, each.up) for each in told] == [("blackbox", False), ("blackbox", True)]
    assert str(state) in (told[0].problem or "")
    assert len(night.folders) == 1


def test_a_disk_that_is_free_again_is_told_of_without_another_case_and_gets_what_it_had_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "AFTER", 0.0)
    monkeypatch.setattr(recorder, "RETRY_AFTER", 0.01)
    refusals = iter(range(4))  # both writings of the case, and two more tries

    async def story() -> Night:
        night = Night(tmp_path)
        loop, written, put = asyncio.get_running_loop(), asyncio.Event(), night.box.shelf.put

        def full_at_first(name: str, contents: Any) -> None:
            if next(refusals, None) is not None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / name))
            put(name, contents)
            loop.call_soon_threadsafe(written.set)

        monkeypatch.setattr(night.box.shelf, "put", full_at_first)
        night.says(VerdictKind.SPLIT_BRAIN)
        async with asyncio.timeout(HANG_GUARD):
            await written.wait()
        await night.box.close()
        return night

    night = asyncio.run(story())
    told = [(each.observer, each.up) for each in night.told if isinstance(each, ev.ObserverState)]
    assert told == [("blackbox", False), ("blackbox", True)]
    (folder,) = night.folders
    assert load(folder / "about.json")["writing"] == 2, "what is written late is all that was known at last"


def test_a_read_only_disk_is_the_same_problem_for_every_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> Night:
        night = Night(tmp_path)

        def read_only(name: str, contents: Any) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(tmp_path / name))

        monkeypatch.setattr(night.box.shelf, "put", read_only)
        for kind in (VerdictKind.SPLIT_BRAIN, VerdictKind.NO_OWNER, VerdictKind.FLAPPING):
            night.says(kind)
        await night.box.close()
        return night

    (told,) = asyncio.run(story()).told
    assert isinstance(told, ev.ObserverState)
    assert told.problem == f"{tmp_path}/blackbox: Read-only file system"


def test_without_the_helper_the_reason_stands_where_the_rules_would(tmp_path: Path) -> None:
    async def story() -> Night:
        night = Night(tmp_path)
        night.says(VerdictKind.SPLIT_BRAIN)
        await night.box.close()
        return night

    (folder,) = asyncio.run(story()).folders
    assert load(folder / "firewall.json") == {"problem": "hawatch-helper does not run"}
    assert load(folder / "counters.json") is None


def test_a_slow_disk_does_not_hold_up_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    async def story() -> None:
        night = Night(tmp_path)
        entered = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stuck(name: str, contents: Any) -> None:
            loop.call_soon_threadsafe(entered.set)
            assert free.wait(HANG_GUARD), "the event loop was waited for"

        monkeypatch.setattr(night.box.shelf, "put", stuck)
        night.says(VerdictKind.SPLIT_BRAIN)
        async with asyncio.timeout(HANG_GUARD):
            await entered.wait()
        free.set()
        await night.box.close()

    asyncio.run(story())


def test_a_fault_of_its_own_is_told_and_hurts_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> Night:
        night = Night(tmp_path)

        def broken(name: str, contents: Any) -> None:
            raise ValueError("a bug")

        monkeypatch.setattr(night.box.shelf, "put", broken)
        night.says(VerdictKind.SPLIT_BRAIN)
        await night.box.close()
        return night

    (told,) = asyncio.run(story()).told
    assert isinstance(told, ev.ObserverState)
    assert told.problem == "ValueError: a bug"


# --- the shelf ------------------------------------------------------------------------------------


def named(number: int) -> str:
    return f"20260101T0000{number:02d}.000Z-VI_1-split_brain"


def of_size(size: int) -> dict[str, Callable[[Any], object]]:
    return {"frames.pcap": lambda stream: stream.write(bytes(size))}


def test_the_oldest_folders_make_room_when_there_are_too_many(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, most_folders=5)
    for number in range(12):
        shelf.put(named(number), of_size(1))
    assert [folder.name for folder in shelf.folders()] == [named(number) for number in range(7, 12)]


def test_the_oldest_folders_make_room_when_they_are_too_large(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, most_bytes=10_000)
    for number in range(12):
        shelf.put(named(number), of_size(3000))
    assert [folder.name for folder in shelf.folders()] == [named(number) for number in range(9, 12)]
    shelf.put(named(20), of_size(50_000))
    assert [folder.name for folder in shelf.folders()] == [named(20)]


def test_what_a_killed_agent_left_unfinished_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    (tmp_path / f".new-{named(1)}").mkdir()
    (tmp_path / "notes-of-the-operator").mkdir()
    (tmp_path / "README").write_text("mine")
    shelf = Shelf(tmp_path, most_folders=1)
    shelf.put(named(2), of_size(1))
    shelf.put(named(3), of_size(1))
    assert {path.name for path in tmp_path.iterdir()} == {named(3), "notes-of-the-operator", "README"}


def test_a_folder_that_cannot_be_finished_is_not_there_at_all(tmp_path: Path) -> None:
    def full(stream: Any) -> None:
        raise OSError(28, "No space left on device")

    shelf = Shelf(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        shelf.put(named(1), {**of_size(5), "host.json": full})
    assert list(tmp_path.iterdir()) == []
    shelf.put(named(1), of_size(5))
    with pytest.raises(OSError, match="No space left"):
        shelf.put(named(1), {"frames.pcap": full})
    (folder,) = shelf.folders()
    assert [(path.name, path.stat().st_size) for path in folder.iterdir()] == [("frames.pcap", 5)]


# --- the bundle -----------------------------------------------------------------------------------


TOML = f"""
# the old password was {PASSWORD}
[node]
name = "lb01"
[peer_link]
key_file = "/etc/hawatch/peer.key"
[[peer]]
name = "lb02"
[[peer.link]]
name = "lan"
remote = "192.0.2.2"
[[service]]
name = "nginx"
http = "https://monitor:{PASSWORD}@127.0.0.1/health?token={PASSWORD}"
[[service]]
name = "sql"
plugin = "/usr/lib/nagios/plugins/check_mysql -p {PASSWORD}"
[[accept]]
cause = "equal_priority"
until = 2027-06-30
[notifier.sms]
api_token = "{PASSWORD}"
secret_key = ["{PASSWORD}"]
webhook = "dGhpc2lzYXNlY3JldHRva2VubmluYmFzZTY0"
retries = 3
urgent = true
"""


def test_a_configuration_for_others_says_the_same_without_secrets() -> None:
    left = redacted(TOML)
    assert PASSWORD not in left
    assert "dGhpc2lz" not in left
    said = tomllib.loads(left)
    assert said["node"]["name"] == "lb01"
    assert said["peer_link"]["key_file"] == "/etc/hawatch/peer.key"
    assert said["peer"] == [{"name": "lb02", "link": [{"name": "lan", "remote": "192.0.2.2"}]}]
    assert said["service"][0]["http"] == f"https://{LEFT_OUT}@127.0.0.1/health?{LEFT_OUT}"
    assert said["service"][1]["plugin"] == f"/usr/lib/nagios/plugins/check_mysql {LEFT_OUT}"
    assert said["accept"] == tomllib.loads(TOML)["accept"]
    assert said["notifier"]["sms"] == {
        "api_token": LEFT_OUT,
        "secret_key": [LEFT_OUT],
        "webhook": LEFT_OUT,
        "retries": 3,
        "urgent": True,
    }


plain = st.recursive(
    st.booleans() | st.integers(min_value=-(2**62), max_value=2**62) | st.text(max_size=10) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), plain, max_size=4))
def test_whatever_is_written_anew_is_toml(settings: dict[str, Any]) -> None:
    from hawatch.blackbox.redacted_toml import _table

    assert tomllib.loads("\n".join(_table(settings, ()))) == settings


def state_of_an_agent(tmp_path: Path) -> Sources:
    state = tmp_path / "state"
    state.mkdir()
    (state / "journal.jsonl").write_text('{"type":"Tick","at":1.0}\n')
    (state / "journal.1.jsonl").write_text('{"type":"Tick","at":0.5}\n')
    (state / "hawatch.sqlite").write_text("not for others")
    Shelf(state / "blackbox").put(named(1), of_size(100))
    config = tmp_path / "hawatch.toml"
    config.write_text(TOML)
    return Sources(
        state_directory=state, config_path=config, status={"node": "lb01"}, node="lb01", time=OFFSET
    )


def packed(sources: Sources) -> dict[str, bytes]:
    stream = io.BytesIO()
    pack(sources, stream)
    return unpacked(stream.getvalue())


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {}
        for member in archive:
            opened = archive.extractfile(member)
            assert opened is not None
            found[member.name.partition("/")[2]] = opened.read()
    return found


def test_a_bundle_holds_black_box_journal_status_and_configuration_and_nothing_else(tmp_path: Path) -> None:
    found = packed(state_of_an_agent(tmp_path))
    assert set(found) == {
        "about.json",
        "status.json",
        "hawatch.toml",
        "journal.jsonl",
        "journal.1.jsonl",
        f"blackbox/{named(1)}/frames.pcap",
    }
    assert PASSWORD.encode() not in b"".join(found.values())
    assert json.loads(found["about.json"])["packed_by"] == "agent"


def test_a_link_in_the_state_directory_is_not_followed(tmp_path: Path) -> None:
    sources = state_of_an_agent(tmp_path)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "about.json").write_text(PASSWORD)
    (sources.state_directory / "journal.2.jsonl").symlink_to(secret / "about.json")
    (sources.state_directory / "blackbox" / named(2)).symlink_to(secret)
    os.mkfifo(sources.state_directory / "journal.3.jsonl")
    assert PASSWORD.encode() not in b"".join(packed(sources).values())


def test_what_is_no_state_directory_is_one_line(tmp_path: Path) -> None:
    sources = Sources(state_directory=tmp_path, config_path=None, status=None, node="lb01", time=OFFSET)
    with pytest.raises(HawatchError, match="nothing of an agent is there"):
        pack(sources, io.BytesIO())
    with pytest.raises(HawatchError, match=f"{tmp_path}/none: no such file or directory"):
        pack(replace(sources, state_directory=tmp_path / "none"), io.BytesIO())


@pytest.mark.parametrize("written", ["[node", "\udcff"])
def test_a_configuration_that_cannot_be_read_is_left_out_with_the_reason(
    tmp_path: Path, written: str
) -> None:
    sources = state_of_an_agent(tmp_path)
    assert sources.config_path is not None
    sources.config_path.write_bytes(written.encode("utf-8", "surrogateescape"))
    found = packed(sources)
    assert "hawatch.toml" not in found
    assert str(sources.config_path) in json.loads(found["about.json"])["config_problem"]


def test_a_bundle_in_pieces_is_the_whole_bundle(tmp_path: Path) -> None:
    sources = state_of_an_agent(tmp_path)
    (sources.state_directory / "journal.4.jsonl").write_bytes(os.urandom(3 << 20))

    async def story() -> bytes:
        async with asyncio.timeout(HANG_GUARD):
            return b"".join([piece async for piece in stream_bundle(sources)])

    assert unpacked(asyncio.run(story())).keys() == packed(sources).keys()


def test_a_reader_who_goes_away_lets_the_next_one_in(tmp_path: Path) -> None:
    sources = state_of_an_agent(tmp_path)
    (sources.state_directory / "journal.4.jsonl").write_bytes(os.urandom(3 << 20))

    async def story() -> int:
        async with asyncio.timeout(HANG_GUARD):
            leaving = stream_bundle(sources)
            await anext(leaving)
            with pytest.raises(ObserverError, match="another bundle is being packed"):
                await anext(stream_bundle(sources))
            await leaving.aclose()  # type: ignore[attr-defined]
            return sum([len(piece) async for piece in stream_bundle(sources)])

    assert asyncio.run(story()) > 3 << 20


def test_a_bundle_of_nothing_says_so_before_it_begins(tmp_path: Path) -> None:
    sources = Sources(state_directory=tmp_path, config_path=None, status={}, node="lb01", time=OFFSET)

    async def story() -> None:
        async with asyncio.timeout(HANG_GUARD):
            await anext(stream_bundle(sources))

    with pytest.raises(HawatchError, match="nothing of an agent is there"):
        asyncio.run(story())
