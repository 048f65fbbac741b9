"""Other releases of keepalived than the installed one: the same night, told the same way."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from deploy.lab import conf
from deploy.lab.lab import CLONE, OTHER_RELEASE
from tests.lab.scene import HANG_GUARD, scene

pytestmark = [pytest.mark.lab, pytest.mark.integration]

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = {"lb01", "lb02"}
FETCH_WITHIN = 300


@pytest.fixture
def version(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The nodes have the keepalived of this Debian suite, whose version begins so."""
    suite, version = request.param
    script = CLONE / "deploy" / "lab" / "keepalived_release.sh"
    argv = ["timeout", str(FETCH_WITHIN), "bash", str(script), suite]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=FETCH_WITHIN + HANG_GUARD, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"apt cannot fetch {suite} here: {done.stderr.strip()[-300:] or 'it took too long'}")
    monkeypatch.setenv(OTHER_RELEASE, done.stdout.strip())
    return str(version)


@pytest.mark.parametrize("version", [("bullseye", "v2.1."), ("trixie", "v2.3.")], indirect=True)
def test_a_move_and_a_split_are_told_of_that_release_as_of_any_other(version: str) -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        assert f"Keepalived {version}" in pair.lab.keepalived("lb01").log()
        pair.lab.keepalived("lb01").stop()
        pair.await_verdict("degraded")
        pair.must_blame("keepalived_dead@lb01")
        pair.lab.keepalived("lb01").start()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain")
            pair.must_blame("vrrp_blocked_inbound@lb02")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.must_have_said("steady switchover degraded steady failback steady split_brain steady")
