"""nagios4 on the shipped object files and one host of a site: a split and its end, seen in status.dat and in its log."""

from __future__ import annotations

from tests.integration.conftest import Tell
from tests.integration.monitored import monitor, monitored_pair, since_healed, since_split, split
from tests.integration.nagios_server import NAGIOS_PAGES, PLACE, Nagios

HOST = """\
define host {
    use                     hawatch-pair
    host_name               web
    address                 10.0.0.100
    _HAWATCH_AGENTS         -H lb01 -H lb02
    _HAWATCH_MOVED_WITHIN   0
}
"""
PAGER = f"""\
define command {{
    command_name    to-the-pager
    command_line    /usr/bin/printf "%s\\n" "$NOTIFICATIONTYPE$ $SERVICEDESC$ $SERVICESTATE$ $SERVICEOUTPUT$" >> {PLACE}/pager
}}
define contact {{
    use                             hawatch-pager
    contact_name                    anna
    service_notification_commands   to-the-pager
}}
"""
SPLIT = "HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100"


def test_hawatch_pages_and_nagios_shows_a_split_and_an_agent_that_is_gone(told: Tell) -> None:
    with monitored_pair() as pair:
        nagios = Nagios(monitor(pair), site=HOST)
        pair.settle()
        nagios.start()
        nagios.await_state("web", "hawatch", "OK")
        with split(pair):
            seen = nagios.await_state("web", "hawatch", "CRITICAL")
            told("nagios4: CRITICAL after the second owner", since_split(pair))
            assert seen["state_type"] == "1"
            assert seen["plugin_output"].startswith(SPLIT)
            assert nagios.problems() == ["web;hawatch"]
        nagios.await_state("web", "hawatch", "OK")
        told("nagios4: OK after one of them let go", since_healed(pair))
        assert nagios.notifications() == []
