"""Each monitoring tool as it really is: one acknowledgement made, seen, replaced, taken back, and refused."""

from __future__ import annotations

import json
import os
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.lab import Lab, Node, Topology
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.integration.alertmanager_server import Alertmanager
from tests.integration.icinga_server import Icinga, including
from tests.integration.monitored import Server
from tests.integration.nagios_server import HAWATCH_PAGES, PLACE, Nagios
from tests.lab.scene import HANG_GUARD

PROGRAM = """
import asyncio, dataclasses, json, sys
from hawatch.agent.equipment import HostClock
from hawatch.agent.monitor_lane import tool_for
from hawatch.config import load
from hawatch.errors import DeliveryError
from hawatch.mirror.wish import Acknowledge, Silence, Unacknowledge, Unsilence, Wish

KINDS = {each.__name__: each for each in (Acknowledge, Silence, Unacknowledge, Unsilence)}

def deed_of(plain):
    kind, wish = plain.pop("kind"), plain.get("wish")
    if wish is not None:
        plain["wish"] = Wish(**{**wish, "incidents": (), "instances": tuple(wish["instances"])})
    return KINDS[kind](**plain)

async def story(table, deeds):
    (monitor,) = load(f"[[monitor]]\\nname = 'm'\\n{table}", "x").monitors
    tool = tool_for(monitor, HostClock())
    try:
        for each in deeds:
            await tool.do(deed_of(json.loads(each)), "web")
        found = dataclasses.asdict(await tool.look("web"))
    except DeliveryError as error:
        found = {"temporary": error.temporary, "error": str(error)}
    print(json.dumps(found, default=sorted))

table, *deeds = sys.argv[1:]
asyncio.run(story(table, deeds))
"""
SIGNATURE = "0123456789ab"
TEXT = f"[hawatch {SIGNATURE}] 261127-lb01-1: split_brain VI_1, acknowledged by anna"


def wish(**more: Any) -> dict[str, Any]:
    return {"signature": SIGNATURE, "instances": ["VI_1"], "author": "anna", "text": TEXT, **more}


def acknowledge(**more: Any) -> dict[str, Any]:
    return {"kind": "Acknowledge", "wish": wish(**more)}


BACK = {"kind": "Unacknowledge", "key": SIGNATURE}


class Hand:
    """A node from which a tool is looked at, and told what to show."""

    def __init__(self, node: Node, table: str) -> None:
        self.node, self.table = node, table

    def does(self, *deeds: dict[str, Any], table: str | None = None) -> dict[str, Any]:
        """The look after these; or the error."""
        argv = [INTERPRETER, "-c", PROGRAM, table or self.table, *map(json.dumps, deeds)]
        found: dict[str, Any] = json.loads(self.node.run(argv, timeout=HANG_GUARD).stdout)
        return found

    def looks(self) -> dict[str, Any]:
        return self.does()


# --- Icinga 2 -------------------------------------------------------------------------------------

PASSWORD = "chosen-by-the-site"
ICINGA_SITE = f"""
const HawatchApiPassword = "{PASSWORD}"
const HawatchAckPassword = "{PASSWORD}"
object ApiUser "nobody" {{ password = "{PASSWORD}", permissions = [ "actions/process-check-result" ] }}
object ApiUser "halfway" {{ password = "{PASSWORD}", permissions = [ "objects/query/Service", "actions/*" ] }}
object Host "web" {{
  check_command = "dummy"
  vars.hawatch_passive = true
}}
object Host "another" {{ check_command = "dummy" }}
object Service "else" {{
  host_name = "web"
  check_command = "dummy"
  enable_active_checks = false
}}
object User "oncall" {{ }}
apply Notification "all" to Service {{
  command = "append"
  users = [ "oncall" ]
  assign where service.name == "hawatch"
}}
"""
CA_FILE, PASSWORD_FILE = "/etc/hawatch/icinga2-ca.crt", "/etc/hawatch/icinga2.password"
ICINGA = (
    f"icinga2 = 'https://monitor:5665'\nuser = 'hawatch-acks'\npassword_file = '{PASSWORD_FILE}'\n"
    f"ca_file = '{CA_FILE}'\n"
)


def result(icinga: Icinga, code: int, service: str = "hawatch") -> None:
    body = {"type": "Service", "service": f"web!{service}", "exit_status": code, "plugin_output": "said"}
    assert icinga.ask("POST", "/v1/actions/process-check-result", body).status == 200
    icinga.await_state("web", service, code)


