"""Live: what a real keepalived says, by a real rsyslogd's file and by its FIFO, in the timelines of both agents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from deploy.lab import KeepalivedConf, LabError, Topology, conf
from deploy.lab.identity import agent_identity
from deploy.lab.waiting import wait_until
from hawatch.clock import wall
from tests.integration.syslog import LOG, Rsyslog
from tests.lab.scene import HANG_GUARD, Scene, scene, start_in_order

pytestmark = pytest.mark.lab

BOTH = ("lb01", "lb02")
FIFO = "/run/keepalived-vrrp.fifo"
CONFIG = f'[keepalived]\nlog = "{LOG}"\nnotify_fifo = "{FIFO}"\n'
TOLERANCE = 0.7
"""Seconds between an address that came and keepalived's word for it: rsyslogd, the pipe and a busy machine."""
MASTER = ("(VI_1) Entering MASTER STATE", 'INSTANCE "VI_1" MASTER')
BACKUP = ("(VI_1) Entering BACKUP STATE", 'INSTANCE "VI_1" BACKUP')
INVALID = "(VI_1) received an invalid passwd!"


@contextmanager
def talkative() -> Iterator[tuple[Scene, dict[str, Rsyslog]]]:
    """A pair whose keepalived log into a file and into a FIFO, both of which the agents read."""
    topology = Topology()
    user = agent_identity().name
    confs = {
        name: KeepalivedConf(instances=(instance,), global_defs=(f"vrrp_notify_fifo {FIFO} {user}",))
        for name, instance in conf.pair(topology, version=2, advert_int=1, auth_pass="secret").items()
    }
    with scene(
        topology,
        confs=confs,
        agent_config=CONFIG,
        start_keepalived=False,
        start_agents=False,
        advert_int=1,
    ) as pair:
        logs = {name: Rsyslog(pair.lab, name) for name in BOTH}
        start_in_order(pair.lab, confs, "VI_1")
        pair.lab.start_agents()
        yield pair, logs


def other_password(pair: Scene, node: str, password: str) -> None:
    """keepalived on this node reads another password."""
    written = pair.confs[node]
    assert isinstance(written, KeepalivedConf)
    (instance,) = written.instances
    pair.lab.keepalived(node).write_conf(replace(written, instances=(replace(instance, auth_pass=password),)))
    pair.lab.keepalived(node).reload()


def timeline(pair: Scene, node: str) -> list[dict[str, Any]]:
    """keepalived's words in the latest incident of a node."""
    incidents = json.loads(pair.lab.agent(node).command("incidents", "--json"))
    return [each for each in incidents[0]["timeline"] if each["kind"] == "keepalived"] if incidents else []


def await_word(
    pair: Scene, node: str, who: str, texts: tuple[str, ...], *, near: float | None = None
) -> dict[str, Any]:
    """The entry on `node` in which the keepalived of `who` says one of these; `near` a moment (epoch seconds)."""

    def look() -> dict[str, Any] | None:
        for each in timeline(pair, node):
            at = datetime.fromisoformat(each["time"]).timestamp()
            fits = each["who"] == who and any(text in each["text"] for text in texts)
            if fits and (near is None or abs(at - near) <= TOLERANCE):
                return each
        return None

    try:
        return wait_until(look, what=f"{texts} of {who} on {node} at {near}", timeout=HANG_GUARD)
    except LabError as error:
        raise AssertionError(f"{error}\n{timeline(pair, node)}\n{pair.account()}") from None


def on_the_wall(pair: Scene, moment: float) -> float:
    return moment + wall() - pair.lab.now()


def test_an_incident_quotes_both_keepalived_at_the_right_times() -> None:
    with talkative() as (pair, logs):
        pair.settle()
        # A switchover, in whose middle the survivor's log is rotated.
        pair.lab.keepalived("lb01").stop()
        taken = on_the_wall(pair, pair.lab.truth.wait_owner(conf.VIP, "lb02"))
        for node in BOTH:
            await_word(pair, node, "lb02", MASTER, near=taken)
            await_word(pair, node, "lb01", ("sent 0 priority", "Stopping", "STOP"))
        logs["lb02"].rotate()
        pair.lab.keepalived("lb01").start()
        back = on_the_wall(pair, pair.lab.truth.wait_owner(conf.VIP, "lb01"))
        for node in BOTH:
            await_word(pair, node, "lb02", BACKUP, near=back)
        assert "Entering BACKUP STATE" in logs["lb02"].path.read_text()
        # What was in the log before the agents began is in no timeline.
        of_lb02 = [each["text"] for each in timeline(pair, "lb02") if each["who"] == "lb02"]
        assert not any("STATE (init)" in text or "Starting" in text for text in of_lb02)
        pair.await_verdict("steady")
        # Passwords that differ: a split, which both keepalived explain, each once in the timeline.
        other_password(pair, "lb02", "other")
        pair.await_verdict("split_brain")
        pair.must_blame("auth_mismatch@lb02")
        for node in BOTH:
            for who in BOTH:
                await_word(pair, node, who, (INVALID,))
            said = [each["who"] for each in timeline(pair, node) if INVALID in each["text"]]
            assert sorted(said) == ["lb01", "lb02"]
        wait_until(quotes(pair), what="keepalived's word beside the finding", timeout=HANG_GUARD)
        (incident, *_) = json.loads(pair.lab.agent("lb01").command("incidents", "--json"))
        shown = pair.lab.agent("lb01").command("incidents", incident["id"])
        assert INVALID in shown
        other_password(pair, "lb02", "secret")
        pair.await_verdict("steady")


def quotes(pair: Scene) -> Callable[[], bool | None]:
    def look() -> bool | None:
        found = pair.must_know("auth_mismatch", on="lb02")["evidence"]
        return True if INVALID in found.get("keepalived_said", "") else None

    return look
