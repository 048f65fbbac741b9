"""`hawatch init` on both nodes of a real pair, as the documents tell it: a dialogue on one, its line for the other."""

from __future__ import annotations

import re
import shlex
import stat
from typing import Any

import pytest

from deploy.lab import Topology, conf
from deploy.lab.agents import COMMAND, CONFIG_FILE, KEY_FILE
from deploy.lab.node import Node, environment
from deploy.lab.waiting import wait_until
from tests.at_terminal import at_terminal
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

HAWATCH = f'hawatch() {{ {shlex.join(COMMAND)} "$@"; }}; '
"""The command by its name, for a shell in a node."""


def dialogue(node: Node, answers: dict[str, str]) -> str:
    """`hawatch init` at a terminal on a node; `answers` by a part of the question, else Enter. All that was shown."""
    return at_terminal([*node.namespace.enter(), *COMMAND, "init"], answers, environment(None))


def line_for(name: str, shown: str) -> tuple[str, str]:
    """What is to be run on another node, and the file with the key, from the line that was printed."""
    found = re.search(rf"on {name}:\n +(ssh .*)\n", shown)
    assert found is not None, shown
    _, _, command, key = shlex.split(found[1])
    return command, key.removeprefix("<")


def settled(pair: Scene, name: str) -> dict[str, Any]:
    """The status of a node once it has heard the other's agent on every link."""

    def look() -> dict[str, Any] | None:
        status = pair.lab.agent(name).status()
        links = [link["state"] for peer in status["peers"] for link in peer["links"]]
        return status if links and set(links) == {"up"} else None

    return wait_until(look, what=f"all links of {name} to be up", timeout=HANG_GUARD)


def test_two_nodes_are_set_up_by_a_dialogue_and_a_line_and_are_steady_with_each_other_verified() -> None:
    with scene(Topology(wire=True), advert_int=0.3, version=3, start_agents=False) as pair:
        lb01, lb02 = pair.lab.node("lb01"), pair.lab.node("lb02")
        for node in (lb01, lb02):
            node.path(KEY_FILE).unlink()

        shown = dialogue(lb01, {"A name for the pair": "web", "Number or address": "0.0.0.0"})
        command, key_file = line_for("lb02", shown)
        key = lb01.path(key_file).read_text()
        assert key.strip() not in shown
        said = lb02.run(["sh", "-c", HAWATCH + command], stdin=key).stdout
        assert "taken over" in said

        for node, other in ((lb01, lb02), (lb02, lb01)):
            text = node.path(CONFIG_FILE).read_text()
            assert '\nhttp = "0.0.0.0:10112"' in text
            for device in ("eth0", "eth2"):
                assert f'\nremote = "{other.ipv4(device)}"' in text
                assert f'\nlocal = "{node.ipv4(device)}"' in text
            agent = pair.lab.agent(node.name)
            for path in (CONFIG_FILE, KEY_FILE):
                seen = node.path(path).stat()
                assert (stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid) == (
                    0o640,
                    0,
                    agent.identity.gid,
                )
            checked = node.run([*COMMAND, "check-config"])
            assert (checked.stdout.splitlines()[0], checked.stderr) == (f"{CONFIG_FILE}: OK", "")
        assert lb02.path(KEY_FILE).read_text() == key

        for name in ("lb01", "lb02"):
            pair.lab.helper(name).start()
            pair.lab.agent(name).start()
        pair.settle()
        for name, peer_name in (("lb01", "lb02"), ("lb02", "lb01")):
            status = settled(pair, name)
            assert (status["node"], status["pair"]) == (name, "web")
            assert [(peer["name"], peer["agent"]) for peer in status["peers"]] == [(peer_name, "up")]
            assert [link["name"] for link in status["peers"][0]["links"]] == ["lan", "eth2"]
            assert "peer_unverified" not in str(status["virtual_routers"])


def test_on_a_unicast_pair_a_script_needs_to_say_nothing_at_all() -> None:
    with scene(
        confs=conf.pair(Topology(), unicast=True, advert_int=0.3, version=3),
        advert_int=0.3,
        start_agents=False,
    ) as pair:
        lb01, lb02 = pair.lab.node("lb01"), pair.lab.node("lb02")
        for node in (lb01, lb02):
            node.path(KEY_FILE).unlink()

        lb01.run([*COMMAND, "init", "--yes"])
        lb02.run([*COMMAND, "init", "--yes", "--key-from", "-"], stdin=lb01.path(KEY_FILE).read_text())
        pair.lab.start_agents()
        pair.settle()
        for name in ("lb01", "lb02"):
            assert [peer["agent"] for peer in settled(pair, name)["peers"]] == ["up"]
