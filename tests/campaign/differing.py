"""Two configurations that differ, by a reload or from a start on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deploy.lab.fault import Fault
from tests.campaign.episode import other
from tests.campaign.stage import Stage, changed, first_instance


def differ(stage: Stage, node: str, fields: dict[str, Any], *, restart: bool) -> Fault:
    """This node runs a configuration with other fields, by a reload or by a new start."""
    keepalived, usual = stage.lab.keepalived(node), stage.confs(node)

    def run() -> None:
        if restart:
            keepalived.stop()
            keepalived.start()
        else:
            keepalived.reload()

    keepalived.write_conf(changed(usual, **fields))
    run()

    def heal() -> None:
        keepalived.write_conf(usual)
        run()

    return Fault(f"another configuration on {node}: {fields}", heal)


def towards(stage: Stage, node: str) -> dict[str, Any]:
    """A node that speaks to its peer alone, which listens to the group."""
    plan = stage.lab.topology
    return {"unicast_src_ip": plan.ipv4(node), "unicast_peers": (plan.ipv4(other(node)),)}


def one_vip_more(stage: Stage, node: str) -> dict[str, Any]:
    return {"vips": (*first_instance(stage.confs(node)).vips, "10.0.0.190/24")}


DIFFERENCES: dict[str, Callable[[Stage, str], dict[str, Any]]] = {
    "password_differs": lambda _stage, _node: {"auth_pass": "other"},
    "vrid_differs": lambda _stage, _node: {"vrid": 77},
    "interval_differs": lambda stage, _node: {"advert_int": int(stage.episode.pair.interval) + 1},
    "version_differs": lambda _stage, _node: {"version": 3},
    "vips_differ": one_vip_more,
    "group_differs": lambda _stage, _node: {"mcast_dst_ip": "224.0.0.81"},
    "unicast_here": towards,
    "priority_equal": lambda stage, node: {"priority": first_instance(stage.confs(other(node))).priority},
}
