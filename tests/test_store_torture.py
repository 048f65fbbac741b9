"""The desk's file after a power loss that left it torn: every page, every boundary, every state of its log."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.agent import bookkeeping
from hawatch.agent.damaged_store import KEEP, kept_aside, names_in, set_aside
from hawatch.causes.sight import ASIDE, find_node_causes
from hawatch.evidence import ObserverState
from hawatch.incident import Incident, acknowledge
from hawatch.situation.node import Node
from hawatch.store import MIGRATIONS, NAME, DamagedStoreError, Page, Store
from hawatch.verdict import Severity, VerdictKind
from tests.test_incident import THREE
from tests.test_oncall import Shift
from tests.test_store import over, split

PAGE = 4096
VERSION_1 = Path(__file__).parent / "golden" / "store-version-1.db"


def filled(path: Path) -> Incident:
    """A store of some pages, all of it in the main file."""
    incident = split()
    with closing(Store(path)) as store:
        for number in range(12):
            incident = acknowledge(incident, at=THREE + number, who="anna", text=f"{number} " * 60)
            page = Page(at=THREE, records=(("unheard_of", f"{number}", "x" * 900),))
            store.save([incident, over()], page)
    assert not path.with_name(f"{NAME}-wal").exists()
    return incident


def begin(shift: Shift) -> None:
    """An agent's night with what lies there: it begins, opens an incident if none is open, and ends."""

    async def story() -> None:
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        assert shift.only.parts
        await shift.desk.close()

    asyncio.run(story())


