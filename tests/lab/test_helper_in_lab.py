"""hawatch-helper beside a real keepalived and a real firewall, asked by the unprivileged agent's user."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.lab import KeepalivedConf, Lab, Topology, agent_identity, conf
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from hawatch.evidence import ConfigRead
from hawatch.keepalived.dumps import NAMES, read_json
from hawatch.plain import codec
from tests.lab.conftest import MakeLab

pytestmark = pytest.mark.lab

PASSWORD = "s3cret99"
ASK = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect("/run/hawatch/helper.sock")
client.sendall(sys.argv[1].encode() + b"\\n")
print(client.makefile().readline())
"""
WATCH = """
import asyncio, json
from hawatch import clock
from hawatch.evidence import ConfigRead
from hawatch.observers.keepalived_config import KeepalivedConfigObserver
from hawatch.plain import codec

def tell(evidence):
    if isinstance(evidence, ConfigRead):
        print(json.dumps(codec(ConfigRead).encode(evidence)), flush=True)

path = "/etc/keepalived/keepalived.conf"
asyncio.run(KeepalivedConfigObserver(path=path, put=tell, clock=clock, fingerprint=bytes.hex).run())
"""


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """A node with a keepalived.conf that only root may read, and a password in it."""
    lab = make_lab(Topology(routers=("lb01", "lb02"), hosts=()))
    lab.keepalived("lb01").write_conf(conf.pair(lab.topology, auth_pass=PASSWORD)["lb01"])
    return lab


def start_helper(lab: Lab) -> None:
    lab.helper("lb01").start()
    socket = lab.node("lb01").path("/run/hawatch/helper.sock")
    wait_until(lambda: socket.exists() or None, what="the helper's socket", timeout=30)


def ask(lab: Lab, **request: object) -> dict[str, Any]:
    said = lab.node("lb01").run([INTERPRETER, "-c", ASK, json.dumps(request)], identity=agent_identity())
    assert PASSWORD not in said.stdout
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


def test_the_agents_user_gets_the_configuration_that_it_may_not_read(lab: Lab) -> None:
    start_helper(lab)
    (router,) = ask(lab, verb="config")["config"]["virtual_routers"]
    assert router["vrid"] == 51
    assert router["auth_fingerprint"]


def test_a_dump_has_no_password_and_leaves_no_file(lab: Lab) -> None:
    start_helper(lab)
    assert ask(lab, verb="dump")["error"] == "keepalived does not run here"
    lab.keepalived("lb01").start()
    for _ in range(2):
        (instance,) = ask(lab, verb="dump")["data"]
        assert instance["data"]["iname"] == "VI_1"
        assert instance["data"]["auth_type"] == 1
        assert not list(lab.node("lb01").path("/tmp").glob("keepalived*"))
        assert read_json([instance])["VI_1"].keys() == NAMES
    assert lab.keepalived("lb01").log().count("Printing VRRP as json") == 2


def test_a_dump_with_the_instance_in_its_name_is_found_and_taken_away(lab: Lab) -> None:
    written = conf.pair(lab.topology, auth_pass=PASSWORD)["lb01"]
    tagged = KeepalivedConf(
        instances=(written,), global_defs=("data_use_instance",), extra=("instance blue",)
    )
    lab.keepalived("lb01").write_conf(tagged)
    start_helper(lab)
    lab.keepalived("lb01").start()
    (instance,) = ask(lab, verb="dump")["data"]
    assert instance["data"]["iname"] == "VI_1"
    assert not list(lab.node("lb01").path("/tmp").glob("keepalived*"))


def test_a_stopped_keepalived_is_not_asked(lab: Lab) -> None:
    start_helper(lab)
    lab.keepalived("lb01").start()
    lab.keepalived("lb01").freeze()
    assert ask(lab, verb="dump")["error"] == "keepalived is stopped, and answers nothing"
    lab.keepalived("lb01").thaw()
    assert ask(lab, verb="dump")["ok"] is True
    assert lab.keepalived("lb01").log().count("on signal") == 1


def test_the_rules_that_drop_vrrp_are_listed(lab: Lab) -> None:
    start_helper(lab)
    with lab.firewall.drop_vrrp_inbound("lb01"):
        listed = ask(lab, verb="firewall")
    rules = [entry["rule"] for entry in listed["nft"]["nftables"] if "rule" in entry]
    assert any("112" in json.dumps(rule) and {"drop": None} in rule["expr"] for rule in rules)


def test_without_the_helper_the_agents_user_is_told_why_and_with_it_reads_on(lab: Lab) -> None:
    watcher = lab.node("lb01").popen([INTERPRETER, "-c", WATCH], name="watcher", identity=agent_identity())

    def told() -> list[ConfigRead]:
        assert watcher.running, watcher.output()
        lines = [line for line in watcher.output().splitlines() if line.startswith("{")]
        return [codec(ConfigRead).decode(json.loads(line)) for line in lines]

    (refused,) = wait_until(lambda: told() or None, what="the first word", timeout=30)
    assert refused.problem == (
        "/etc/keepalived/keepalived.conf: permission denied,"
        " and hawatch-helper does not run (/run/hawatch/helper.sock is not there)"
    )
    start_helper(lab)
    read = wait_until(lambda: told()[1:] or None, what="the configuration", timeout=30)[0]
    assert read.config is not None
    lab.keepalived("lb01").write_conf(conf.pair(lab.topology, auth_pass=PASSWORD, priority=77)["lb01"])
    changed = wait_until(lambda: told()[2:] or None, what="the change", timeout=30)[0]
    assert changed.config is not None
    assert changed.config.virtual_routers[0].priority == 77
    lab.helper("lb01").kill()
    lost = wait_until(lambda: told()[3:] or None, what="the loss", timeout=30)[0]
    assert lost.config is None
    assert "hawatch-helper" in str(lost.problem)
    start_helper(lab)
    again = wait_until(lambda: told()[4:] or None, what="the configuration again", timeout=30)[0]
    assert again.config == changed.config
