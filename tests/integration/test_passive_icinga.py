"""Results that agents push to the API of a real icinga2 on the shipped files: a split, its end, and silence."""

from __future__ import annotations

import os
import time

from deploy.lab import Lab
from deploy.lab.identity import agent_identity
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.icinga_server import Icinga, including, output
from tests.integration.monitored import MONITORED, monitor, monitored_pair, since_healed, since_split, split
from tests.lab.scene import HANG_GUARD, Scene

OK, WARNING, CRITICAL, UNKNOWN = range(4)
COMMON = ("hawatch-command.conf", "hawatch-templates.conf", "hawatch-pages.conf")
PASSWORD = "chosen-by-the-site"
SITE = f"""
const HawatchApiPassword = "{PASSWORD}"
object Host "web" {{
  check_command = "dummy"
  vars.hawatch_passive = true
  vars.hawatch_freshness = 6s
}}
object Host "another" {{
  check_command = "dummy"
  vars.hawatch_agents = [ "lb01:10112" ]
}}
"""
CA_FILE, PASSWORD_FILE = "/etc/hawatch/icinga2-ca.crt", "/etc/hawatch/icinga2.password"
PUSHED = f"""
[[passive]]
name = "icinga"
icinga2 = "https://monitor:5665"
password_file = "{PASSWORD_FILE}"
ca_file = "{CA_FILE}"
every = "2s"
moved_within = 0
"""


def equip(pair: Scene, icinga: Icinga) -> None:
    """The certificate of Icinga's authority, and the password, on both nodes."""
    authority = icinga.node.path(icinga.ca_file).read_text()
    for name in pair.watched:
        node = pair.lab.node(name)
        node.write(CA_FILE, authority)
        node.write(PASSWORD_FILE, f"{PASSWORD}\n")
        path = node.path(PASSWORD_FILE)
        os.chown(path, 0, agent_identity().gid)
        path.chmod(0o640)


def test_a_split_its_end_and_silence_are_seen_in_icinga_which_asks_nobody(told: Tell) -> None:
    with monitored_pair(PUSHED, start_agents=False) as pair:
        objects = including(*COMMON) + SITE + including("passive.conf")
        icinga = Icinga(monitor(pair), objects=objects)
        icinga.start()
        equip(pair, icinga)
        pair.lab.start_agents(*pair.watched)
        pair.settle()
        icinga.await_state("web", "hawatch", OK)
        with split(pair):
            seen = icinga.await_state("web", "hawatch", CRITICAL)
            told("icinga2, pushed to its API: CRITICAL after the second owner", since_split(pair))
            assert "split_brain: lb01 and lb02 both hold 10.0.0.100" in output(seen)
            result = seen["last_check_result"]
            assert (result["active"], result["check_source"]) == (False, "lb01")
            assert any(each.startswith("VI_1_severity=2") for each in result["performance_data"])
            assert "VI_1 (vrid 51" in result["output"].splitlines()[1]
        icinga.await_state("web", "hawatch", OK)
        told("icinga2, pushed to its API: OK after one of them let go", since_healed(pair))
        pair.lab.agent("lb01").kill()
        killed = pair.lab.now()
        await_source(icinga, "lb02")
        told("icinga2: a result of lb02 after the agent on lb01 was killed", pair.lab.now() - killed)
        assert_nothing_secret(pair)
        pair.lab.agent("lb02").kill()
        killed = pair.lab.now()
        seen = icinga.await_state("web", "hawatch", UNKNOWN)
        told("icinga2: UNKNOWN after both agents were killed (ttl 6 s)", pair.lab.now() - killed)
        assert "no agent of the pair has sent a result in time" in output(seen)


def await_source(icinga: Icinga, node: str) -> None:
    def look() -> bool | None:
        time.sleep(0.05)
        result = icinga.service("web", "hawatch")["last_check_result"]
        return True if result["check_source"] == node else None

    wait_until(look, what=f"a result of {node}", timeout=HANG_GUARD)


