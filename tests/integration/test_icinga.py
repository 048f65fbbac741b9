"""A real icinga2 on the files as they are shipped: what it shows of a split and of silent agents, and whom it tells."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.icinga_server import Icinga, Notified, including, output
from tests.integration.monitored import Answer, monitor, monitored_pair, since_healed, since_split, split
from tests.lab.scene import HANG_GUARD, Scene

OK, WARNING, CRITICAL, UNKNOWN = range(4)
EVERYTHING = {"web!hawatch", "web!hawatch-peers", "web!hawatch-agent", "web!hawatch-instance-VI_1"}
SITE = """
object Host "web" {{
  check_command = "dummy"
  vars.hawatch_agents = [ "lb01:10112", "lb02:10112" ]
  vars.hawatch_interval = 1s
  vars.hawatch_moved_within = 0
  vars.hawatch_details = {{ peers = {{ hawatch_warning = 98, hawatch_critical = 99 }}, agent = {{ }} }}
  vars.hawatch_instances = [ "VI_1" ]
  vars.hawatch_notification_command = "append"
  vars.hawatch_warning_delay = {warning_delay}
}}
"""
# A rule of the kind that many sites have, and that would page a second time where hawatch pages.
ANYBODY = """
object User "anybody" { }
apply Notification "everything" to Service {
  command = "append"
  users = [ "anybody" ]
  interval = 0
  assign where true
}
"""
ON_CALL = 'object User "oncall" { groups = [ "hawatch-oncall" ] }\n'
COMMON = ("hawatch-command.conf", "hawatch-templates.conf")


def showing(pair: Scene) -> Icinga:
    """hawatch pages, Icinga shows."""
    site = SITE.format(warning_delay="5m")
    objects = including(*COMMON, "hawatch-pages.conf") + site + ANYBODY
    return Icinga(monitor(pair), objects=objects, port=5665)


def paging(pair: Scene, warning_delay: str = "5m") -> Icinga:
    """Icinga pages."""
    site = SITE.format(warning_delay=warning_delay)
    objects = including(*COMMON, "icinga-pages.conf") + site + ON_CALL
    return Icinga(monitor(pair), objects=objects, port=5666)


def unwell(said: str) -> list[str]:
    """The lines of a log that warn."""
    return [line for line in said.splitlines() if " warning/" in line or " critical/" in line]


def await_notifications(icinga: Icinga, count: int) -> list[Notified]:
    """All of them, when there are so many."""

    def look() -> list[Notified] | None:
        told = icinga.notifications()
        return told if len(told) >= count else None

    return wait_until(look, what=f"{count} notifications", timeout=HANG_GUARD)


def await_all_ok(icinga: Icinga) -> None:
    """Every service is OK, and has been looked at."""
    for name in sorted(EVERYTHING):
        icinga.await_state("web", name.partition("!")[2], OK)
    assert icinga.services().keys() == EVERYTHING


def parsed_by_icinga(icinga: Icinga, service: str) -> dict[str, tuple[float, str]]:
    """The performance data of a service, read by Icinga's own parser: value and unit, by label."""
    words = (
        f'get_service("web", "{service}").last_check_result.performance_data'
        ".map(x => parse_performance_data(x)).map(p => [ p.label, p.value, p.unit ])"
    )
    query = urllib.parse.urlencode({"command": words, "session": "test"}, quote_via=urllib.parse.quote)
    answer = icinga.ask("POST", f"/v1/console/execute-script?{query}", {})
    assert answer.status == 200, answer
    result: dict[str, Any] = json.loads(answer.body)["results"][0]
    assert result["code"] == 200, result
    return {label: (value, unit) for label, value, unit in result["result"]}


def test_a_split_is_critical_in_icinga_and_is_told_once_by_whoever_is_to_tell_it(told: Tell) -> None:
    with monitored_pair() as pair:
        pair.settle()
        shows, pages = showing(pair), paging(pair)
        processes = shows.start(), pages.start()
        for icinga in (shows, pages):
            assert output(icinga.await_state("web", "hawatch", OK)).startswith(
                "HAWATCH OK - VI_1 steady: lb01"
            )
            await_all_ok(icinga)
        numbers = parsed_by_icinga(pages, "hawatch")
        assert numbers["agents_answering"][0] == 2
        assert numbers["lb01_VI_1_adverts_out"][0] > 0
        units = {label: numbers[label][1] for label in ("lb01_age", "lb01_lb02_10.0.0.12_loss")}
        assert units == {"lb01_age": "seconds", "lb01_lb02_10.0.0.12_loss": "percent"}
        assert len(numbers) == len(pages.service("web", "hawatch")["last_check_result"]["performance_data"])
        assert parsed_by_icinga(pages, "hawatch-peers")["lb01_loss"] == (0, "percent")
        with split(pair):
            seen = shows.await_state("web", "hawatch", CRITICAL)
            told("icinga2: CRITICAL after the second owner", since_split(pair))
            assert "VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100" in output(seen)
            assert "remedy: " in output(seen)
            await_notifications(pages, 1)
            told("icinga2: on call told after the second owner", since_split(pair))
            pages.await_state("web", "hawatch-instance-VI_1", CRITICAL)
            pages.await_state("web", "hawatch", CRITICAL)
        shows.await_state("web", "hawatch", OK)
        told("icinga2: OK after one of them let go", since_healed(pair))
        await_notifications(pages, 2)
        for icinga in (shows, pages):
            await_all_ok(icinga)
        pair.look_on()
        assert shows.notifications() == []
        sent = pages.notifications()
        assert [(each.kind, each.service, each.state) for each in sent] == [
            ("PROBLEM", "hawatch", "CRITICAL"),
            ("RECOVERY", "hawatch", "OK"),
        ]
        for process, icinga in zip(processes, (shows, pages), strict=True):
            said = process.output() + icinga.log()
            assert unwell(said) == []


