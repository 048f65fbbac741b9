"""A recorded night, told again: from a capture file, and from the agent's own journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.lab import frames
from hawatch.cli import main
from hawatch.evidence import Evidence, Tick
from hawatch.journal import Journal, read_lines
from hawatch.wire.capture import PcapWriter
from hawatch.wire.link import LinkType
from tests.story import Story

LB01 = {"source": "10.0.0.11", "source_mac": "02:00:00:00:00:0b", "priority": 150}
LB02 = {"source": "10.0.0.12", "source_mac": "02:00:00:00:00:0c", "priority": 100}
NIGHT = 1_700_000_000.0

Told = list[tuple[float, dict[str, object]]]


def record(path: Path, told: Told) -> Path:
    """A capture with one advertisement for VIP 10.0.0.100 at each of these seconds."""
    with path.open("wb") as stream:
        writer = PcapWriter(stream, LinkType.ETHERNET)
        for at, sender in sorted(told, key=lambda each: each[0]):
            frame = frames.vrrp2(vrid=51, vips=("10.0.0.100",), **sender)  # type: ignore[arg-type]
            writer.write(int((NIGHT + at) * 1e9), frame)
    return path


def verdicts(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[tuple[str, str]]:
    assert main(["replay", *map(str, arguments), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(line["verdict"], line["rule"]) for line in lines]


def every_second(sender: dict[str, object], start: float, end: float) -> Told:
    count = int(end - start)
    return [(start + number, sender) for number in range(count)]


def test_a_quiet_night_is_steady(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night = record(tmp_path / "night.pcap", every_second(LB01, 0, 30))
    assert verdicts(capsys, night, "--self", "10.0.0.12") == [
        ("indeterminate", "IN1-starting"),
        ("steady", "ST2-unverified"),
    ]


def test_a_planned_stop_is_a_switchover_on_the_capture_of_the_new_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = [(10.2, {**LB01, "priority": 0})]
    told = every_second(LB01, 0, 10) + stop + every_second(LB02, 10.81, 30.81)
    night = record(tmp_path / "night.pcap", told)
    said = [verdict for verdict, _ in verdicts(capsys, night, "--self", "10.0.0.12")]
    assert said == ["indeterminate", "steady", "switchover", "steady"]


def test_two_streams_are_a_proved_split_on_the_capture_of_the_lower_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = every_second(LB01, 0, 30) + every_second(LB02, 13.61, 30.61)
    night = record(tmp_path / "night.pcap", told)
    said = verdicts(capsys, night, "--self", "10.0.0.12")
    assert ("split_brain", "SB3-outranked") in said


def test_replay_times_are_the_capture_s_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night = record(tmp_path / "night.pcap", every_second(LB01, 0, 5))
    assert main(["replay", str(night), "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert NIGHT <= first["time"] <= NIGHT + 5


def test_a_journal_replayed_gives_the_same_verdicts_to_the_microsecond(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    story = journalled(journal)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01", control_count=0)
    story.wait(5)
    journal.close()
    assert main(["replay", str(journal.path), "--json"]) == 0
    replayed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["time"], line["verdict"]) for line in replayed] == [
        (round(change.at, 6), change.verdict.kind.value) for change in story.changes
    ]
    assert replayed


def test_a_journal_with_an_object_for_each_vip_gives_the_same_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    story = journalled(journal, vips=("10.0.0.100", "10.0.0.101"))
    story.holds(True)
    for held in (False, True):
        story.advert("lb01")
        story.report("lb01", held)
        story.wait(5)
    journal.close()
    older = tmp_path / "older.jsonl"
    older.write_text(
        journal.path.read_text()
        .replace(
            '"vips":{"address":["10.0.0.100","10.0.0.101"],"held":false}',
            '"vips":[{"address":"10.0.0.100","held":false},{"address":"10.0.0.101","held":false}]',
        )
        .replace(
            '"vips":{"address":["10.0.0.100","10.0.0.101"],"held":true,"for_seconds":60.0}',
            '"vips":[{"address":"10.0.0.100","held":true,"for_seconds":60.0},'
            '{"address":"10.0.0.101","held":true,"for_seconds":60.0}]',
        )
    )
    assert older.read_text().count('"vips":[{"address":"10.0.0.100","held"') == 2
    assert '"vips":{' not in older.read_text()
    told = verdicts(capsys, older)
    assert told == verdicts(capsys, journal.path)
    assert "split_brain" in {verdict for verdict, _ in told}


class Journalled(Story):
    """A story of which every input is written down."""

    journal: Journal

    def tell(self, evidence: Evidence) -> None:
        """Write it down first."""
        self.journal.input(evidence)
        super().tell(evidence)


def journalled(journal: Journal, **options: object) -> Story:
    """lb02 hears lb01 advertise for a while."""
    told = type("Told", (Journalled,), {"journal": journal})
    story: Story = told("lb02", agents=False, **options)
    story.adverts("lb01", 5)
    return story


def test_a_damaged_journal_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"type":"Tick","at":1.0}\n{"type":"Tick"}\n', encoding="utf-8")
    assert main(["replay", str(journal)]) == 2
    assert capsys.readouterr().err.startswith(f"hawatch: {journal}:2: ")


def test_a_last_line_cut_off_by_a_crash_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"type":"Tick","at":1.0}\n{"type":"Ti', encoding="utf-8")
    assert main(["replay", str(journal)]) == 0
    assert capsys.readouterr().err == ""


def test_a_line_cut_off_by_a_crash_is_passed_over_where_the_next_run_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journalled(journal)
    journal.close()
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + whole[: len(whole) // 2])
    again = Journal(journal.path)
    journalled(again)
    again.close()
    assert main(["replay", str(journal.path)]) == 0
    assert capsys.readouterr().err == ""


def test_a_gap_that_a_full_disk_left_is_said_in_one_line_and_replayed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journalled(journal)
    journal.close()
    whole = path.read_text(encoding="utf-8")
    torn = (
        '{"type":"Ti\n{"type": "Gap", "prob\n'  # the disk took a part of a line, and later a part of the gap
    )
    gap = '{"type": "Gap", "problem": "No space left on device"}\n'
    path.write_text(f'{whole}{torn}{gap}{{"type":"Tick","at":2000.0}}\n', encoding="utf-8")
    assert main(["replay", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert len([json.loads(line) for line in said.out.splitlines()]) > 1
    number = (whole + torn + gap).count("\n")
    (line,) = said.err.splitlines()
    assert line.startswith(f"hawatch: {path}:{number}: ")
    assert "(No space left on device)" in line


def test_a_line_cut_off_anywhere_else_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"type":"Tick","at":1.0}\n{"type":"Ti\n{"type":"Tick","at":2.0}\n', encoding="utf-8")
    assert main(["replay", str(journal)]) == 2
    assert capsys.readouterr().err == f"hawatch: {journal}:2: not a JSON line\n"


def test_a_file_that_is_neither_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"hello")
    assert main(["replay", str(nonsense)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_journal_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "journal.jsonl")
    journal.input(Tick(at=1.0))
    assert journal.problem is not None
    assert str(journal.path) in journal.problem


def test_inputs_wait_for_a_flush_and_are_handed_to_the_kernel_together(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    sizes = []
    for number in range(20):
        journal.input(Tick(at=float(number)))
        sizes.append(journal.path.stat().st_size)
    journal.flush()
    assert set(sizes) == {0}
    with journal.path.open(encoding="utf-8") as lines:
        assert len(list(read_lines(lines, "journal.jsonl"))) == len(sizes)
    journal.close()


def test_a_journal_rotates_and_keeps_a_few(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", max_bytes=200)
    for number in range(200):
        journal.input(Tick(at=float(number)))
    journal.close()
    assert {path.name for path in tmp_path.iterdir()} <= {
        "journal.jsonl", "journal.1.jsonl", "journal.2.jsonl", "journal.3.jsonl", "journal.4.jsonl"
    }  # fmt: skip
    assert len(list(tmp_path.iterdir())) >= 4
