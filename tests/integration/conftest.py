"""What every test here has: the marks, and a place to tell how many seconds a monitoring system took."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOLD = "told"
Tell = Callable[[str, float], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.lab)


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Tell:
    """`told("nagios4: CRITICAL after the second owner", seconds)`: one line of the table after the run."""

    def tell(what: str, seconds: float) -> None:
        record_property(TOLD, f"{seconds:6.2f} s  {what}")

    return tell
