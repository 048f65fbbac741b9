"""Live: a witness that dies, sees nobody, has another key, stands still or speaks of the past; and what it measures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.lab import Lab, conf
from deploy.lab.node import INTERPRETER, SOURCE
from deploy.lab.waiting import wait_until
from tests.lab import asking_client, old_witness
from tests.lab.scene import HANG_GUARD, Scene
from tests.lab.witness_host import (
    BOTH,
    EYES,
    ONE,
    OTHER,
    PLAN,
    WITNESS_TOML,
    WitnessHost,
    rule_on,
    witnessed,
)

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
SLACK = 0.15
"""Seconds: the client asks every twentieth of a second, on a machine that is busy with other labs."""


def test_a_partition_in_which_the_witness_sees_one_side_alone_is_as_undecided_as_without() -> None:
    with witnessed() as (pair, _):
        with pair.lab.firewall.partition(ONE, (*OTHER, *EYES)):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("degraded")
            pair.look_on(5)
            assert "and for the witness" in pair.must_know("peer_unreachable", on="lb02")["summary"]
            assert rule_on(pair, "lb02") == "DG5-gone-for-witness"
            pair.must_know("witness_down", on="lb01")
            pair.must_have_said("steady degraded", on=ONE)
            pair.must_have_said("steady failover degraded", on=OTHER)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")


def test_where_the_other_node_has_no_agent_the_witness_s_own_questions_prove_the_split() -> None:
    with witnessed() as (pair, _host):
        pair.lab.agent("lb02").kill()
        pair.await_verdict("degraded", on=ONE)
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("split_brain", on=ONE)
            split = pair.lab.truth.overlaps(conf.VIP)[-1].start
            said = pair.said("lb01")[-1]
            print(f"lb01: {said.rule} {said.time - split:.3f} s after the second owner")
            assert said.rule == "SB5-witnessed"
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("degraded", on=ONE)


def test_a_witness_that_dies_or_sees_nobody_is_named_and_changes_no_verdict() -> None:
    with witnessed() as (pair, host):
        host.kill()
        pair.must_warn_of("witness_down@witness")
        pair.must_have_said("steady")
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("degraded")
            pair.must_have_said("steady degraded", on=ONE)
            pair.must_have_said("steady failover degraded", on=OTHER)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        host.start()
        host.wait_ready()
        pair.must_warn_of()
        with pair.lab.firewall.partition((*ONE, *OTHER), EYES):
            pair.must_warn_of("witness_down@witness")
        pair.must_warn_of()


def test_a_witness_with_another_key_is_refused_and_named_on_both_sides() -> None:
    with witnessed(key="0123456789abcdef" * 4) as (pair, host):
        pair.must_warn_of("witness_down@witness")
        for node in sorted(BOTH):
            assert "refused: wrong key" in pair.must_know("witness_down", on=node)["summary"]
        refusal = host.pair()["last_refusal"]
        assert refusal["reason"] == "wrong key"
        assert {each["agent"] for each in host.pair()["members"]} == {"none"}
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("degraded")
            pair.look_on(3)
            pair.must_have_said("steady degraded", on=ONE)
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")


def test_a_witness_that_stands_still_is_silent_and_what_it_says_afterwards_is_not_taken_for_new() -> None:
    with witnessed() as (pair, host):
        host.freeze()
        pair.must_warn_of("witness_down@witness")
        with pair.lab.firewall.partition(ONE, OTHER):
            pair.lab.truth.wait_holders(conf.VIP, BOTH)
            pair.await_verdict("degraded")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        pair.forget()
        host.thaw()
        pair.must_warn_of()
        pair.must_have_said("steady")


def test_the_outage_that_the_witness_measured_is_the_one_that_clients_had() -> None:
    service = f'[[pair.service]]\nname = "web"\nhttp = "http://{conf.VIP}/"\n'
    with witnessed(further=service) as (pair, host):
        for node in sorted(BOTH):
            pair.lab.node(node).popen(
                [INTERPRETER, "-m", "http.server", "80", "--directory", "/opt/hawatch"], name="web"
            )
        client = pair.lab.node("client")
        client.write("/tmp/asking_client.py", Path(asking_client.__file__).read_text())
        asking = client.popen([INTERPRETER, "-IS", "/tmp/asking_client.py", conf.VIP, "80"], name="asking")
        wait_until(lambda: host.pair()["services"][0]["up"] or None, what="service", timeout=HANG_GUARD)
        pair.look_on()
        unplugged = pair.lab.wires.cut("lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb02")

        def measured() -> dict[str, Any] | None:
            last = host.pair()["services"][0]["last_outage"]
            return dict(last) if last and last["seconds"] is not None else None

        told = wait_until(measured, what="the end of the outage", timeout=HANG_GUARD)
        pair.look_on()
        truth = asking_client.outages(asking.output().splitlines())[-1]
        print(
            f"the client: {truth.seconds:.3f} s; the witness: {told['seconds']:.3f} s, within {told['within']:.3f} s"
        )
        assert abs(told["seconds"] - truth.seconds) <= 2 * told["within"] + SLACK
        seen = pair.lab.agent("lb02").status()["witnesses"][0]
        assert seen["last_outage"]["seconds"] == pytest.approx(told["seconds"], abs=0.01)

        def noted() -> list[str] | None:
            incidents = json.loads(pair.lab.agent("lb02").get("/api/v1/incidents"))
            lines = [
                each["text"] for i in incidents for each in i["timeline"] if "without service" in each["text"]
            ]
            return lines or None

        print(wait_until(noted, what="a line in the timeline", timeout=HANG_GUARD))
        unplugged.heal()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")


def test_what_the_document_shows_is_run_on_a_witness_of_two_pairs() -> None:
    """docs/witness.md: its sample as it stands, with keys, checked and run; its status and metrics have both pairs."""
    shown = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs" / "witness.md").read_text(encoding="utf-8"), re.DOTALL
    )[1]
    with Lab(PLAN) as lab:
        host = WitnessHost(lab.node("witness"))
        host.prepare()
        host.node.run(["install", "-d", "-m", "750", "-g", str(host.identity.gid), "/etc/hawatch/pairs"])
        for name in ("web", "db"):
            host.write_pair_key(f"pairs/{name}", name * 16)
        host.node.write(WITNESS_TOML, shown)
        said = host.command("check-config", "--witness", WITNESS_TOML)
        assert "/etc/hawatch/witness.toml: OK" in said
        assert "db: db01 (192.168.137.11), db02 (192.168.137.12); 192.168.137.10:5432" in said
        host.start()
        host.wait_ready()
        page = host.command("status")
        assert "witness1, witness of 2 pairs" in page
        assert host.get("/") == page or "web  something is open" in page
        assert 'hawatch_witness_refused_total{pair="db"} 0.0' in host.get("/metrics")
        assert ("web" * 16) not in page + host.get("/metrics") + host.log()
        assert host.stop() == 0


def must_call_it_old(pair: Scene, node: str) -> None:
    """Silent before it began, it speaks of the past now."""

    def said() -> bool | None:
        return (
            True if "is old, and is ignored" in pair.must_know("witness_down", on=node)["summary"] else None
        )

    wait_until(said, what=f"an old word on {node}", timeout=HANG_GUARD)


def test_a_witness_that_speaks_of_the_past_is_ignored_and_named() -> None:
    """It has the key and answers at once; what it says is what a witness may have seen half a minute ago."""
    with witnessed(start=False) as (pair, host):
        key = host.node.path("/etc/hawatch/web.key").read_text().strip()
        host.node.write("/tmp/old_witness.py", Path(old_witness.__file__).read_text())
        liar = host.node.popen(
            [INTERPRETER, "/tmp/old_witness.py", key, PLAN.ipv4("lb01"), PLAN.ipv4("lb02"), conf.VIP],
            name="liar",
            env={"PYTHONPATH": SOURCE},
        )
        pair.must_warn_of("witness_down@witness")
        for node in sorted(BOTH):
            must_call_it_old(pair, node)
        pair.look_on(3)
        pair.must_have_said("steady")
        liar.stop()
