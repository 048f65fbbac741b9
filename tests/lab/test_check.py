"""`hawatch check`, one look without an agent, beside the loop that people paste from the web.

Every story ends with a table: what the check exits with and names, and what the loop says; `wrong` stands where the
loop says the opposite of the ground truth. The check is asked twice on each node: with keepalived.conf, and with
nothing but a VIP and a peer.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.lab import ROOT, Identity, Lab, conf
from deploy.lab.agents import COMMAND, CONFIG_FILE
from tests.lab.conftest import MakeLab

pytestmark = pytest.mark.lab

LOOP = Path(__file__).with_name("pasted_loop.sh").read_text(encoding="utf-8")
QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = ("lb01", "lb02")
GUARD = 120.0


NOBODY = Identity(
    name="nobody",
    uid=65534,
    gid=65534,
    prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
)


def run_check(lab: Lab, node: str, *arguments: str, identity: Identity = ROOT) -> tuple[int, str, str]:
    """Exit code, both outputs."""
    argv = [*COMMAND, "check", *arguments]
    done = lab.node(node).run(argv, check=False, timeout=GUARD, identity=identity)
    return done.returncode, done.stdout, done.stderr


def look(lab: Lab, node: str, vip: str, peer: str) -> list[str]:
    """The row of one node, once for each way to ask the check."""
    loop = lab.node(node).run(["sh", "-s", peer, vip], stdin=LOOP).stdout.strip()
    wrong = (loop == "split brain") is not (lab.truth.holders(vip) == set(BOTH))
    rows = []
    for arguments in (("--peer", peer), ("--vip", vip, "--peer", peer)):
        code, output, problem = run_check(lab, node, *arguments)
        assert (problem, output.count("\n")) == ("", 1), output + problem
        verdict = output.partition(" - ")[2].partition(": ")[0].split()
        rows.append(f"{node} {code} {verdict[-1]} loop: {loop}{' wrong' if wrong else ''}")
    return rows


def must_be(table: str, lab: Lab, *, vip: str = conf.VIP) -> None:
    """Ask on every node of the table, at the same time, and compare."""
    plan = lab.topology
    wanted = [" ".join(row.split()) for row in table.strip().splitlines()]
    nodes = [row.split()[0] for row in wanted]
    own = plan.ipv6 if ":" in vip else plan.ipv4
    with ThreadPoolExecutor(len(nodes)) as pool:
        looks = [pool.submit(look, lab, n, vip, own(BOTH[1 - BOTH.index(n)])) for n in nodes]
        rows = [row for one in looks for row in one.result()]
    assert rows == [row for row in wanted for _ in range(2)], "\n".join(rows)


def start(make_lab: MakeLab, **common: Any) -> Lab:
    """A pair of which lb01 holds the VIP; no agent anywhere."""
    lab = make_lab()
    lab.start_keepalived(conf.pair(lab.topology, **(common or QUICK)))
    lab.truth.wait_owner(conf.VIP, "lb01")
    return lab


def test_a_pair_at_peace_is_steady_and_the_loop_cries_on_the_owner(make_lab: MakeLab) -> None:
    must_be(
        """
        lb01  0 steady  loop: split brain  wrong
        lb02  0 steady  loop: ok
        """,
        start(make_lab),
    )


def test_after_a_planned_stop_the_loop_cries_on_the_new_owner(make_lab: MakeLab) -> None:
    lab = start(make_lab)
    lab.keepalived("lb01").stop()
    lab.truth.wait_owner(conf.VIP, "lb02")
    must_be(
        """
        lb01  1 degraded  loop: ok
        lb02  0 steady    loop: split brain  wrong
        """,
        lab,
    )


def test_after_a_failback_the_loop_cries_on_the_preferred_node(make_lab: MakeLab) -> None:
    lab = start(make_lab)
    lab.keepalived("lb01").stop()
    lab.truth.wait_owner(conf.VIP, "lb02")
    lab.keepalived("lb01").start()
    lab.truth.wait_owner(conf.VIP, "lb01")
    must_be(
        """
        lb01  0 steady  loop: split brain  wrong
        lb02  0 steady  loop: ok
        """,
        lab,
    )


def test_after_a_host_crash_the_other_is_degraded(make_lab: MakeLab) -> None:
    lab = start(make_lab)
    lab.wires.cut("lb01")
    lab.truth.wait_owner(conf.VIP, "lb02")
    must_be(
        """
        lb01  2 isolated  loop: ok
        lb02  1 degraded  loop: ok
        """,
        lab,
    )


def test_a_split_by_an_inbound_filter_is_told_on_both_nodes(make_lab: MakeLab) -> None:
    lab = start(make_lab)
    lab.firewall.drop_vrrp_inbound("lb02")
    lab.truth.wait_holders(conf.VIP, BOTH)
    must_be(
        """
        lb01  2 split_brain  loop: split brain
        lb02  2 split_brain  loop: split brain
        """,
        lab,
    )


def test_a_split_by_a_password_is_told_although_one_node_is_muted(make_lab: MakeLab) -> None:
    lab = start(make_lab, advert_int=1, auth_pass="secret")
    changed = conf.pair(lab.topology, advert_int=1, auth_pass="secret")["lb02"]
    lab.keepalived("lb02").write_conf(replace(changed, auth_pass="other"))
    lab.keepalived("lb02").reload()
    lab.truth.wait_holders(conf.VIP, BOTH)
    must_be(
        """
        lb01  2 split_brain  loop: split brain
        lb02  2 split_brain  loop: split brain
        """,
        lab,
    )


def test_in_a_partition_the_check_warns_where_the_loop_is_content(make_lab: MakeLab) -> None:
    lab = start(make_lab)
    lab.firewall.partition(["lb01"], ["lb02"])
    lab.truth.wait_holders(conf.VIP, BOTH)
    must_be(
        """
        lb01  1 degraded  loop: ok  wrong
        lb02  1 degraded  loop: ok  wrong
        """,
        lab,
    )


def test_a_vip_added_by_hand_on_the_standby_is_a_split_on_both_nodes(make_lab: MakeLab) -> None:
    lab = start(make_lab)
    lab.node("lb02").add_address(f"{conf.VIP}/24")
    lab.truth.wait_holders(conf.VIP, BOTH)
    must_be(
        """
        lb01  2 split_brain  loop: split brain
        lb02  2 split_brain  loop: split brain
        """,
        lab,
    )
    code, output, _ = run_check(lab, "lb01")  # a master that was told of no peer: somebody has its VIP
    assert (code, "conflict: a host outside the pair, " + lab.node("lb02").mac() in output) == (2, True), (
        output
    )


def test_a_vip_left_behind_on_a_virtual_mac_is_a_split_on_both_nodes(make_lab: MakeLab) -> None:
    lab = start(make_lab, use_vmac=True, **QUICK)
    must_be("lb02  0 steady  loop: ok", lab)
    lab.keepalived("lb01").kill_both()
    lab.truth.wait_holders(conf.VIP, BOTH)
    must_be(
        """
        lb01  2 split_brain  loop: split brain
        lb02  2 split_brain  loop: split brain
        """,
        lab,
    )


def test_an_ipv6_vip_is_looked_at_in_the_same_way(make_lab: MakeLab) -> None:
    lab = make_lab()
    lab.start_keepalived(conf.pair(lab.topology, vips=(f"{conf.VIP6}/64",), **QUICK))
    lab.truth.wait_owner(conf.VIP6, "lb01")
    must_be(
        """
        lb01  0 steady  loop: split brain  wrong
        lb02  0 steady  loop: ok
        """,
        lab,
        vip=conf.VIP6,
    )
    lab.node("lb02").add_address(f"{conf.VIP6}/64")
    lab.truth.wait_holders(conf.VIP6, BOTH)
    # the loop's ping now leaves with the VIP as its source, and the peer answers itself
    must_be("lb01  2 split_brain  loop: ok  wrong", lab, vip=conf.VIP6)


def test_a_vip_that_nobody_holds_has_no_owner_and_a_lonely_node_says_that_it_knows_no_peer(
    make_lab: MakeLab,
) -> None:
    lab = start(make_lab)
    code, output, _ = run_check(lab, "lb01", "--vip", "10.0.0.99", "--peer", lab.topology.ipv4("lb02"))
    assert (code, "no_owner: nobody holds 10.0.0.99" in output) == (2, True)
    code, output, _ = run_check(lab, "lb01")
    assert (code, output.splitlines()[-1]) == (0, "no peer is known to look at: name it with --peer")


def test_what_cannot_be_checked_is_unknown_in_one_line_that_says_why(make_lab: MakeLab) -> None:
    lab = make_lab()
    lab.node("lb01").write("/etc/keepalived/keepalived.conf", "vrrp_instance VI_1 {\n  interface\n}\n")
    lab.node("lb02").write(CONFIG_FILE, "[node]\nnmae = 1\n")
    for node, arguments, words in (
        ("lb01", "--vip 10.9.9.9", "10.9.9.9: no device of this host is in its network"),
        ("lb01", "--vip 127.0.0.1", "127.0.0.1: this host has it on the loopback alone"),
        ("lb01", "--vip ten", "ten: not an IP address"),
        ("lb01", "--vip 10.0.0.100 --interface eth7", "eth7: this host has no such interface"),
        ("lb01", "--interface eth0", "--interface goes with --vip"),
        ("lb01", "--vip 10.0.0.100 --peer 10.0.0.100", "not the VIP"),
        ("lb01", "--peer 10.0.0.11", "10.0.0.11: --peer is the other node's address, and this node has it"),
        ("lb01", "--timeout soon", "--timeout: 'soon' is not a number of seconds"),
        ("lb01", "--frobnicate", "--frobnicate"),
        ("lb01", "--keepalived-conf /etc/nothing", "/etc/nothing: no such file"),
        ("lb01", "--keepalived-conf /etc/hostname", "/etc/hostname: no virtual router in it"),
        ("lb01", "", "/etc/keepalived/keepalived.conf:2"),
        ("lb02", "", "node.nmae"),
    ):
        code, output, problem = run_check(lab, node, *arguments.split())
        assert (code, (output + problem).count("\n")) == (3, 1), (arguments, output, problem)
        assert words in output + problem
    code, output, problem = run_check(lab, "lb01", "--vip", conf.VIP, identity=NOBODY)
    assert (code, problem) == (3, "")
    assert output == "HAWATCH UNKNOWN - packet sockets are refused: CAP_NET_RAW is missing\n"
