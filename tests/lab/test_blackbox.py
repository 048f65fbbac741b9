"""Live: what a real split leaves in the black box, what keepalived is asked meanwhile, and the bundle of it all."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.lab import LabError, conf
from deploy.lab.waiting import wait_until
from hawatch.evidence import CountersRead
from hawatch.journal import read_lines
from hawatch.judge import Judge
from hawatch.keepalived.dumps import NAMES
from hawatch.wire.capture import read_capture
from hawatch.wire.frame import VrrpFrame, decode_vrrp_frame
from tests.lab.scene import HANG_GUARD, Scene, replay, scene

pytestmark = pytest.mark.lab

PASSWORD = "s3cret99"
PAIR: dict[str, Any] = {"advert_int": 1, "auth_pass": PASSWORD}
ASKED = "on signal"
"""What every question leaves in keepalived's log."""


def folders(pair: Scene, node: str) -> list[Path]:
    """The finished folders of a node's black box."""
    directory = pair.lab.agent(node).state / "blackbox"
    found = directory.iterdir() if directory.exists() else iter(())
    return sorted(each for each in found if not each.name.startswith("."))


def await_folder(pair: Scene, node: str, verdict: str, writing: int = 1) -> Path:
    """The folder of a verdict, written so many times."""

    def look() -> Path | None:
        for folder in folders(pair, node):
            if folder.name.endswith(f"-{verdict}") and load(folder / "about.json")["writing"] >= writing:
                return folder
        return None

    return wait_until(look, what=f"the folder of {verdict} on {node}", timeout=HANG_GUARD)


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def secrets_of(pair: Scene) -> list[bytes]:
    key = pair.lab.node("lb01").path("/etc/hawatch/peer.key").read_bytes().strip()
    assert len(key) >= 32
    return [PASSWORD.encode(), key, bytes.fromhex(key.decode())]


def must_hold_no_secret(pair: Scene, content: bytes) -> None:
    for secret in secrets_of(pair):
        assert secret not in content


@contextmanager
def split(pair: Scene) -> Iterator[None]:
    with pair.lab.firewall.drop_vrrp_inbound("lb02"):
        pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
        pair.await_verdict("split_brain")
        yield
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.await_verdict("steady")


def test_a_split_leaves_a_folder_that_decodes_replays_and_holds_no_secret() -> None:
    with scene(**PAIR) as pair:
        pair.settle()
        with split(pair):
            for node in ("lb01", "lb02"):
                folder = await_folder(pair, node, "split_brain", writing=2)
                must_tell_of_the_split(folder, node)
                for path in folder.iterdir():
                    must_hold_no_secret(pair, path.read_bytes())
        rules = json.dumps(load(await_folder(pair, "lb02", "split_brain") / "firewall.json"))
        assert "112" in rules
        assert "drop" in rules


def must_tell_of_the_split(folder: Path, node: str) -> None:
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}
    about = load(folder / "about.json")
    assert (about["node"], about["verdict"], about["instance"]) == (node, "split_brain", "VI_1")
    assert about["versions"]["keepalived"].startswith("Keepalived v")
    assert about["seconds_after"] >= 9
    must_decode(folder / "frames.pcap", about["monotonic"] + about["wall_minus_monotonic"])
    counters = load(folder / "counters.json")["counters"]["VI_1"]
    assert counters.keys() == NAMES
    assert counters["advert_sent"] > 0
    host = load(folder / "host.json")
    assert host["proc"]["pressure/cpu"] is None or "some avg10" in host["proc"]["pressure/cpu"]
    assert conf.VIP in {each.get("address") for each in host["addresses"]}
    assert host["neighbours"]
    router = load(folder / "status.json")["virtual_routers"][0]
    assert router["verdict"] == "split_brain"
    assert router["keepalived_counters"]["counters"] == counters
    must_replay(folder / "evidence.jsonl")


def must_decode(path: Path, moment: float) -> None:
    """Valid advertisements of both nodes, from before the verdict and from after it, none with a password."""
    with path.open("rb") as stream:
        frames = [each for each in read_capture(stream, path.name) if each.data[12:14] != b"\x08\x06"]
    assert frames
    assert frames[0].time is not None
    assert frames[-1].time is not None
    assert frames[0].time < moment < frames[-1].time
    senders = set()
    for frame in frames:
        read = decode_vrrp_frame(frame.data, frame.link_type)
        assert isinstance(read, VrrpFrame)
        assert read.valid
        assert (read.advertisement.auth_type, read.advertisement.auth_data) == (1, bytes(8))
        senders.add(read.packet.src)
    assert senders == {"10.0.0.11", "10.0.0.12"}


def must_replay(path: Path) -> None:
    """The inputs alone lead to the verdict of the night."""
    judge = Judge()
    with path.open(encoding="utf-8") as lines:
        for record in read_lines(lines, path.name):
            assert not isinstance(record, dict)
            judge.step(record)
    assert judge.standing["VI_1"].verdict.kind.value == "split_brain"


