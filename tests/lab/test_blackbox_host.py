"""The black box's look at a host of thousands of addresses."""

from __future__ import annotations

import gc
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from hawatch.blackbox import host
from hawatch.cli.interpreter import settle_interpreter
from tests.lab.observer_wire import Wire

pytestmark = pytest.mark.lab

ADDRESSES = 2000


def test_few_addresses_are_listed_here_and_thousands_by_a_process_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire, started = Wire(), list[list[str]]()
    run = subprocess.run

    def counted(command: list[str], **how: Any) -> Any:
        started.append(command)
        return run(command, **how)

    monkeypatch.setattr("hawatch.blackbox.host.subprocess.run", counted)
    batch = tmp_path / "addresses"
    batch.write_text(
        "".join(f"address add 10.{n // 200}.{n % 200}.1/32 dev eth0\n" for n in range(ADDRESSES))
    )
    try:
        with wire.inside():
            few = host.look()
            assert started == []
        wire.here(f"ip -batch {batch}")
        started.clear()
        with wire.inside():
            many = host.look()
            assert len(started) == 1
    finally:
        wire.close()
    assert few.keys() == many.keys()
    assert len(many["addresses"]) == len(few["addresses"]) + ADDRESSES


def test_tables_that_cannot_be_listed_are_unknown_and_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "MANY", -1)
    monkeypatch.setattr("hawatch.blackbox.host.sys.executable", "/nowhere/python")
    seen = host.look()
    assert {seen[name] for name in host.TABLES} == {None}
    assert "FileNotFoundError" in seen["problem"]


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
