"""keepalived dies, hangs, or is killed: what both agents say of a real pair."""

from __future__ import annotations

import time
from typing import Any

import pytest

from deploy.lab import conf
from tests.lab.scene import Scene, scene

pytestmark = pytest.mark.lab

FAST: dict[str, Any] = {"version": 3, "advert_int": 0.3}


def test_a_killed_parent_takes_its_child_along_as_in_a_graceful_stop() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").kill_parent()
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady switchover degraded steady failback steady")
        pair.must_blame()


def test_two_killed_processes_leave_their_vip_behind_and_that_is_a_split() -> None:
    with scene(**FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").kill_both()
        pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
        pair.await_verdict("split_brain")
        pair.must_blame("keepalived_dead@lb01", "stale_vip@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        # the new process removes the VIP at once, and is looked for every 0.5 s
        pair.must_have_said("steady split_brain degraded? steady failback steady")
        pair.must_blame()


def test_a_killed_child_is_replaced_too_late_to_keep_the_vip() -> None:
    with scene(auth_pass="secret") as pair:
        pair.settle()
        _wait_for_phase(pair, 0.6)
        pair.lab.keepalived("lb01").kill_child()
        pair.lab.truth.wait_owner(conf.VIP, "lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady failover failback steady")
        pair.must_blame()


def _wait_for_phase(pair: Scene, share: float) -> None:
    """Until this share of an interval has passed since an advertisement of lb01: its first came with its VIP.

    Its new child retakes T(150) after its start, the standby takes over T(100) after the last advertisement: only
    when the death comes late in the interval is the standby the first.
    """
    taken = pair.lab.truth.wait_owner(conf.VIP, "lb01")
    passed = (pair.lab.now() - taken) % pair.interval
    time.sleep((share * pair.interval - passed) % pair.interval)


@pytest.mark.parametrize("nopreempt", [False, True])
def test_a_frozen_daemon_keeps_its_vip_and_that_is_a_split_until_it_thaws(nopreempt: bool) -> None:
    with scene(nopreempt=nopreempt, **FAST) as pair:
        pair.settle()
        pair.lab.keepalived("lb01").freeze()
        pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
        pair.await_verdict("split_brain")
        pair.must_blame("keepalived_frozen@lb01")
        pair.lab.keepalived("lb01").thaw()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.must_have_said("steady split_brain steady")
        pair.must_blame()