def status_of(icinga: Icinga, path: str, *, user: str) -> int:
    """What a user of the API is answered."""
    word = b64encode(f"{user}:{PASSWORD}".encode()).decode()
    tls = ssl.create_default_context(cadata=icinga.node.path(icinga.ca_file).read_text())
    tls.check_hostname = False
    headers = {"Accept": "application/json", "Authorization": f"Basic {word}"}
    return Server(node=icinga.node, port=icinga.port, headers=headers, tls=tls).ask("GET", path).status


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Topology(hosts=("client", "gateway", "monitor"))) as made:
        yield made


def test_icinga2_acknowledges_shows_expires_and_refuses_as_the_shipped_user_may(lab: Lab) -> None:
    objects = including("hawatch-command.conf", "hawatch-templates.conf", "hawatch-pages.conf")
    objects += ICINGA_SITE + including("passive.conf", "acknowledgements.conf")
    icinga = Icinga(lab.node("monitor"), objects=objects)
    icinga.start()
    node = lab.node("client")
    node.write(CA_FILE, icinga.node.path(icinga.ca_file).read_text())
    node.write(PASSWORD_FILE, f"{PASSWORD}\n")
    node.write("/etc/hawatch/wrong", "guessed\n")
    hand = Hand(node, ICINGA)

    assert hand.looks()["problem"] is False, "before the first result"
    result(icinga, 0)
    well = hand.does(acknowledge())
    assert (well["problem"], well["mark"]) == (False, None), "what is well takes no acknowledgement"
    notified = {"attrs": {"enable_notifications": True}}
    assert icinga.ask("POST", "/v1/objects/services/web!hawatch", notified).status == 200
    result(icinga, 2)
    look = hand.does(acknowledge())
    mark = look["mark"]
    assert (mark["author"], mark["text"], mark["until"]) == ("anna", TEXT, None)
    assert abs(mark["since"] - time.time()) < HANG_GUARD
    assert 0 < look["well_at"] < mark["since"]
    assert icinga.service("web", "hawatch")["acknowledgement"] == 2, "sticky"
    assert hand.does(acknowledge(author="bo"))["mark"] == mark, "it is there already"
    again = hand.does(BACK, BACK, acknowledge(author='bo" + "', text=f"{TEXT} 裂脑 {{{{ 1 }}}}"))["mark"]
    assert (again["author"], again["text"]) == ('bo" + "', f"{TEXT} 裂脑 {{{{ 1 }}}}")
    assert hand.does(BACK)["mark"] is None
    until = float(int(time.time()) + 3600)
    assert hand.does(acknowledge(until=until))["mark"]["until"] == until
    assert hand.does(BACK, acknowledge(until=1.0))["mark"] is None, "it says 409, as if it were there already"
    halfway = ICINGA.replace("hawatch-acks", "halfway")
    assert (
        "403, the user halfway may not do objects/query/Comment"
        in hand.does(acknowledge(), table=halfway)["error"]
    )
    assert hand.does(BACK)["mark"] is None
    person = {"type": "Service", "filter": 'service.name=="hawatch"', "author": "carl", "comment": "mine"}
    assert icinga.ask("POST", "/v1/actions/acknowledge-problem", person).status == 200
    mark = hand.looks()["mark"]
    assert (mark["author"], mark["text"]) == ("carl", "mine")
    result(icinga, 0)
    assert hand.looks()["mark"] is None
    kinds = {told.kind for told in icinga.notifications()}
    assert "PROBLEM" in kinds
    assert "ACKNOWLEDGEMENT" not in kinds, "hawatch has told people itself"

    for kind in ("hosts", "users", "apiusers"):
        assert status_of(icinga, f"/v1/objects/{kind}", user="hawatch-acks") in {403, 404}
    assert status_of(icinga, "/v1/objects/services", user="hawatch-acks") == 200
    url = "https://monitor:5665"
    for changed, temporary, problem in (
        (ICINGA.replace(PASSWORD_FILE, "/etc/hawatch/wrong"), False, "401, it does not know the user hawatch-acks"),
        (ICINGA + "host = 'another'\n", False, "404, it has no service hawatch on a host another"),
        (ICINGA + "service = 'else'\n", False, "404, it has no service else on a host web"),
        (ICINGA.replace("hawatch-acks", "nobody"), False, "403, the user nobody may not do objects/query/Service"),
        (ICINGA.replace("5665", "5666"), True, "Connection refused"),
    ):  # fmt: skip
        found = hand.does(table=changed)
        assert found["temporary"] is temporary, found
        assert problem in found["error"]
        assert found["error"].startswith(url[:-1])