def test_one_silent_agent_is_a_warning_that_is_told_when_it_lasts_and_two_are_unknown(told: Tell) -> None:
    with monitored_pair() as pair:
        pair.settle()
        icinga = paging(pair, warning_delay="3s")
        icinga.start()
        await_all_ok(icinga)
        pair.lab.agent("lb02").kill()
        killed = pair.lab.now()
        seen = icinga.await_state("web", "hawatch", WARNING)
        told("icinga2: WARNING after an agent was killed", pair.lab.now() - killed)
        assert "no answer from lb02:10112: connection refused" in output(seen)
        first = await_notifications(icinga, 1)[0]
        assert (first.kind, first.service, first.state) == ("PROBLEM", "hawatch", "WARNING")
        assert first.time - seen["last_hard_state_change"] >= 3
        pair.lab.agent("lb02").start()
        await_notifications(icinga, 2)
        await_all_ok(icinga)
        both = icinga.notifications()
        assert [(each.kind, each.service) for each in both] == [
            ("PROBLEM", "hawatch"),
            ("RECOVERY", "hawatch"),
        ]
        for name in ("lb01", "lb02"):
            pair.lab.agent(name).kill()
        killed = pair.lab.now()
        seen = icinga.await_state("web", "hawatch", UNKNOWN)
        told("icinga2: UNKNOWN after both agents were killed", pair.lab.now() - killed)
        assert output(seen).startswith("HAWATCH UNKNOWN - no agent answers: lb01:10112: connection refused")


def send_result(icinga: Icinga, user: str, **result: Any) -> Answer:
    """A passive result, as an agent sends it; the names are variables of the filter, and no part of it."""
    body = {
        "type": "Service",
        "filter": "host.name == pair && service.name == wanted",
        "filter_vars": {"pair": "web", "wanted": "hawatch"},
        "plugin_output": "HAWATCH CRITICAL - VI_1 split_brain",
        "performance_data": ["agents_answering=2;;;0;2"],
        "exit_status": CRITICAL,
        **result,
    }
    return icinga.ask("POST", "/v1/actions/process-check-result", body, user=user)


def test_a_result_that_is_sent_counts_for_its_time_and_then_the_agents_are_asked(told: Tell) -> None:
    with monitored_pair() as pair:
        pair.settle()
        site = 'const HawatchApiPassword = "of-the-test"\n' + including(
            *COMMON, "passive.conf", "hawatch-pages.conf"
        )
        hosts = """
            object Host "web" {
              check_command = "dummy"
              vars.hawatch_agents = [ "lb01", "lb02" ]
              vars.hawatch_moved_within = 0
              vars.hawatch_passive = true
            }
            object Host "polled" { check_command = "dummy", vars.hawatch_agents = [ "lb01", "lb02" ] }
            object Host "far" { check_command = "dummy", vars.hawatch_passive = true, vars.hawatch_freshness = 1s }
        """
        icinga = Icinga(monitor(pair), objects=site + hosts)
        icinga.start()
        for host in ("web", "polled"):
            icinga.check_now(host, "hawatch")
            icinga.await_state(host, "hawatch", OK)
        far = icinga.await_state("far", "hawatch", UNKNOWN)
        assert output(far) == "HAWATCH UNKNOWN - no agent of the pair has sent a result in time"

        sent = pair.lab.now()
        assert send_result(icinga, "hawatch", ttl=3).status == 200
        assert output(icinga.await_state("web", "hawatch", CRITICAL)) == "HAWATCH CRITICAL - VI_1 split_brain"
        told("icinga2: CRITICAL after a passive result", pair.lab.now() - sent)
        seen = icinga.await_state("web", "hawatch", OK)
        assert seen["last_check_result"]["active"]
        assert pair.lab.now() - sent > 2
        told("icinga2: asked again after the last passive result (ttl 3 s)", pair.lab.now() - sent)

        others = {"pair": "polled", "wanted": "hawatch"}
        assert json.loads(send_result(icinga, "hawatch", filter_vars=others).body) == {"results": []}
        of_the_host = send_result(icinga, "hawatch", type="Host", filter="host.name == pair")
        assert of_the_host.status >= 400, of_the_host
        assert icinga.ask("GET", "/v1/objects/services", user="hawatch").status == 404
        comment = {"type": "Service", "service": "web!hawatch", "author": "me", "comment": "mine"}
        assert icinga.ask("POST", "/v1/actions/add-comment", comment, user="hawatch").status == 404
        assert icinga.ask("POST", "/v1/actions/add-comment", comment).status == 200
        assert icinga.services()["polled!hawatch"]["state"] == OK
