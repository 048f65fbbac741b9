"""The black box's look at a host of thousands of addresses."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pytest

from hawatch.blackbox import host
from hawatch.cli.interpreter import settle_interpreter
from tests.lab.observer_wire import Wire

pytestmark = pytest.mark.lab

ADDRESSES = 2000


def test_looks_at_thousands_of_addresses_leave_nothing_behind(tmp_path: Path) -> None:
    wire, thresholds = Wire(), gc.get_threshold()
    batch = tmp_path / "addresses"
    batch.write_text(
        "".join(f"address add 10.{n // 200}.{n % 200}.1/32 dev eth0\n" for n in range(ADDRESSES))
    )
    try:
        wire.here(f"ip -batch {batch}")
        settle_interpreter()
        with wire.inside():
            seen = host.look()
            assert min(len(seen["addresses"]), len(seen["routes"])) >= ADDRESSES
            tracemalloc.start()
            for _ in range(5):
                seen = host.look()
            left, _ = tracemalloc.get_traced_memory()
            del seen
            gc.collect()
            needed, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        wire.close()
    assert left - needed < 8e6, f"{(left - needed) / 1e6:.0f} MB are left"