def test_keepalived_is_asked_in_trouble_alone_and_once_a_minute() -> None:
    with scene(**PAIR) as pair:
        pair.settle()
        pair.look_on(5)
        for node in ("lb01", "lb02"):
            assert ASKED not in pair.lab.keepalived(node).log()
            assert folders(pair, node) == []
        with split(pair):
            for node in ("lb01", "lb02"):
                pair.lab.keepalived(node).wait_log(ASKED)
            pair.look_on(15)
        for _ in range(2):  # trouble that comes again within the minute is no reason to ask again
            with split(pair):
                pair.look_on(1)
        for node in ("lb01", "lb02"):
            assert pair.lab.keepalived(node).log().count(ASKED) == 1
            assert len(counters_told(pair, node)) == 1
            assert not list(pair.lab.node(node).path("/tmp").glob("keepalived*"))


def counters_told(pair: Scene, node: str) -> list[CountersRead]:
    with pair.journal(node).open(encoding="utf-8") as lines:
        return [record for record in read_lines(lines, "journal") if isinstance(record, CountersRead)]


def test_without_the_helper_the_counters_and_the_rules_are_unknown_and_the_rest_is_written() -> None:
    with scene(start_agents=False, **PAIR) as pair:
        for node in ("lb01", "lb02"):
            pair.lab.node(node).path("/etc/keepalived/keepalived.conf").chmod(0o644)
            pair.lab.agent(node).start()
            pair.lab.agent(node).wait_ready()
        pair.settle()
        with split(pair):
            folder = await_folder(pair, "lb02", "split_brain", writing=2)
        assert "hawatch-helper does not run" in load(folder / "firewall.json")["problem"]
        told = load(folder / "counters.json")
        assert told.get("counters") is None
        assert "hawatch-helper does not run" in told["problem"]
        assert ASKED not in pair.lab.keepalived("lb02").log()


def test_an_agent_that_is_killed_leaves_nothing_broken() -> None:
    with scene(**PAIR) as pair:
        pair.settle()
        agent = pair.lab.agent("lb02")
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
            pair.await_verdict("split_brain")
            agent.kill()
            agent.start()
            agent.wait_ready()
            wait_until(
                lambda: pair.verdicts("lb02")[-1:] == ["split_brain"] or None,
                what="the verdict again",
                timeout=HANG_GUARD,
            )
            pair.look_on()
            agent.stop()
            for folder in folders(pair, "lb02"):
                assert load(folder / "about.json")["writing"] >= 1
                assert len(list(folder.iterdir())) == 7
                must_replay(folder / "evidence.jsonl")
            assert folders(pair, "lb02")
            assert not list((agent.state / "blackbox").glob(".*"))
            agent.start()
            agent.wait_ready()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")


def test_a_state_directory_that_takes_nothing_hurts_no_verdict() -> None:
    with scene(**PAIR) as pair:
        pair.settle()
        blackbox = pair.lab.agent("lb02").state / "blackbox"
        blackbox.write_text("in the way")
        with split(pair):
            problem = wait_until(
                lambda: problem_of(pair, "lb02"), what="the black box's problem", timeout=HANG_GUARD
            )
            assert "blackbox" in problem
            blackbox.unlink()
            await_folder(pair, "lb02", "split_brain")
            wait_until(lambda: problem_of(pair, "lb02") is None or None, what="its end", timeout=HANG_GUARD)


def problem_of(pair: Scene, node: str) -> str | None:
    for observer in pair.lab.agent(node).status()["observers"]:
        if observer["name"] == "blackbox" and not observer["up"]:
            return str(observer["problem"])
    return None


def test_a_bundle_holds_all_of_it_and_no_secret_and_is_never_given_over_tcp() -> None:
    with scene(**PAIR) as pair:
        pair.settle()
        with split(pair):
            await_folder(pair, "lb01", "split_brain")
        agent = pair.lab.agent("lb01")
        said = agent.command("status", "--bundle", "/var/lib/hawatch/for-a-colleague.tar.gz")
        assert re.fullmatch(r"/var/lib/hawatch/for-a-colleague.tar.gz: \d+ bytes\n", said)
        target = agent.state / "for-a-colleague.tar.gz"
        assert target.stat().st_mode & 0o777 == 0o600
        found = unpacked(target)
        assert {name.partition("/")[0] for name in found} == {
            "about.json",
            "status.json",
            "journal.jsonl",
            "blackbox",
        }
        assert any(re.fullmatch(r"blackbox/[^/]*-VI_1-split_brain/frames.pcap", name) for name in found)
        for content in found.values():
            must_hold_no_secret(pair, content)
        with pytest.raises(LabError, match="is there already"):
            agent.command("status", "--bundle", "/var/lib/hawatch/for-a-colleague.tar.gz")
        with pytest.raises(LabError, match="gave 404"):
            agent.get("/api/v1/bundle")
        agent.stop()
        agent.command("status", "--bundle", "/var/lib/hawatch/another.tar.gz")
        assert "status.json" not in unpacked(agent.state / "another.tar.gz")
        journal = agent.state / "unpacked.jsonl"
        journal.write_bytes(unpacked(agent.state / "another.tar.gz")["journal.jsonl"])
        live, replayed = replay(journal)
        assert live == replayed


def unpacked(path: Path) -> dict[str, bytes]:
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            opened = archive.extractfile(member)
            assert opened is not None
            found[member.name.partition("/")[2]] = opened.read()
    return found
