"""nagios4 on the shipped object files and what a site writes: a split and its end, in status.dat and in its log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab import Lab, Node
from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.monitored import (
    MONITORED,
    monitor,
    monitored_pair,
    since_healed,
    since_split,
    split,
)
from tests.integration.nagios_server import HAWATCH_PAGES, NAGIOS_PAGES, PLACE, Nagios
from tests.lab.scene import HANG_GUARD

SHIPPED = Path(__file__).resolve().parents[2] / "nagios" / "nagios4"
OPTIONAL = tuple(sorted({path.name for path in SHIPPED.glob("*.cfg")} - {*HAWATCH_PAGES, *NAGIOS_PAGES}))
HOST = """\
define host {
    use                     hawatch-pair
    host_name               web
    address                 10.0.0.100
    _HAWATCH_AGENTS         -H lb01 -H lb02
    _HAWATCH_MOVED_WITHIN   0
}
"""
# The same pair once more, whose agents are expected to push; a second stands for a minute, and so 3 s for 3 min.
PASSIVE = """\
define host {
    use                     hawatch-pair-passive
    host_name               db
    address                 10.0.0.100
    _HAWATCH_AGENTS         -H lb01 -H lb02
}
define service {
    use                     hawatch-passive
    host_name               db
    service_description     hawatch
    freshness_threshold     3
}
"""
PAGER = f"""\
define command {{
    command_name    to-a-file
    command_line    /bin/echo "$NOTIFICATIONTYPE$ $SERVICESTATE$ $SERVICEOUTPUT$" >> {PLACE}/$CONTACTNAME$
}}
define contact {{
    use                             hawatch-pager
    contact_name                    anna
    service_notification_commands   to-a-file
}}
define contact {{
    use                             hawatch-mail
    contact_name                    office
    service_notification_commands   to-a-file
}}
define contact {{
    use                             hawatch-pager
    contact_name                    boss
    email                           boss@example.org
}}
"""
SPLIT = "HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100"


def test_hawatch_pages_and_nagios_shows_a_split_and_agents_that_are_gone(told: Tell) -> None:
    with monitored_pair() as pair:
        nagios = Nagios(monitor(pair), site=HOST)
        pair.settle()
        nagios.start()
        nagios.await_state("web", "hawatch", "OK")
        with split(pair):
            seen = nagios.await_state("web", "hawatch", "CRITICAL")
            told("nagios4: CRITICAL after the second owner", since_split(pair))
            assert seen["state_type"] == "1", "it is soft"
            assert seen["plugin_output"].startswith(SPLIT)
            assert nagios.problems() == ["web;hawatch"]
        nagios.await_state("web", "hawatch", "OK")
        told("nagios4: OK after one of them let go", since_healed(pair))

        pair.lab.agent("lb02").kill()
        seen = nagios.await_state("web", "hawatch", "WARNING")
        assert "no answer from lb02: connection refused" in seen["plugin_output"]
        pair.lab.agent("lb01").kill()
        seen = nagios.await_state("web", "hawatch", "UNKNOWN")
        assert re.match(
            "HAWATCH UNKNOWN - no agent answers: lb01: connection (refused|reset by peer)",
            seen["plugin_output"],
        )
        assert nagios.host("web")["current_state"] == "0"
        assert nagios.notifications() == []


def keep_letters(node: Node) -> Path:
    """Put a program in sendmail's place that keeps what it is given; where."""
    node.run(["mkdir", "/tmp/sbin"])
    node.write("/tmp/sbin/sendmail", f"#!/bin/sh\ncat >>{PLACE}/letters\n")
    node.run(["chmod", "755", "/tmp/sbin/sendmail"])
    node.run(["mount", "-t", "overlay", "-o", "lowerdir=/tmp/sbin:/usr/sbin", "overlay", "/usr/sbin"])
    return node.path(f"{PLACE}/letters")


def told_to(nagios: Nagios, contact: str) -> list[str]:
    """What the notification command wrote for a contact, a line for each."""
    path = nagios.node.path(f"{PLACE}/{contact}")
    return path.read_text().splitlines() if path.exists() else []


def await_told(nagios: Nagios, contact: str, text: str) -> str:
    """The first line for a contact that contains this."""

    def look() -> str | None:
        return next((line for line in told_to(nagios, contact) if text in line), None)

    return wait_until(look, what=f"{text!r} for {contact}", timeout=HANG_GUARD)


