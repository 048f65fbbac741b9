"""Live: remedies tried as printed: pasted on the node that they name, they mend the pair, though the fault is still in
force; and nothing is left of the cause."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.lab import Hook, Topology, conf
from tests.lab.scene import Scene, scene
from tests.lab.test_partitions import CONFIGS as CABLES
from tests.lab.test_path_causes import BOTH, QUICK, WIRED

pytestmark = pytest.mark.lab


def must_be_mended(pair: Scene, cause: str, *, on: str) -> None:
    """Run the remedy in the node that the finding lies on, as root in a shell, and see the pair at peace."""
    finding = pair.must_know(cause, on=on)
    text: str = finding["remedy"].removeprefix(f"on {finding['node']}: ")
    assert text
    pair.lab.node(finding["node"]).run(["sh", "-ec", text])
    pair.lab.truth.wait_owner(pair.vips[0], "lb01")
    pair.await_verdict("steady")
    pair.look_on(2)
    pair.must_blame()
    pair.must_have_said("steady split_brain? steady?")


def split(pair: Scene, cause: str) -> None:
    pair.lab.truth.wait_holders(pair.vips[0], BOTH)
    pair.await_verdict("split_brain")
    pair.must_blame(cause)
    await_rule(pair, cause)


def await_rule(pair: Scene, cause: str) -> None:
    """Until the rule that does it has been listed, and is named on both nodes."""
    name = cause.partition("@")[0]
    for _ in range(30):
        if all("handle" in pair.must_know(name, on=node)["summary"] for node in BOTH):
            return
        pair.look_on(0.5)
    raise AssertionError(f"the rule behind {cause} is not named\n{pair.account()}")


@pytest.mark.parametrize(
    "hook", [Hook.INPUT, Hook.PREROUTING, Hook.INGRESS], ids=lambda hook: str(hook.name).lower()
)
def test_the_rule_that_drops_vrrp_inbound_is_mended_by_its_remedy(hook: Hook) -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        pair.lab.firewall.drop_vrrp_inbound("lb02", hook=hook)
        split(pair, "vrrp_blocked_inbound@lb02")
        must_be_mended(pair, "vrrp_blocked_inbound", on="lb01")


def test_the_rule_that_drops_vrrp_outbound_is_mended_by_its_remedy() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        pair.lab.firewall.drop_vrrp_outbound("lb01")
        split(pair, "vrrp_blocked_outbound@lb01")
        must_be_mended(pair, "vrrp_blocked_outbound", on="lb02")


def test_a_policy_that_drops_all_but_the_known_is_mended_by_its_remedy() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        rules = (
            "add table inet filter\n"
            "add chain inet filter input { type filter hook input priority 0; policy accept; }\n"
            "add rule inet filter input ip protocol { icmp, tcp, udp } accept\n"
            "add rule inet filter input ip6 nexthdr { ipv6-icmp, tcp, udp } accept\n"
            "add chain inet filter input { policy drop; }\n"
        )
        pair.lab.node("lb02").run(["nft", "-f", "-"], stdin=rules)
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        pair.must_blame("vrrp_blocked_inbound@lb02")
        pair.look_on(11)
        must_be_mended(pair, "vrrp_blocked_inbound", on="lb01")


def test_a_rule_against_ipv6_is_mended_by_its_remedy() -> None:
    confs = conf.pair(Topology(), vips=(f"{conf.VIP6}/64",), **QUICK)
    with scene(confs=confs, vips=(conf.VIP6,), advert_int=QUICK["advert_int"]) as pair:
        pair.settle()
        pair.lab.firewall.drop("lb02", hook=Hook.INPUT, match="ip6 nexthdr 112")
        split(pair, "vrrp_blocked_inbound@lb02")
        must_be_mended(pair, "vrrp_blocked_inbound", on="lb01")


def test_a_filter_that_waits_for_a_failover_is_mended_by_its_remedy() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        pair.lab.firewall.drop_vrrp_inbound("lb01")
        pair.must_warn_of("vrrp_blocked_inbound@lb01")
        must_be_mended(pair, "vrrp_blocked_inbound", on="lb02")


def test_a_strict_reverse_path_filter_is_mended_by_its_remedy() -> None:
    settings: dict[str, Any] = {"agent_config": CABLES, **QUICK}
    with scene(WIRED, **settings) as pair:
        pair.settle()
        node, peer = pair.lab.node("lb02"), WIRED.ipv4("lb01")
        node.run(["ip", "route", "add", f"{peer}/32", "dev", "eth2", "src", WIRED.ipv4("lb02")])
        node.sysctl("net.ipv4.conf.eth0.rp_filter", 1)
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        must_be_mended(pair, "rp_filter", on="lb01")
        assert "eth0/rp_filter = 2" in node.path("/etc/sysctl.d/90-vrrp-eth0.conf").read_text()
