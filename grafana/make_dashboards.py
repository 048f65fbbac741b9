"""Writes dashboards/*.json from the code: `python -m grafana.make_dashboards`."""

from __future__ import annotations

from pathlib import Path

from grafana.board import Board
from grafana.fleet import FLEET
from grafana.pair import PAIR

PLACE = Path(__file__).with_name("dashboards")
BOARDS: tuple[Board, ...] = (FLEET, PAIR)


def main() -> None:
    """Write each dashboard to its file."""
    PLACE.mkdir(exist_ok=True)
    for board in BOARDS:
        (PLACE / f"{board.uid}.json").write_text(board.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