def test_nagios_pages_once_for_a_split_and_once_for_its_end_and_not_again_for_the_same_trouble(
    told: Tell,
) -> None:
    with monitored_pair() as pair:
        objects = (*NAGIOS_PAGES, "detail-peers.cfg", "detail-agent.cfg")
        nagios = Nagios(monitor(pair), site=HOST + PAGER, objects=objects)
        letters = keep_letters(monitor(pair))
        pair.settle()
        nagios.start()
        for service in ("hawatch", "hawatch peers", "hawatch agent"):
            nagios.await_state("web", service, "OK")
        with split(pair):
            await_told(nagios, "anna", f"PROBLEM CRITICAL {SPLIT}")
            told("nagios4: the pager's message after the second owner", since_split(pair))
            nagios.await_state("web", "hawatch", "CRITICAL")
            assert nagios.problems() == ["web;hawatch"]
        await_told(nagios, "anna", "RECOVERY OK HAWATCH OK - VI_1 steady: lb01")
        told("nagios4: the pager's all-clear after one of them let go", since_healed(pair))
        assert len(told_to(nagios, "anna")) == 2
        wait_until(
            lambda: True if letters.exists() and letters.read_text().count("\nSubject: ") == 2 else None,
            what="two letters",
            timeout=HANG_GUARD,
        )
        problem, recovery = letters.read_text().split("To: ")[1:]
        assert problem.startswith("boss@example.org\nSubject: PROBLEM web hawatch CRITICAL\n")
        assert f"\n\n{SPLIT}" in problem
        assert "\nlb02 says CRITICAL - VI_1 split_brain: " in problem, "the long output is missing"
        assert recovery.startswith("boss@example.org\nSubject: RECOVERY web hawatch OK\n")

        # An agent that is gone is no matter for the pager, and one matter for the office: the dependent service is as
        # bad, and had all its attempts, but nobody is told of it.
        pair.lab.agent("lb02").kill()
        await_told(nagios, "office", "no answer from lb02")
        wait_until(
            lambda: True if "web;hawatch peers" in nagios.problems() else None,
            what="hawatch peers to be a problem",
            timeout=HANG_GUARD,
        )
        pair.look_on(8)  # longer than the first_notification_delay of a detail
        assert len(told_to(nagios, "anna")) == 2
        assert {line.split(";")[2] for line in nagios.notifications()} == {"hawatch"}


def test_a_passive_result_counts_until_it_is_stale_and_then_nagios_asks_by_itself() -> None:
    with monitored_pair() as pair:
        nagios = Nagios(monitor(pair), site=HOST + PASSIVE, objects=(*HAWATCH_PAGES, "passive.cfg"))
        pair.settle()
        nagios.start()
        nagios.command("PROCESS_SERVICE_CHECK_RESULT;db;hawatch;2;HAWATCH CRITICAL - so it was pushed | a=1")
        seen = nagios.await_state("db", "hawatch", "CRITICAL")
        assert (seen["plugin_output"], seen["check_type"]) == ("HAWATCH CRITICAL - so it was pushed", "1")
        assert seen["state_type"] == "1", "it is soft"
        nagios.await_log("results of service 'hawatch' on host 'db' are stale")
        seen = nagios.await_state("db", "hawatch", "OK")
        assert (seen["plugin_output"][:24], seen["check_type"]) == ("HAWATCH OK - VI_1 steady", "0")


# --- what is shipped --------------------------------------------------------------------------------


def examples(name: str) -> str:
    """The objects which the comments of a shipped file tell a site to write."""
    lines = (SHIPPED / name).read_text().splitlines()
    return "\n".join(line.removeprefix("#") for line in lines if line.startswith("#   ")) + "\n"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(MONITORED) as made:
        yield made


PAIR = examples("templates.cfg")
GROUPS = (
    "define host {\n use hawatch-pair\n host_name shop\n hostgroups +hawatch-services,hawatch-oncall\n}\n"
)
NODES = examples("nrpe.cfg")


@pytest.mark.parametrize("variant", [HAWATCH_PAGES, NAGIOS_PAGES])
@pytest.mark.parametrize(
    ("more", "site"),
    [
        ((), PAIR),
        (("passive.cfg",), PASSIVE),
        (("nrpe.cfg",), NODES),
        (OPTIONAL, PAIR),
        (OPTIONAL, PAIR + PASSIVE + GROUPS + NODES),
    ],
)
def test_nagios_finds_nothing_to_warn_of_in_what_is_shipped(
    lab: Lab, variant: tuple[str, ...], more: tuple[str, ...], site: str
) -> None:
    if variant is NAGIOS_PAGES:
        site += examples("nagios-pages.cfg")
    assert "define host" in site
    said = Nagios(lab.node("monitor"), site=site, objects=(*variant, *more)).verify()
    assert "Total Warnings: 0" in said, said
    assert "Total Errors:   0" in said, said


def test_nagios_refuses_both_variants_at_once(lab: Lab) -> None:
    site = PAIR + examples("nagios-pages.cfg")
    objects = (*HAWATCH_PAGES, "nagios-pages.cfg")
    said = Nagios(lab.node("monitor"), site=site, objects=objects).verify()
    assert "Duplicate definition found for service 'hawatch-service'" in said
    assert "Error processing object config files" in said
