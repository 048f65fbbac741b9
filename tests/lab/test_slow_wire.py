"""The lab's slow wire: late frames, whole ones, and a pair that is content with it."""

from __future__ import annotations

import re

import pytest

from deploy.lab import Lab, conf
from tests.lab.conftest import MakeLab
from tests.lab.scene import scene

pytestmark = pytest.mark.lab


def round_trip(lab: Lab) -> float:
    """The shortest of three echoes from the client to lb01, in milliseconds."""
    address = lab.topology.ipv4("lb01")
    told = lab.node("client").run(["ping", "-c", "3", "-i", "0.2", address]).stdout
    found = re.search(r"rtt min/\S+ = ([0-9.]+)/", told)
    assert found is not None, told
    return float(found.group(1))


def test_what_comes_over_a_slow_wire_is_late_both_ways_until_it_heals(make_lab: MakeLab) -> None:
    lab = make_lab()
    with lab.wires.slow("lb01", delay=0.05):
        assert round_trip(lab) >= 100
    assert round_trip(lab) < 100


def test_late_advertisements_and_reports_that_overtake_each_other_are_no_trouble() -> None:
    with scene(version=3, advert_int=0.3) as pair:
        pair.settle()
        with pair.lab.wires.slow("lb02", delay=0.03, jitter=0.03):
            pair.look_on(4)
            links = pair.lab.agent("lb01").status()["peers"][0]["links"]
            assert [link["state"] for link in links] == ["up"], "its datagrams arrive whole"
            assert links[0]["rtt_seconds"] >= 0.06
        pair.must_have_said("steady")
        assert pair.lab.truth.holders(conf.VIP) == {"lb01"}