# --- Nagios ---------------------------------------------------------------------------------------

NAGIOS_SITE = """\
define host {
    use                     hawatch-pair-passive
    host_name               web
    address                 10.0.0.100
}
"""
NAGIOS = f"command_file = '{PLACE}/rw/nagios.cmd'\nstatus_file = '{PLACE}/status.dat'\n"


def await_look(hand: Hand, *, author: str | None) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = hand.looks()
        shown = None if found["mark"] is None else found["mark"]["author"]
        return found if shown == author else None

    return wait_until(look, what=f"{author} in status.dat", timeout=HANG_GUARD)


def test_nagios_acknowledges_shows_and_forgets_as_status_dat_says(lab: Lab) -> None:
    nagios = Nagios(lab.node("monitor"), site=NAGIOS_SITE, objects=(*HAWATCH_PAGES, "passive.cfg"))
    nagios.start()
    hand = Hand(lab.node("monitor"), NAGIOS)
    assert hand.looks()["problem"] is False, "before the first result"
    nagios.command("PROCESS_SERVICE_CHECK_RESULT;web;hawatch;0;well")
    nagios.await_state("web", "hawatch", "OK")
    nagios.command("PROCESS_SERVICE_CHECK_RESULT;web;hawatch;2;split")
    nagios.await_state("web", "hawatch", "CRITICAL")
    look = hand.looks()
    assert look["problem"] is True
    assert look["mark"] is None
    assert 0 < look["started"] <= look["well_at"] < look["at"] + 1
    hand.does(acknowledge())
    mark = await_look(hand, author="anna")["mark"]
    assert mark["text"] == TEXT
    assert abs(mark["since"] - time.time()) < HANG_GUARD
    assert nagios.service("web", "hawatch")["acknowledgement_type"] == "2", "sticky"
    nagios.command("PROCESS_SERVICE_CHECK_RESULT;web;hawatch;1;less")
    nagios.await_state("web", "hawatch", "WARNING")
    assert hand.looks()["mark"] == mark
    hand.does(BACK)
    await_look(hand, author=None)
    evil = f"{TEXT}; ok\n[1] SHUTDOWN_PROCESS\r裂脑 = {'长' * 3000}"
    hand.does(acknowledge(author="b;o\n[1] SHUTDOWN_PROCESS", text=evil))
    found = await_look(hand, author="b o [1] SHUTDOWN_PROCESS")["mark"]["text"]
    assert found.startswith(f"{TEXT}  ok [1] SHUTDOWN_PROCESS 裂脑 = 长")
    assert found.endswith("长长")
    nagios.command("REMOVE_SVC_ACKNOWLEDGEMENT;web;hawatch")
    await_look(hand, author=None)
    nagios.command("ACKNOWLEDGE_SVC_PROBLEM;web;hawatch;1;0;1;carl;by hand")
    mark = await_look(hand, author="carl")["mark"]
    assert mark["text"] == "by hand"
    nagios.command("PROCESS_SERVICE_CHECK_RESULT;web;hawatch;0;well")
    assert await_look(hand, author=None)["problem"] is False
    assert nagios.notifications() == []
    assert hand.does(table=NAGIOS + "host = 'nowhere'\n") == {
        "temporary": False,
        "error": f"{PLACE}/status.dat: it has no service hawatch on a host nowhere",
    }
    assert hand.does(acknowledge(), table=NAGIOS.partition("\n")[0])["problem"] is None
    path = nagios.node.path(f"{PLACE}/status.dat")
    old = path.read_text()
    nagios.stop()
    gone = f"{PLACE}/status.dat: no such file or directory; is Nagios running on this host?"
    assert hand.looks() == {"temporary": True, "error": gone}
    assert hand.does(acknowledge())["temporary"] is True
    path.write_text(old)
    os.utime(path, (1000, 1000))
    assert "not written for" in hand.looks()["error"]


# --- Alertmanager ---------------------------------------------------------------------------------