def damages(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """What a disk may leave of it: cut off at every boundary and within every page, zeroed, torn, or of noise."""
    noise = bytes(range(1, 256)) * (PAGE // 255 + 1)
    for start in range(0, len(whole), PAGE):
        end, middle = start + PAGE, start + PAGE // 2
        yield f"cut at {start}", whole[:start]
        yield f"cut at {middle}", whole[:middle]
        yield f"zeroed from {start}", whole[:start] + bytes(PAGE) + whole[end:]
        yield f"torn at {middle}", whole[:middle] + bytes(PAGE // 2) + whole[end:]
        yield f"noise from {start}", whole[:start] + noise[:PAGE] + whole[end:]


def test_whatever_page_is_torn_the_desk_works_and_what_was_lost_is_told_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "whole" / NAME
    filled(source)
    whole, told = source.read_bytes(), 0
    assert len(whole) >= 6 * PAGE
    for what, left in damages(whole):
        if not left:
            continue  # an empty file without a log is a new one
        path = tmp_path / what.replace(" ", "-") / NAME
        path.parent.mkdir()
        path.write_bytes(left)
        shift = Shift(monkeypatch, path)
        begin(shift)
        aside = kept_aside(path)
        if aside:
            told += 1
            assert aside[0].read_bytes() == left, what
            (state,) = [each for each in shift.told if isinstance(each, ObserverState)]
            assert (state.observer, state.up) == (ASIDE, False), what
            assert str(aside[0]) in str(state.problem), what
        else:
            assert shift.told == [], what
        with closing(Store(path)) as store:
            assert [each.id for each in store.unresolved()] == [shift.only.id], what
            assert [each.text for each in store.unresolved()[0].timeline], what
    assert told >= 0.8 * 5 * len(whole) / PAGE  # slack space and pages that are free may be torn unnoticed


def test_a_log_that_is_cut_off_anywhere_gives_what_was_stored_before(tmp_path: Path) -> None:
    source = tmp_path / "whole" / NAME
    incident = split()
    saved = []
    with closing(Store(source)) as store:
        for number in range(6):
            incident = acknowledge(incident, at=THREE + number, who="anna")
            store.save([incident])
            saved.append(incident)
        main = source.read_bytes()
        log = source.with_name(f"{NAME}-wal").read_bytes()
    found = []
    for number, end in enumerate(range(0, len(log) + 1, 1030)):  # frames are 4120 bytes after a head of 32
        path = tmp_path / str(number) / NAME
        path.parent.mkdir()
        path.write_bytes(main)
        path.with_name(f"{NAME}-wal").write_bytes(log[:end])
        try:
            with closing(Store(path)) as store:
                unresolved = store.unresolved()
        except DamagedStoreError as error:
            assert "is empty" in str(error), end  # noqa: PT017 - it may also go well
            continue
        assert not unresolved or unresolved[0] in saved, end
        found.append(len(unresolved[0].timeline) if unresolved else 0)
    assert found == sorted(found)
    assert len(set(found)) > 3


def test_a_file_that_was_emptied_beside_its_log_is_no_new_one(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.touch()
    path.with_name(f"{NAME}-wal").write_bytes(b"left over")
    with pytest.raises(DamagedStoreError, match="is empty, and the log of its changes is not"):
        Store(path)


def test_a_store_that_breaks_while_it_is_used_is_begun_afresh_with_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / NAME
    save = Store.save
    broken: list[bool] = []

    def breaks_once(store: Store, incidents: tuple[Incident, ...], page: Page) -> None:
        if not broken:
            broken.append(True)
            raise DamagedStoreError(f"{store.path}: database disk image is malformed")
        save(store, incidents, page)

    async def story() -> None:
        shift = Shift(monkeypatch, path)
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        with monkeypatch.context() as torn:
            torn.setattr(Store, "save", breaks_once)
            await shift.desk.acknowledge(shift.only.id, "anna")
            shift.clock.now += bookkeeping.RETRY_AFTER
            await shift.desk.turn()
        (aside,) = kept_aside(path)
        assert shift.problems[0] == (False, f"{path}: database disk image is malformed")
        assert (True, None) in shift.problems
        kept = shift.only
        aside.unlink()
        shift.clock.now += bookkeeping.LOOK_ASIDE_EVERY
        await shift.desk.turn()
        assert shift.problems[-1] == (True, None)
        await shift.desk.close()
        with closing(Store(path)) as store:
            assert store.unresolved() == (kept,)

    asyncio.run(story())
    assert "begun_afresh=yes" in caplog.text


def test_the_name_of_a_lost_incident_is_not_given_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / NAME
    lost = filled(path)
    whole = path.read_bytes()
    path.write_bytes(bytes(PAGE) + whole[PAGE:])
    shift = Shift(monkeypatch, path)
    begin(shift)
    assert lost.id in names_in(kept_aside(path)[0])
    assert shift.only.id != lost.id


def test_only_so_many_damaged_stores_are_kept(tmp_path: Path) -> None:
    path = tmp_path / NAME
    for number in range(KEEP + 2):
        for ending in ("", "-wal"):
            path.with_name(NAME + ending).write_text(str(number))
        set_aside(path, THREE + number)
    assert [each.read_text() for each in kept_aside(path)] == ["2", "3", "4"]
    assert len(list(tmp_path.iterdir())) == 2 * KEEP


def test_a_damaged_store_is_a_finding_that_names_the_file() -> None:
    node = Node(name="lb01")
    node.observers[ASIDE] = ObserverState(
        at=5.0, observer=ASIDE, up=False, problem="x was damaged; it is kept"
    )
    (finding,) = find_node_causes(node, 6.0)
    assert finding.severity is Severity.WARNING
    assert finding.summary == "the incidents of lb01 were lost: x was damaged; it is kept"


def test_a_store_of_the_first_version_is_taken_over_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / NAME
    shutil.copy(VERSION_1, path)
    with closing(sqlite3.connect(path)) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (1,)
        stories = dict(before.execute("SELECT incident, count(*) FROM entry GROUP BY incident"))
    with closing(Store(path)) as store:
        everything = (*store.unresolved(), *store.resolved(10))
        assert {each.id: len(each.timeline) for each in everything} == stories
        assert len(everything) == 2
        assert store.records() == []
        store.save([], Page(at=THREE, records=(("mute", "m1", "{}"),)))
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    with closing(Store(path)) as store:
        assert store.records() == [("mute", "m1", "{}")]


# --- a disk that is full, or may only be read -------------------------------------------------------

Mounted = Callable[[str], Path]


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Mounted]:
    """Mounts small file systems, in memory."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    places: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"mount{len(places)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
            capture_output=True,
            timeout=30,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", str(place)], timeout=30, check=True)


def fill(place: Path) -> Path:
    """Leave no room on it."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(PAGE))
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - the loop has no other end
    return ballast


def test_on_a_disk_that_is_full_for_a_while_nothing_is_lost_and_nobody_waits(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mounted("size=512k") / NAME

    async def story() -> None:
        shift = Shift(monkeypatch, path)
        await shift.desk.begin()
        ballast = fill(path.parent)
        await shift.say(VerdictKind.SPLIT_BRAIN)
        await shift.desk.acknowledge(shift.only.id, "anna")
        ((up, problem),) = shift.problems
        assert not up
        assert str(path) in str(problem)
        ballast.unlink()
        shift.clock.now += bookkeeping.RETRY_AFTER
        await shift.desk.turn()
        assert shift.problems[-1] == (True, None)
        kept = shift.only
        await shift.desk.close()
        with closing(Store(path)) as store:
            assert store.unresolved() == (kept,)

    asyncio.run(story())


def remount(place: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], timeout=30, check=True)


def test_where_nothing_may_be_written_the_desk_works_in_memory_and_says_so(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = mounted("size=1m")
    filled(place / NAME)
    subprocess.run(["mount", "-o", "remount,ro", str(place)], timeout=30, check=True)
    shift = Shift(monkeypatch, place / NAME)
    begin(shift)
    ((up, problem),) = shift.problems
    assert not up
    assert str(problem).endswith("read-only file system; incidents are kept in memory until it can be opened")
    assert kept_aside(place / NAME) == []


def test_where_nothing_could_be_written_all_is_stored_once_it_can_be_without_a_restart(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = mounted("size=1m")
    earlier = filled(place / NAME)

    async def story() -> None:
        shift = Shift(monkeypatch, place / NAME)
        remount(place, "ro")
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        fresh = shift.only
        assert fresh.id != earlier.id
        remount(place, "rw")
        shift.clock.now += bookkeeping.RETRY_AFTER
        while len(shift.problems) == 1:
            await shift.desk.turn()
        assert shift.problems[-1] == (True, None)
        kept = shift.only
        assert kept.id == fresh.id
        assert [each.id for each in shift.desk.all()] == [fresh.id, earlier.id]
        await shift.desk.close()
        with closing(Store(place / NAME)) as store:
            assert store.unresolved() == (kept,)
            assert store.names() == {fresh.id, earlier.id}

    asyncio.run(story())


def test_a_damaged_store_that_could_not_be_kept_aside_is_kept_aside_as_soon_as_it_can_be(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = mounted("size=1m")
    (place / NAME).write_bytes(b"no store at all" * 1000)

    async def story() -> None:
        shift = Shift(monkeypatch, place / NAME)
        remount(place, "ro")
        await shift.desk.begin()
        await shift.say(VerdictKind.SPLIT_BRAIN)
        remount(place, "rw")
        shift.clock.now += bookkeeping.RETRY_AFTER
        while (True, None) not in shift.problems:
            await shift.desk.turn()
        kept = shift.only
        await shift.desk.close()
        assert len(kept_aside(place / NAME)) == 1
        with closing(Store(place / NAME)) as store:
            assert store.unresolved() == (kept,)

    asyncio.run(story())


def test_another_incident_under_a_name_that_is_there_takes_its_place_whole(tmp_path: Path) -> None:
    known, other = split(), acknowledge(split(), at=THREE + 5, who="anna")
    other = replace(other, opened_at=known.opened_at + 86400.0)
    with closing(Store(tmp_path / NAME)) as store:
        store.save([acknowledge(known, at=THREE + 1, who="bob", text="mine")])
        store.save([other])
        assert store.unresolved() == (other,)
