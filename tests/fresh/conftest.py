"""All tests here take long and need root and a mirror."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
TIMEOUT = 1800
"""Seconds; a hang guard."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.packaging)
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.timeout(TIMEOUT))
