"""Live: a real keepalived's notify FIFO, which the agent reads, leaves, and reads again; keepalived never notices."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.lab import KeepalivedConf, Topology, conf
from deploy.lab.identity import agent_identity
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene, start_in_order

pytestmark = pytest.mark.lab

FIFO = "/run/keepalived-vrrp.fifo"
READER = "/etc/keepalived/reader"
TAKEN = "/run/taken"
TOLERANCE = 0.7
"""Seconds between an address that came or went and keepalived's word for it, on a busy machine."""


def test_keepalived_is_unharmed_when_nobody_reads_its_fifo_and_a_script_that_does_loses_nothing() -> None:
    topology, user = Topology(), agent_identity().name
    script = f"vrrp_notify_fifo_script {READER}"
    confs = {
        name: KeepalivedConf(instances=(instance,), global_defs=(f"vrrp_notify_fifo {FIFO} {user}", *more))
        for (name, instance), more in zip(
            conf.pair(topology, version=3, advert_int=0.3).items(), ((), (script,)), strict=True
        )
    }
    config = f'[keepalived]\nlog = "off"\nnotify_fifo = "{FIFO}"\n'
    with scene(topology, confs=confs, agent_config=config, start_keepalived=False, advert_int=0.3) as pair:
        reader = pair.lab.node("lb02").path(READER)
        reader.write_text(f'#!/bin/sh\nexec cat "$1" >{TAKEN}\n')
        reader.chmod(0o755)
        start_in_order(pair.lab, confs, "VI_1")
        pair.settle()
        left_alone(pair)
        unread(pair)
        # Both ends are there again: the owner stops, and is heard to.
        pair.lab.keepalived("lb01").stop()
        left_at = pair.lab.truth.wait_owner(conf.VIP, "lb02")
        wait_until(
            lambda: stopped_at(pair, "lb01", left_at) or None, what="a word by the FIFO", timeout=HANG_GUARD
        )
        taken = pair.lab.node("lb02").path(TAKEN)
        wait_until(
            lambda: True if 'INSTANCE "VI_1" MASTER' in taken.read_text() else None,
            what="the script's own lines",
            timeout=HANG_GUARD,
        )
        assert words(pair, "lb02") == []


def left_alone(pair: Scene) -> None:
    """The agent of lb02 says why it does not read, as information that is no trouble."""
    finding = pair.must_know("blind", on="lb02")
    assert finding["severity"] == "info"
    assert "keepalived's own script reads it" in finding["summary"]
    pair.must_blame()


def unread(pair: Scene) -> None:
    """While the agent of lb01 is dead, the pipe is filled to its brim; keepalived goes on, and it comes back."""
    keepalived, agent = pair.lab.keepalived("lb01"), pair.lab.agent("lb01")
    child, fifo = keepalived.child, pair.lab.node("lb01").path(FIFO)
    agent.kill()
    assert fill(fifo) > 1000
    before = len(keepalived.log())
    keepalived.reload()
    keepalived.wait_log("Reload complete", after=before)
    assert pair.lab.truth.holders(conf.VIP) == {"lb01"}
    assert keepalived.child == child
    assert fifo.is_fifo()
    agent.start()
    agent.wait_ready()
    pair.await_verdict("steady")


def fill(fifo: Path) -> int:
    """Write until nothing fits any more; how many lines did. keepalived does not wait either."""
    descriptor = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    try:
        for number in range(100_000):
            try:
                os.write(descriptor, b'INSTANCE "VI_1" FAULT 0\n')
            except BlockingIOError:
                return number
    finally:
        os.close(descriptor)
    raise AssertionError(f"{fifo} has no end")


def words(pair: Scene, node: str) -> list[dict[str, object]]:
    """What the agent journalled of its keepalived's words."""
    return [dict(each) for each in pair._records(node, "KeepalivedSaid")]


def stopped_at(pair: Scene, node: str, moment: float) -> bool:
    """Whether keepalived was heard to stop near that moment; what lay in the pipe was not told."""
    told = words(pair, node)
    assert not any("FAULT" in str(each["text"]) for each in told)
    stops = [each["said_at"] for each in told if str(each["text"]).startswith('INSTANCE "VI_1" STOP')]
    return any(isinstance(at, float) and abs(at - moment) <= TOLERANCE for at in stops)
