"""The monitor asks both agents over the LAN with check_hawatch, as any scheduler would."""

from __future__ import annotations

from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.monitored import monitor, monitored_pair, since_healed, since_split, split
from tests.lab.scene import HANG_GUARD, Scene

PLUGIN = ("/opt/hawatch/nagios/check_hawatch", "-H", "lb01", "-H", "lb02", "--moved-within", "0")


def await_exit_code(pair: Scene, code: int) -> str:
    """What the plugin prints when it first exits so."""

    def look() -> str | None:
        ended = monitor(pair).run(PLUGIN, check=False)
        return ended.stdout if ended.returncode == code else None

    return wait_until(look, what=f"exit code {code}", timeout=HANG_GUARD)


def test_one_check_asks_both_agents_and_names_the_split_and_its_cause(told: Tell) -> None:
    with monitored_pair() as pair:
        pair.settle()
        assert await_exit_code(pair, 0).startswith("HAWATCH OK - VI_1 steady: lb01")
        with split(pair):
            line = await_exit_code(pair, 2)
            told("check_hawatch: CRITICAL after the second owner", since_split(pair))
            assert "VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100" in line
        await_exit_code(pair, 0)
        told("check_hawatch: OK after one of them let go", since_healed(pair))