ALERTS = "alertmanager = 'http://127.0.0.1:9093'\n"


def alert(instance: str, pair: str = "web", name: str = "HawatchSplitBrain") -> dict[str, Any]:
    return {"labels": {"alertname": name, "pair": pair, "vrrp_instance": instance}}


def quiet(alertmanager: Alertmanager) -> set[str]:
    """Which alerts are silenced, as pair/virtual router."""
    return {
        f"{each['labels']['pair']}/{each['labels'].get('vrrp_instance', '')}"
        for each in alertmanager.alerts()
        if each["status"]["silencedBy"]
    }


def silence(*instances: str, **more: Any) -> dict[str, Any]:
    until = more.pop("until", time.time() + 900)
    return {"kind": "Silence", "wish": wish(instances=instances or ["VI_1"]), "until": until, **more}


def test_alertmanager_silences_these_virtual_routers_of_this_pair_and_no_other(lab: Lab) -> None:
    alertmanager = Alertmanager(lab.node("monitor"), "hawatch-pages.yml")
    hand = Hand(lab.node("monitor"), ALERTS)
    odd = 'a.b|c (x) "y"\\'
    of_nobody = {"labels": {"alertname": "HawatchAgentAbsent", "pair": "web", "instance": "lb02:10112"}}
    alertmanager.post(
        [*(alert(each) for each in ("VI_1", "VI_10", "VIx1", "aXb", odd, "裂")), alert("VI_1", "mail"), of_nobody]
    )  # fmt: skip
    look = hand.looks()
    assert look["silences"] == []
    assert set(look["loud"]) == {"VI_1", "VI_10", "VIx1", "aXb", odd, "裂"}
    (mark,) = hand.does(silence())["silences"]
    assert quiet(alertmanager) == {"web/VI_1"}
    assert (mark["author"], mark["text"], mark["covers"]) == ("anna", TEXT, ["VI_1"])
    assert "VI_1" not in hand.looks()["loud"]
    until = float(int(time.time()) + 1800)
    (renewed,) = hand.does(silence(until=until, id=mark["id"], begins=mark["begins"]))["silences"]
    assert (renewed["id"], renewed["begins"]) == (mark["id"], mark["begins"]), "not another silence"
    assert renewed["until"] == until
    look = hand.does({"kind": "Unsilence", "id": mark["id"], "key": SIGNATURE})
    assert look["silences"] == []
    ((key, ended),) = look["ended"]
    assert key == SIGNATURE
    assert ended < until - 60
    hand.does(silence("VI_1", odd, "裂"))
    assert quiet(alertmanager) == {"web/VI_1", f"web/{odd}", "web/裂"}
    assert hand.does({"kind": "Unsilence", "id": "00000000-0000-0000-0000-000000000000", "key": "x"})


def test_alertmanager_shows_peoples_silences_as_far_as_they_are_about_the_pair(lab: Lab) -> None:
    alertmanager = Alertmanager(lab.node("monitor"), "hawatch-pages.yml")
    hand = Hand(lab.node("monitor"), ALERTS)
    alertmanager.post([alert("VI_1"), alert("VI_2"), alert("VI_1", "mail")])

    def by_person(**matchers: str) -> str:
        body = {
            "matchers": [{"name": n, "value": v, "isRegex": False} for n, v in matchers.items()],
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "2099-01-01T00:00:00Z",
            "createdBy": "dora",
            "comment": "on it",
        }
        answer = alertmanager.server.ask("POST", "/api/v2/silences", json.dumps(body))
        assert answer.status == 200, answer
        name: str = json.loads(answer.body)["silenceID"]
        return name

    by_person(pair="mail")
    assert hand.looks()["silences"] == []
    name = by_person(vrrp_instance="VI_1")
    look = hand.looks()
    assert [(each["id"], each["author"], each["covers"]) for each in look["silences"]] == [
        (name, "dora", ["VI_1"])
    ]
    assert look["loud"] == ["VI_2"]
    assert alertmanager.server.ask("DELETE", f"/api/v2/silence/{name}").status == 200
    look = hand.looks()
    assert look["silences"] == []
    assert [key for key, _ in look["ended"]] == [name]
    alertmanager.process.stop()
    assert hand.looks() == {"temporary": True, "error": "http://127.0.0.1:9093: Connection refused"}
