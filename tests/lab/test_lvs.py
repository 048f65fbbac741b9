"""Live: a pair that balances, except for the kernel's table, for which a stand-in answers.

The kernel of the machine that the tests are made for has no ip_vs. So `hawatch-helper` reads a file here where it would
ask netlink, and keepalived runs its VRRP alone (`--vrrp`): with virtual_server blocks it does not run at all without
ip_vs. Everything else is real: keepalived.conf, helper, agents, what they tell each other.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.lab import KeepalivedConf, Topology, agents, conf, keepalived
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from hawatch.kernel.ipvs import RealServer, Table, VirtualService
from hawatch.plain import codec
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

STAND_IN = """
import json, sys
from pathlib import Path
from hawatch.helper import __main__ as helper
from hawatch.helper.ipvs import Ipvs
from hawatch.kernel.ipvs import Table
from hawatch.plain import codec

async def read():
    return codec(Table).decode(json.loads(TABLE.read_text()))

TABLE = Path("/run/ipvs.json")
helper.Ipvs = lambda: Ipvs(present=TABLE, read=read)
sys.exit(helper.main(sys.argv[1:]))
"""
BLOCK = f"""
virtual_server {conf.VIP} 80 {{
    lvs_sched wlc
    lvs_method DR
    protocol TCP
    real_server 10.99.0.11 80 {{
        weight 1
    }}
}}
"""
SERVICE = VirtualService(
    name=f"tcp {conf.VIP}:80",
    scheduler="wlc",
    servers=(RealServer(address="10.99.0.11", port=80, weight=1, method="direct"),),
)


def kernel(pair: Scene, node: str, *services: VirtualService) -> None:
    """What the stand-in answers on a node from now on."""
    path = pair.lab.node(node).path("/run/ipvs.json")
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(codec(Table).encode(Table(services=services))))
    fresh.replace(path)


def balanced(pair: Scene, node: str) -> Any:
    return pair.lab.agent(node).status()["virtual_routers"][0].get("virtual_services")


def test_what_the_owner_s_kernel_lacks_is_named_on_both_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "HELPER", (INTERPRETER, "-c", STAND_IN))
    monkeypatch.setattr(keepalived, "ARGV", (*keepalived.ARGV, "--vrrp"))
    confs = {
        name: KeepalivedConf(instances=(each,), extra=(BLOCK,))
        for name, each in conf.pair(Topology(), version=3, advert_int=0.3).items()
    }
    with scene(confs=confs, advert_int=0.3, start_agents=False) as pair:
        for node in ("lb01", "lb02"):
            kernel(pair, node, SERVICE)
            pair.lab.start_agents(node)
        pair.settle()
        pair.must_blame()
        shown = [{"service": SERVICE.name, "usable": 1, "configured": 1}]
        assert [balanced(pair, node) for node in ("lb01", "lb02")] == [shown, shown]

        kernel(pair, "lb01")
        pair.must_warn_of("virtual_service_missing@lb01")
        assert pair.must_know("virtual_service_missing", on="lb02")["severity"] == "critical"
        assert balanced(pair, "lb01") == [{"service": SERVICE.name, "usable": None, "configured": 1}]
        kernel(pair, "lb01", SERVICE)
        pair.must_warn_of()

        pair.lab.helper("lb02").stop()
        pair.must_warn_of("blind@lb02")
        wait_until(
            lambda: balanced(pair, "lb02") is None or None, what="an unknown table", timeout=HANG_GUARD
        )
        pair.lab.helper("lb02").start()
        pair.must_warn_of()