def assert_nothing_secret(pair: Scene) -> None:
    """The password is in no log, journal, status or metric."""
    for name in pair.watched:
        agent = pair.lab.agent(name)
        files = [path for path in agent.state.rglob("*") if path.is_file()]
        texts = [path.read_bytes() for path in files] + [agent.log().encode()]
        if agent.running:
            texts += [agent.get(path).encode() for path in ("/metrics", "/api/v1/status", "/")]
        assert not any(PASSWORD.encode() in text for text in texts)


# --- what becomes of one result -------------------------------------------------------------------

PUSH = """
import asyncio, sys
from hawatch.config import load
from hawatch.errors import DeliveryError
from hawatch.passive.icinga2 import Icinga2
from hawatch.passive.result import PassiveResult
output = "HAWATCH WARNING - VI_1 degraded: no standby; 裂脑 \\\\ \\"quoted\\" " + chr(39) + " && true"
for table in sys.argv[1:]:
    (target,) = load(f"[[passive]]\\nname = 'icinga'\\n{table}", "x").passive
    result = PassiveResult(
        host=target.host, service=target.service, code=1, output=output, perfdata=("a=1;;;0;3", "b=2c"),
        details=("second", "  third | bar"), source="lb01", ttl=60.0,
    )
    try:
        asyncio.run(Icinga2(target).deliver(result))
        print("accepted")
    except DeliveryError as error:
        print(error.temporary, error)
"""
GOOD = f"icinga2 = 'https://monitor:5665'\npassword_file = '{PASSWORD_FILE}'\nca_file = '{CA_FILE}'\nhost = 'web'\n"


def test_each_thing_that_may_go_wrong_is_one_line_that_says_where() -> None:
    with Lab(MONITORED) as lab:
        icinga = Icinga(lab.node("monitor"), objects=including(*COMMON) + SITE + including("passive.conf"))
        icinga.start()
        node = lab.node("client")
        node.write(CA_FILE, icinga.node.path(icinga.ca_file).read_text())
        node.write(PASSWORD_FILE, f"{PASSWORD}\n")
        node.write("/etc/hawatch/wrong", "guessed\n")

        def push(*tables: str) -> list[str]:
            return node.run([INTERPRETER, "-c", PUSH, *tables], timeout=HANG_GUARD).stdout.splitlines()

        url, address = "https://monitor:5665", icinga.node.ipv4()
        by_address = f"https://{address}:5665"
        assert push(
            GOOD,
            GOOD.replace(PASSWORD_FILE, "/etc/hawatch/wrong"),
            GOOD.replace("'web'", "'nowhere'"),
            GOOD.replace("'web'", "'web\" && true && \"'"),
            GOOD.replace("'web'", "'another'"),
            GOOD.replace(f"ca_file = '{CA_FILE}'\n", ""),
            GOOD.replace(url, by_address),
            GOOD.replace(PASSWORD_FILE, "/etc/hawatch/none"),
            GOOD.replace("5665", "5666"),
        ) == [
            "accepted",
            f"False {url}: 401, it does not know the user hawatch with this password",
            f"False {url}: 404, it has no service hawatch on a host nowhere for hawatch",
            f'False {url}: 404, it has no service hawatch on a host web" && true && " for hawatch',
            f"False {url}: 404, it has no service hawatch on a host another for hawatch",
            f"True {url}: no secure connection: self-signed certificate in certificate chain",
            f"True {by_address}: no secure connection: IP address mismatch, certificate is not valid for '{address}'.",
            "True /etc/hawatch/none: no such file or directory",
            "True https://monitor:5666: Connection refused",
        ]
        seen = icinga.service("web", "hawatch")
        assert (seen["state"], seen["last_check_result"]["performance_data"]) == (
            WARNING,
            ["a=1;;;0;3", "b=2c"],
        )
        assert output(seen).splitlines() == [
            'HAWATCH WARNING - VI_1 degraded: no standby; 裂脑 \\ "quoted" \' && true',
            "second",
            "  third | bar",
        ]
