"""The journal after a power loss, on a disk that is full for a while, and where nothing may be written."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hawatch.evidence import Evidence, Started, Tick
from hawatch.journal import KEEP_FILES, Journal, read_lines
from tests.test_store_torture import fill, mounted

__all__ = ["mounted"]

NAME = "journal.jsonl"
Mounted = Callable[[str], Path]


def started(at: float) -> Started:
    return Started(
        at=at, node="lb01", pair="p", boot_id="b", booted_at=0.0, wall_minus_monotonic=0.0, version="0.1.0"
    )


def problem(journal: Journal) -> str | None:
    return journal.problem


def read(path: Path) -> list[Evidence | dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        return list(read_lines(lines, str(path)))


def test_a_journal_that_is_cut_off_at_any_byte_gives_every_line_that_is_whole_and_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / NAME
    before: list[Evidence] = [started(1.0), Tick(at=2.0), Tick(at=3.0, late=0.25)]
    journal = Journal(path)
    for each in before:
        journal.input(each)
    journal.close()
    whole = path.read_bytes()
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        kept = before[: whole[:end].count(b"\n")]
        if end and whole[:end].endswith(b"}") and end < len(whole):
            kept = before[: len(kept) + 1]  # all but its end of line
        assert read(path) in (kept, kept[:-1]), end
        again = Journal(path)
        again.input(started(9.0))
        again.close()
        assert read(path)[-1] == started(9.0), end
        assert [each for each in read(path) if each in before] in (kept, kept[:-1]), end


def test_noise_in_the_middle_is_named_with_its_line() -> None:
    text = '{"type":"Tick","at":1.0}\n\x00\x00\x00\n{"type":"Tick","at":2.0}\n'
    with pytest.raises(Exception, match=r"journal:2: not a JSON line"):
        list(read_lines(io.StringIO(text), "journal"))


def test_a_disk_that_is_full_for_a_while_leaves_a_gap_that_reads_on(mounted: Mounted) -> None:
    path = mounted("size=256k") / NAME
    journal = Journal(path)
    journal.input(started(0.0))
    journal.flush()
    assert problem(journal) is None
    ballast = fill(path.parent)
    for number in range(1, 3000):
        journal.input(Tick(at=float(number)))
        journal.flush()
    assert problem(journal) == f"{path}: No space left on device"
    ballast.unlink()
    journal.input(Tick(at=9000.0))
    journal.flush()
    assert problem(journal) is None
    journal.close()
    found = read(path)
    assert found[0] == started(0.0)
    assert found[-1] == Tick(at=9000.0)
    assert '"type": "Gap"' in path.read_text(encoding="utf-8")


def test_where_nothing_may_be_written_it_says_so_and_takes_everything(mounted: Mounted) -> None:
    place = mounted("size=256k")
    subprocess.run(["mount", "-o", "remount,ro", str(place)], timeout=30, check=True)
    journal = Journal(place / NAME)
    for number in range(100):
        journal.input(Tick(at=float(number)))
    journal.close()
    assert str(journal.problem).endswith("Read-only file system")
    subprocess.run(["mount", "-o", "remount,rw", str(place)], timeout=30, check=True)
    journal.input(Tick(at=100.0))
    journal.close()
    assert problem(journal) is None
    assert read(place / NAME)[-1] == Tick(at=100.0)


def test_its_files_stay_few_and_small_whatever_is_written(tmp_path: Path) -> None:
    most = 4096
    journal = Journal(tmp_path / NAME, max_bytes=most)
    for number in range(5000):
        journal.input(Tick(at=float(number)))
    journal.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == KEEP_FILES + 1
    assert max(each.stat().st_size for each in files) <= most + 100
