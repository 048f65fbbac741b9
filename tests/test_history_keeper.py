"""The last hour outlives the agent, and a file that is spoilt costs no more than the past."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.agent import history_keeper
from hawatch.agent.history_keeper import NAME, HistoryKeeper
from hawatch.history import LaneKind, Value
from hawatch.history.keeping import LONGEST
from tests import snapshots
from tests.snapshots import AT, EPOCH

GUARD = 30.0


class Moment:
    """A clock that a test sets; the snapshots' wall time goes with it."""

    def __init__(self, at: float = AT) -> None:
        self.at = at

    def monotonic(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at + EPOCH - AT


def verdicts(keeper: HistoryKeeper) -> list[Value]:
    past = keeper.past()
    assert past is not None
    (lane,) = (lane for subject, lane in past.lanes if subject.kind is LaneKind.VERDICT)
    return [value for _, _, value in lane.spans(AT, past.at)]


async def a_first_run(directory: Path) -> None:
    keeper = HistoryKeeper(directory, Moment())
    await keeper.begin()
    keeper.show(snapshots.steady())
    split = snapshots.split_brain().routers[0]
    split = replace(split, verdict=replace(split.verdict, since=AT + 5))
    keeper.show(replace(snapshots.split_brain(), at=AT + 5, routers=(split,)))
    keeper.show(replace(snapshots.split_brain(), at=AT + 9, routers=(split,)))
    await keeper.close()


def test_the_next_run_knows_what_this_one_saw_and_that_nobody_looked_in_between(tmp_path: Path) -> None:
    async def story() -> list[Value]:
        await a_first_run(tmp_path)
        keeper = HistoryKeeper(tmp_path, Moment(AT + 12))
        await keeper.begin()
        judged = snapshots.steady().routers[0]
        fresh = replace(judged, verdict=replace(judged.verdict, since=AT + 12.5))
        keeper.show(replace(snapshots.steady(), at=AT + 13, routers=(fresh,)))
        keeper.show(replace(snapshots.steady(), at=AT + 15, routers=(fresh,)))
        return verdicts(keeper)

    assert asyncio.run(story()) == ["steady", "split_brain", None, "steady"]
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) & 0o007 == 0
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_a_change_is_in_the_file_soon_and_a_kill_loses_only_what_came_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_keeper, "CHANGES_KEPT_AFTER", 0.01)

    async def story() -> None:
        keeper = HistoryKeeper(tmp_path, Moment())
        await keeper.begin()
        running = asyncio.ensure_future(keeper.run())
        keeper.show(snapshots.steady())
        await until((tmp_path / NAME).exists)
        before = (tmp_path / NAME).stat().st_ino
        keeper.show(replace(snapshots.split_brain(), at=AT + 1))
        await until(lambda: (tmp_path / NAME).stat().st_ino != before)
        running.cancel()  # and nothing is closed
        await asyncio.wait([running])

    async def until(so: Callable[[], bool]) -> None:
        async with asyncio.timeout(GUARD):
            while not so():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    asyncio.run(story())
    assert "split_brain" in (tmp_path / NAME).read_text()


def spoil(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"form": 99}', b"[" * 100_000, b" " * (LONGEST + 1)]
)
def test_a_spoilt_file_is_one_line_in_the_log_and_the_agent_begins_without_a_past(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> list[Value]:
        spoil(tmp_path / NAME, content)
        keeper = HistoryKeeper(tmp_path, Moment())
        await keeper.begin()
        keeper.show(snapshots.steady())
        keeper.show(replace(snapshots.steady(), at=AT + 1))
        await keeper.close()
        return verdicts(keeper)

    assert asyncio.run(story()) == ["steady"]
    assert [each.name for each in caplog.records] == ["hawatch.history"]
    assert '"form":1' in (tmp_path / NAME).read_text()


def test_a_directory_in_which_nothing_can_be_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).mkdir()

    async def story() -> None:
        keeper = HistoryKeeper(tmp_path, Moment())
        keeper.show(snapshots.steady())
        await keeper.close()
        await keeper.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [each.name for each in caplog.records] == ["hawatch.history"]


def test_without_a_state_directory_the_past_lives_as_long_as_the_agent() -> None:
    async def story() -> list[Value]:
        keeper = HistoryKeeper(None, Moment())
        await keeper.begin()
        keeper.show(snapshots.steady())
        keeper.show(replace(snapshots.steady(), at=AT + 1))
        await keeper.close()
        return verdicts(keeper)

    assert asyncio.run(story()) == ["steady"]
