"""`hawatch guard NAME`: answers from the notice board, quickly, and never moves a VIP since an agent is dead."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.agent.guard_board import GuardBoard
from hawatch.cli import main
from hawatch.guard.board import STALE_AFTER, verdict, written
from hawatch.snapshot import ObserverView, ServiceView, Snapshot
from tests import snapshots

Capture = pytest.CaptureFixture[str]
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).map(
    lambda text: text.strip() or "x"
)


def asked(tmp_path: Path, name: str, capsys: Capture) -> tuple[int, str]:
    code = main(["guard", name, "--socket", str(tmp_path / "hawatch.sock")])
    return code, capsys.readouterr().out.strip()


def write(tmp_path: Path, *, age: float = 0.0, **services: str) -> None:
    (tmp_path / "services").write_text(written(time.monotonic() - age, services))


@given(st.dictionaries(names, st.sampled_from(["up", "down", "unknown"]), max_size=5))
def test_what_is_written_on_the_board_is_read_from_it(services: dict[str, str]) -> None:
    text = written(1000.0, services)
    for name, state in services.items():
        assert verdict(text, name, 1001.0)[0] is {"up": True, "down": False, "unknown": None}[state]


def test_a_service_that_works_is_0_and_one_that_fails_1(tmp_path: Path, capsys: Capture) -> None:
    write(tmp_path, nginx="up", blog="down")
    assert asked(tmp_path, "nginx", capsys) == (0, "nginx is up")
    assert asked(tmp_path, "blog", capsys) == (1, "blog is down")


def test_what_is_not_known_counts_as_up_and_the_line_says_why(tmp_path: Path, capsys: Capture) -> None:
    code, line = asked(tmp_path, "nginx", capsys)
    assert code == 0
    assert line.startswith("nginx counts as up: no agent is running here")
    write(tmp_path, nginx="unknown", blog="down")
    assert asked(tmp_path, "nginx", capsys) == (0, "nginx counts as up: nginx is not judged yet")
    assert asked(tmp_path, "ngnix", capsys) == (0, "ngnix counts as up: no [[service]] is called ngnix")
    write(tmp_path, age=STALE_AFTER + 5, blog="down")
    code, line = asked(tmp_path, "blog", capsys)
    assert (code, line) == (0, "blog counts as up: the agent last wrote 15 s ago")
    (tmp_path / "services").write_text("hawatch-services 1\nat 12")
    assert asked(tmp_path, "blog", capsys)[0] == 0
    (tmp_path / "services").unlink()
    (tmp_path / "services").mkdir()
    assert asked(tmp_path, "blog", capsys)[0] == 0


@given(st.text(), st.text(), st.floats())
def test_no_text_on_the_board_is_an_error(text: str, name: str, now: float) -> None:
    verdict(text, name, now)


@pytest.mark.parametrize("words", [["--nonsense"], ["a", "b"], ["nginx", "--socket"]])
def test_a_mistake_in_keepalived_conf_moves_no_vip_either(words: list[str], capsys: Capture) -> None:
    assert main(["guard", *words]) == 0
    assert "hawatch guard: " in capsys.readouterr().err


def test_people_who_ask_for_all_guards_are_told_that_no_agent_answers(
    tmp_path: Path, capsys: Capture
) -> None:
    assert main(["guard", "--socket", str(tmp_path / "none.sock")]) == 3
    assert "no agent is running here" in capsys.readouterr().err


def test_the_answer_takes_none_of_the_heavy_modules(tmp_path: Path) -> None:
    write(tmp_path, nginx="up")
    heavy = "'argparse', 'asyncio', 'dataclasses', 'enum', 'json', 're', 'socket', 'typing', 'http'"
    code = (
        "import sys; from hawatch.cli import main; "
        f"code = main(['guard', 'nginx', '--socket', {str(tmp_path / 'x.sock')!r}]); "
        f"print(sorted({{{heavy}}} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.splitlines() == ["nginx is up", "[]"]


# --- the agent's side of it -----------------------------------------------------------------------


def picture(state: str, at: float, *, sees: bool = True) -> Snapshot:
    service = ServiceView(name="nginx", node="lb01", state=state)
    foreign = ServiceView(name="nginx", node="lb02", state="down")
    observer = ObserverView(name="service", up=sees)
    return replace(snapshots.steady(), at=at, services=(foreign, service), observers=(observer,))


def test_the_agent_keeps_a_board_that_everybody_may_read_and_takes_it_away_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "services"
    now = [picture("up", 100.0)]

    async def until(words: str) -> None:
        async with asyncio.timeout(60):
            while not path.exists() or words not in path.read_text():  # noqa: ASYNC110 - a test's look
                await asyncio.sleep(0.01)

    async def story() -> None:
        keeping = asyncio.create_task(GuardBoard(path).keep(("nginx", "db"), lambda: now[0]))
        await until("at 100.000\nup nginx\nunknown db\n")
        assert path.stat().st_mode & 0o777 == 0o644
        now[0] = picture("down", 100.2)
        await until("down nginx")
        now[0] = picture("down", 101.5)
        await until("at 101.500")
        now[0] = picture("down", 101.6, sees=False)
        await until("unknown nginx")
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240

    asyncio.run(story())
