"""What the store keeps, through restarts, kills and broken files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hawatch.incident import Incident, State, acknowledge
from hawatch.store import MIGRATIONS, NAME, Store, StoreError
from hawatch.verdict import VerdictKind
from tests.test_incident import BLOCKED, THREE, Night

ROOT = Path(__file__).resolve().parent.parent
KILLS = 12


def split() -> Incident:
    night = Night()
    night.say(VerdictKind.SPLIT_BRAIN, BLOCKED)
    return night.only


def over() -> Incident:
    night = Night()
    night.say(VerdictKind.SPLIT_BRAIN, BLOCKED)
    night.say(VerdictKind.STEADY)
    night.wait(10)
    return night.only


@pytest.fixture
def stores() -> Iterator[Callable[[Path], Store]]:
    """Opens stores, and closes them in the end."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(closing(Store(path)))


Stores = Callable[[Path], Store]


def test_an_incident_comes_back_as_it_was(stores: Stores, tmp_path: Path) -> None:
    incident = acknowledge(split(), at=THREE + 1, who="安娜", text="收到")
    store = stores(tmp_path / "state" / NAME)
    store.save([incident])
    store.close()
    again = stores(tmp_path / "state" / NAME)
    assert again.unresolved() == (incident,)
    assert again.resolved(10) == ()
    assert again.find(incident.id) == incident
    assert again.find("none") is None
    assert again.names() == {incident.id}


def test_later_saves_add_to_the_timeline_and_replace_the_rest(stores: Stores, tmp_path: Path) -> None:
    store = stores(tmp_path / NAME)
    before = split()
    store.save([before])
    after = acknowledge(before, at=THREE + 1, who="anna")
    store.save([after])
    assert store.unresolved() == (after,)
    assert after.state is State.ACKNOWLEDGED


def test_the_latest_that_are_over_come_first_and_only_so_many(stores: Stores, tmp_path: Path) -> None:
    store = stores(tmp_path / NAME)
    ended = over()
    assert ended.resolved_at is not None
    many = [replace(ended, id=f"n{number}", resolved_at=ended.resolved_at + number) for number in range(5)]
    store.save([*many, split()])
    assert [each.id for each in store.resolved(3)] == ["n4", "n3", "n2"]
    assert len(store.unresolved()) == 1


def test_the_file_is_nobody_else_s_to_read(stores: Stores, tmp_path: Path) -> None:
    stores(tmp_path / NAME).save([split()])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} <= {0o640}
    with closing(sqlite3.connect(tmp_path / NAME)) as reader:
        (mode,) = reader.execute("PRAGMA journal_mode").fetchone()
    assert mode == "wal"


def test_a_save_that_fails_in_the_middle_leaves_nothing_of_it(stores: Stores, tmp_path: Path) -> None:
    store = stores(tmp_path / NAME)
    broken = replace(split(), id="broken", opened_at=None)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="NOT NULL"):
        store.save([split(), broken])
    assert store.unresolved() == ()
    store.save([split()])
    assert len(store.unresolved()) == 1


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("this is a note and no database, however long it may be\n" * 100)
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == f"{path}: file is not a database"


def test_a_directory_in_its_place_or_in_its_way_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / NAME, tmp_path / "file" / NAME):
        with pytest.raises(StoreError, match=str(path)):
            Store(path)


@pytest.fixture
def _no_root() -> Iterator[None]:
    """Root may write anything; a test that runs as root is nobody for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    if before == 0:
        os.seteuid(before)


@pytest.mark.usefixtures("_no_root")
def test_a_file_that_may_not_be_written_is_one_clear_line() -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / NAME
        Store(path).close()
        path.chmod(0o440)
        with pytest.raises(StoreError, match="permission denied"):
            Store(path)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / NAME
    Store(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(StoreError, match="written by a newer hawatch"):
        Store(path)


def test_a_record_that_cannot_be_understood_is_named(stores: Stores, tmp_path: Path) -> None:
    store = stores(tmp_path / NAME)
    store.save([split()])
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as vandal:
        vandal.execute("UPDATE incident SET record = '{}'")
    with pytest.raises(StoreError, match="incident 261122-lb01-1 cannot be read"):
        store.unresolved()


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from hawatch.incident import acknowledge
from hawatch.store import Store
from tests.test_store import split

store = Store(Path(sys.argv[1]))
incident = next(iter(store.unresolved()), split())
while True:
    incident = acknowledge(incident, at=float(len(incident.timeline)), who="anna")
    incident = replace(incident, revision=len(incident.timeline))
    store.save([incident])
    print(incident.revision, flush=True)
"""


def test_whatever_was_stored_is_there_after_a_kill_at_any_point(tmp_path: Path) -> None:
    said = 0
    for kill in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / NAME)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with child:
            assert child.stdout is not None
            for _ in range(1 + kill):
                said = int(child.stdout.readline())
            child.kill()
            said = max(
                [said, *(int(line) for line in child.stdout.read().splitlines(keepends=False) if line)]
            )
        store = Store(tmp_path / NAME)
        (incident,) = store.unresolved()
        store.close()
        assert incident.revision in {said, said + 1}
        assert len(incident.timeline) == incident.revision
        assert [entry.at for entry in incident.timeline[2:]] == list(range(2, incident.revision))
