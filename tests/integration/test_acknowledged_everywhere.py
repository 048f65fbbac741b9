"""One acknowledgement for all tools: a real pair with real mail, nagios4, icinga2, prometheus and alertmanager.

split → mail out → an answer through SMTP and IMAP → acknowledged on both nodes and in all three tools; and back
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.lab import LabError, Topology
from deploy.lab.identity import agent_identity
from deploy.lab.mail import CA, MailServer
from deploy.lab.waiting import wait_until
from tests.integration.alertmanager_server import Alertmanager
from tests.integration.conftest import Tell
from tests.integration.icinga_server import Icinga, including
from tests.integration.monitored import split
from tests.integration.nagios_server import HAWATCH_PAGES, PLACE, Nagios
from tests.integration.prometheus_server import Prometheus
from tests.integration.test_mail import ANNA, BO, CONFIG, OURS, Night, Reader, code_in
from tests.integration.test_mail import CA_FILE as MAIL_CA
from tests.integration.test_mail import PASSWORD as MAIL_PASSWORD
from tests.lab.scene import HANG_GUARD, Scene, scene

BOTH = ("lb01", "lb02")
TOOLS = ("nagios", "icinga2", "alertmanager")
PASSWORD = "chosen-by-the-site"
ICINGA_CA, ICINGA_PASSWORD = "/etc/hawatch/icinga2-ca.crt", "/etc/hawatch/icinga2.password"
BOTH_TELL = f"""
[listen]
http = "0.0.0.0:10112"
[[passive]]
name = "icinga"
icinga2 = "https://monitor:5665"
password_file = "{ICINGA_PASSWORD}"
ca_file = "{ICINGA_CA}"
moved_within = 0
[[monitor]]
name = "icinga"
icinga2 = "https://monitor:5665"
user = "hawatch-acks"
password_file = "{ICINGA_PASSWORD}"
ca_file = "{ICINGA_CA}"
[[monitor]]
name = "alertmanager"
alertmanager = "http://monitor:9093"
"""
LB01_TELLS = f"""
[[passive]]
name = "nagios"
command_file = "{PLACE}/rw/nagios.cmd"
moved_within = 0
[[monitor]]
name = "nagios"
command_file = "{PLACE}/rw/nagios.cmd"
status_file = "{PLACE}/status.dat"
"""
NAGIOS_SITE = """\
define host {
    use                     hawatch-pair-passive
    host_name               web
    address                 10.0.0.100
    _HAWATCH_AGENTS         -H lb01 -H lb02
}
"""
ICINGA_SITE = f"""
const HawatchApiPassword = "{PASSWORD}"
const HawatchAckPassword = "{PASSWORD}"
object Host "web" {{
  check_command = "dummy"
  vars.hawatch_passive = true
}}
"""
LONGEST_WARM_UP = 90.0
"""Seconds; a hang guard for the first alert, which waits for scrapes and evaluations of a busy machine."""


@dataclass
class Everywhere:
    """All places where an acknowledgement is to be seen."""

    on_call: Night
    nagios: Nagios
    icinga: Icinga
    prometheus: Prometheus
    alertmanager: Alertmanager

    @property
    def pair(self) -> Scene:
        return self.on_call.pair

    # --- what each of them shows ------------------------------------------------------------------

    def node(self, name: str) -> str | None:
        found = json.loads(self.pair.lab.agent(name).get("/api/v1/incidents"))
        incidents = found["incidents"] if isinstance(found, dict) else found
        still = [each for each in incidents if each["state"] != "resolved"]
        return next((each["acknowledged_by"] for each in still), None)

    def in_nagios(self) -> str | None:
        if self.nagios.service("web", "hawatch").get("problem_has_been_acknowledged") != "1":
            return None
        comments = [values for kind, values in self.nagios._status() if kind == "servicecomment"]
        return max(comments, key=lambda each: int(each["comment_id"]))["author"]

    def in_icinga(self) -> str | None:
        if not self.icinga.service("web", "hawatch")["acknowledgement"]:
            return None
        answer = self.icinga.ask("GET", "/v1/objects/comments")
        comments = json.loads(answer.body)["results"]
        return next((str(each["attrs"]["author"]) for each in comments), None)

    def in_alertmanager(self) -> str | None:
        answer = self.alertmanager.server.ask("GET", "/api/v2/silences")
        silences = [each for each in json.loads(answer.body) if each["status"]["state"] == "active"]
        assert len(silences) <= 1, silences
        return next((str(each["createdBy"]) for each in silences), None)

    def looks(self) -> dict[str, Callable[[], str | None]]:
        return {
            "lb01": lambda: self.node("lb01"),
            "lb02": lambda: self.node("lb02"),
            "nagios": self.in_nagios,
            "icinga2": self.in_icinga,
            "alertmanager": self.in_alertmanager,
        }

    def must_all_show(
        self,
        who: str | None,
        since: float,
        places: tuple[str, ...] = (*BOTH, *TOOLS),
        **otherwise: str | None,
    ) -> dict[str, float]:
        """Wait until all do; the seconds since then for each."""
        took: dict[str, float] = {}
        looks = {place: look for place, look in self.looks().items() if place in places}
        end = time.monotonic() + HANG_GUARD
        while len(took) < len(looks):
            for place, look in looks.items():
                if place not in took and look() == otherwise.get(place, who):
                    took[place] = self.pair.lab.now() - since
            if time.monotonic() > end:
                shown = {place: look() for place, look in looks.items()}
                logs = "\n".join(self.pair.lab.agent(name).log()[-6000:] for name in BOTH)
                raise AssertionError(f"{who} was to be shown, and it is {shown}\n{logs}")
            time.sleep(0.01)
        return took

    # --- what happens -----------------------------------------------------------------------------

    def await_trouble(self) -> None:
        """Every tool has learned of the split."""
        self.nagios.await_state("web", "hawatch", "CRITICAL")
        self.icinga.await_state("web", "hawatch", 2)

        def raised() -> bool | None:
            time.sleep(0.05)
            names = {alert["labels"]["alertname"] for alert in self.alertmanager.alerts()}
            return True if "HawatchSplitBrain" in names else None

        wait_until(raised, what="the alert in alertmanager", timeout=LONGEST_WARM_UP)

    def silenced(self) -> set[str]:
        return {
            alert["labels"]["alertname"]
            for alert in self.alertmanager.alerts()
            if alert["status"]["silencedBy"]
        }

    def command(self, node: str, *words: str) -> float:
        """Have it done from a shell; when the command had returned."""
        name = self.on_call.latest(node)["id"]
        self.pair.lab.agent(node).command(words[0], name, *words[1:])
        return self.pair.lab.now()

    def person_in_icinga(self, action: str, **more: str) -> float:
        body = {"type": "Service", "filter": 'service.name=="hawatch"', **more}
        assert self.icinga.ask("POST", f"/v1/actions/{action}", body).status == 200
        return self.pair.lab.now()


@contextmanager
def everywhere() -> Iterator[Everywhere]:
    plan = Topology(hosts=("client", "gateway", "mail", "monitor"))
    config = {name: f"{CONFIG}{BOTH_TELL}{LB01_TELLS if name == 'lb01' else ''}" for name in BOTH}
    with scene(plan, agent_config=config, start_agents=False, version=3, advert_int=0.3) as pair:
        lab, monitor = pair.lab, pair.lab.node("monitor")
        mail = MailServer(lab.node("mail"), (OURS, ANNA, BO))
        mail.start()
        nagios = Nagios(lab.node("lb01"), site=NAGIOS_SITE, objects=(*HAWATCH_PAGES, "passive.cfg"))
        nagios.start()
        for path in (nagios.directory, f"{nagios.directory}/rw", nagios.command_file):
            os.chown(nagios.node.path(path), -1, agent_identity().gid)
        objects = including("hawatch-command.conf", "hawatch-templates.conf", "hawatch-pages.conf")
        objects += ICINGA_SITE + including("passive.conf", "acknowledgements.conf")
        icinga = Icinga(monitor, objects=objects)
        icinga.start()
        for name in BOTH:
            node = lab.node(name)
            node.write(MAIL_PASSWORD, f"{OURS}\n")
            node.write(MAIL_CA, mail.node.path(CA).read_text())
            node.write(ICINGA_PASSWORD, f"{PASSWORD}\n")
            node.write(ICINGA_CA, icinga.node.path(icinga.ca_file).read_text())
        alertmanager = Alertmanager(monitor, "hawatch-pages.yml", listens="0.0.0.0")
        prometheus = Prometheus(monitor, every="1s")
        lab.start_agents()
        pair.settle()
        nagios.await_state("web", "hawatch", "OK")
        icinga.await_state("web", "hawatch", 0)
        on_call = Night(pair, mail, Reader(ANNA, mail), Reader(BO, mail))
        yield Everywhere(on_call, nagios, icinga, prometheus, alertmanager)


def test_one_acknowledgement_is_seen_everywhere_wherever_it_is_made_and_undone_everywhere(
    told: Tell,
) -> None:
    with everywhere() as all_tools:
        on_call = all_tools.on_call

        def tell(what: str, took: dict[str, float]) -> None:
            told(f"{what}: on both nodes", max(took[name] for name in BOTH))
            for tool in TOOLS:
                told(f"{what}: {tool}", took[tool])

        with split(all_tools.pair):
            first = on_call.anna.must_read("SPLIT BRAIN VI_1 10.0.0.100")
            all_tools.await_trouble()
            assert all_tools.silenced() == set()

            done = all_tools.command("lb02", "ack", "--as", "bo")
            tell("hawatch ack", all_tools.must_all_show(f"bo ({agent_identity().name})", done))
            assert "HawatchSplitBrain" in all_tools.silenced()
            all_tools.prometheus.await_alert(
                "HawatchSplitBrain"
            )  # Alertmanager silences it, and it is still so

            done = all_tools.command("lb01", "release")
            tell("hawatch release", all_tools.must_all_show(None, done))
            assert all_tools.silenced() == set()

            name = on_call.anna.answers(first, code_in(first))
            arrived = on_call.arrived_at(name)
            tell("acknowledged by mail, after its arrival", all_tools.must_all_show(ANNA, arrived))
            on_call.anna.must_read(f"{code_in(first)} is yours")
        healed = all_tools.pair.lab.now()
        on_call.await_state("resolved")
        all_tools.icinga.await_state("web", "hawatch", 0)
        tell("over (alertmanager: 15 s later on purpose)", all_tools.must_all_show(None, healed))
        kinds = [each["kind"] for name in BOTH for each in on_call.latest(name)["timeline"]]
        assert kinds.count("released") == 2, "the one release from the shell, on each node"

        with split(all_tools.pair):
            all_tools.await_trouble()
            assert all_tools.silenced() == set()
            done = all_tools.person_in_icinga("acknowledge-problem", author="carl", comment="on it")
            took = all_tools.must_all_show("carl (icinga2)", done, icinga2="carl")
            tell("acknowledged in icinga2 by a person", took)
            done = all_tools.person_in_icinga("remove-acknowledgement")
            tell("taken back in icinga2 by a person", all_tools.must_all_show(None, done))
            for name in BOTH:
                released = [each for each in on_call.latest(name)["timeline"] if each["kind"] == "released"]
                assert [each["who"] for each in released] == ["somebody (icinga2)"]

            # What an agent made that was killed is undone by the other one, and by itself when it is back.
            done = all_tools.command("lb01", "ack", "--as", "bo")
            all_tools.must_all_show(f"bo ({agent_identity().name})", done)
            all_tools.pair.lab.agent("lb01").kill()
            done = all_tools.command("lb02", "release")
            took = all_tools.must_all_show(None, done, ("lb02", "icinga2", "alertmanager"))
            told("released after the agent that made it was killed: icinga2", took["icinga2"])
            assert all_tools.in_nagios() is not None, "Nagios is on the node whose agent is gone"
            all_tools.pair.lab.agent("lb01").start()
            all_tools.pair.lab.agent("lb01").wait_ready()
            all_tools.must_all_show(None, done)
        assert_nobody_was_told_by_the_tools(all_tools)


def assert_nobody_was_told_by_the_tools(all_tools: Everywhere) -> None:
    """One acknowledgement does not text everybody twice."""
    assert all_tools.nagios.notifications() == []
    assert all_tools.icinga.notifications() == []
    for name in BOTH:
        problem = "does not show there"
        if problem in all_tools.pair.lab.agent(name).log():
            raise LabError(f"{name}: {problem}")
