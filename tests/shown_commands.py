"""Which test runs each command that the documents show, and which cannot be run without a site."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIRST_PAGE = "README.md|README.zh.md"
TWO_COMMANDS = "tests/fresh/test_two_commands.py::test_the_demo_and_the_package_need_nothing_but_git_and_make"
TEN_MINUTES = "tests/fresh/test_ten_minutes.py::test_ten_minutes_to_production"
ON_A_PAIR = "tests/fresh/test_shown_commands.py::test_what_the_documents_show_is_run_on_a_real_pair"
WATCHED = "tests/integration/test_watch.py::test_a_split_is_seen_acknowledged_and_over_in_80_columns"
FENCED = "tests/test_fence_helper.py::test_the_doctor_asks_a_real_device_and_switches_nothing"
GUIDE = "tests/integration/test_guide_nginx_pair.py::test_the_guides_commands_lead_from_bare_hosts_to_a_steady_pair"
RPM = "tests/packaging/test_rpm.py"
WHEEL = "tests/packaging/test_wheel.py::test_without_a_network_it_installs_and_runs"
ONE_FILE = "tests/packaging/test_single_file.py"
ANSIBLE = "tests/packaging/test_ansible.py"
WORDS = (
    "tests/integration/test_keepalived_words.py::test_an_incident_quotes_both_keepalived_at_the_right_times"
)
SNOOZED = "tests/test_http_token.py::test_whoever_has_a_token_answers_under_their_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Commands that pages show; both are regular expressions."""

    pages: str
    commands: str

    def fits(self, page: str, command: str) -> bool:
        """Whether it is about this command of this page."""
        fits = re.fullmatch(self.pages, page) and re.fullmatch(self.commands, command, re.DOTALL)
        return fits is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Shown):
    """Those that a test runs, or their like, as `like` says."""

    test: str
    like: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Shown):
    """Those that only a site can run, and why."""

    why: str


RUN_BY = (
    Run(pages=FIRST_PAGE, commands="make demo|deploy/debian/build", test=TWO_COMMANDS),
    Run(
        pages=FIRST_PAGE,
        commands="apt install .*|install -D .*|/usr/.*/check_hawatch .*|hawatch (init|status|check-config|test-.*)",
        test=TEN_MINUTES,
    ),
    Run(
        pages=f"{FIRST_PAGE}|docs/install.md|docs/providers.md",
        commands="systemctl (enable --now|restart) hawatch.*",
        test=TEN_MINUTES,
        like="no systemd runs there: what the units say is started, as the user and with the rights that they name",
    ),
    Run(pages="docs/install.md", commands="apt install .*|hawatch status", test=TEN_MINUTES),
    Run(pages="docs/providers.md", commands="hawatch (check-config|test-message anna)", test=TEN_MINUTES),
    Run(pages=FIRST_PAGE, commands="hawatch (phone|check --vip .*|lint .*|doctor)", test=ON_A_PAIR),
    Run(pages="docs/(nagios|icinga2|grafana).md", commands="(?!systemctl).*", test=ON_A_PAIR),
    Run(pages="docs/prometheus.md", commands="(promtool|amtool|nft|curl http://lb01) ?.*", test=ON_A_PAIR),
    Run(pages="deploy/(smstools|gammu)/README.md", commands="(install|adduser|chown) .*", test=ON_A_PAIR),
    Run(pages="docs/(passive|acknowledgement).md", commands="(install|adduser) .*", test=ON_A_PAIR),
    Run(pages="docs/providers.md", commands="(install|openssl) .*", test=ON_A_PAIR),
    Run(
        pages="docs/witness.md",
        commands="hawatch (agent|check-config) --witness.*",
        test="tests/integration/test_witness_troubles.py::test_what_the_document_shows_is_run_on_a_witness_of_two_pairs",
    ),
    Run(pages="docs/install.md", commands="adduser .*", test=ON_A_PAIR),
    Run(pages="docs/(configuration|mail|lint|migrating).md", commands="(?!systemctl|curl).*", test=ON_A_PAIR),
    Run(pages="docs/watch.md", commands="hawatch status .*", test=ON_A_PAIR),
    Run(pages="docs/watch.md", commands="hawatch watch", test=WATCHED),
    Run(
        pages="docs/fencing.md",
        commands="printf .* fence_ipmilan|printf .*fence_ipmilan",
        test=FENCED,
        like="the helper gives the same fence agent the same lines on its standard input",
    ),
    Run(
        pages="docs/install-rpm.md",
        commands="dnf install ./hawatch.*|deploy/rpm/build",
        test=f"{RPM}::test_on_a_bare_host_it_makes_its_user_and_runs_under_python_3_11",
        like="the same package, made by the same function, installed by rpm",
    ),
    Run(
        pages="docs/install-rpm.md",
        commands="cp /usr/share/hawatch/selinux/.*|make -f /usr/share/selinux/devel/.*",
        test="tests/packaging/test_rpm_selinux.py::test_the_agent_has_the_capability_of_its_unit_and_no_other",
        like="the same files and the same make",
    ),
    Run(
        pages="docs/install-elsewhere.md",
        commands="deploy/single-file/build|install -m 755 hawatch-.*|ln -s hawatch .*",
        test=f"{ONE_FILE}::test_in_a_root_with_nothing_but_glibc_and_zlib_every_part_of_it_runs",
        like="the same file and link, put there by the test",
    ),
    Run(
        pages="docs/install-elsewhere.md",
        commands="deploy/single-file/wheelhouse .*|python3 -m venv .*|/opt/hawatch/bin/.*",
        test=WHEEL,
        like="in a directory of the test's own",
    ),
    Run(
        pages="docs/install-ansible.md|deploy/ansible/README.md",
        commands="cd deploy/ansible|ansible-playbook site.yml( --check --diff)?",
        test=f"{ANSIBLE}::test_two_hosts_become_a_pair_that_is_watched_and_the_second_run_changes_nothing",
        like="with an inventory of the test's own",
    ),
    Run(
        pages="docs/install-ansible.md",
        commands="promtool check config",
        test=f"{ANSIBLE}::test_a_monitoring_host_has_the_pairs_and_its_system_can_read_them",
    ),
    Run(
        pages="docs/actions.md",
        commands="hawatch check-config --actions .*",
        test="tests/test_check_actions.py::test_the_list_that_is_shipped_is_ok_and_summed_up",
        like="on a copy of the list that is shipped",
    ),
    Run(
        pages="docs/drill.md",
        commands="hawatch drill( --last| --dry-run| VI_1 .*)?",
        test="tests/lab/test_drill.py::test_a_drill_passes_on_both_nodes_and_in_the_metrics_and_bothers_nobody",
        like="with another client and report",
    ),
    Run(
        pages="docs/drill.md",
        commands="hawatch drill --observe .*",
        test="tests/integration/test_drill.py::"
        "test_an_observer_grades_what_the_lab_does_and_ctrl_c_ends_a_drill_with_its_node_back",
    ),
    Run(
        pages="docs/guide-nginx-pair(.zh)?.md",
        commands="(?!apt |make ).*",
        test=GUIDE,
        like="systemctl starts what the unit says, scp hands over the key: no systemd and no ssh are there",
    ),
    Run(
        pages="docs/guide-nginx-pair(.zh)?.md",
        commands="make example.*",
        test="tests/integration/test_example.py::"
        "test_the_example_shows_what_the_client_lost_what_hawatch_said_and_who_was_told",
        like="the program that it runs, with a shorter interval and two of the events",
    ),
    Run(pages="docs/configuration.md", commands="curl .*/snooze .*", test=SNOOZED, like="the same request"),
    Run(pages="docs/heartbeats.md", commands="hawatch (doctor|status)", test=ON_A_PAIR),
    Run(pages="docs/keepalived-log.md", commands="hawatch incidents .*", test=WORDS),
)
WHERE_A_SITE_IS_NEEDED = (
    Site(
        pages="docs/guide-nginx-pair(.zh)?.md",
        commands="apt install .*",
        why="Debian's packages are there; tests/fresh/test_ten_minutes.py installs hawatch's",
    ),
    Site(
        pages="docs/prometheus.md",
        commands="curl http://NODE.*",
        why="NODE stands for any; tests/test_targets_view.py has the answer",
    ),
    Site(
        pages="docs/(nagios|grafana).md",
        commands="systemctl restart (nagios-nrpe-server|grafana-server)",
        why="no systemd runs in the lab; nrpe is started there by hand, Grafana is in no distribution",
    ),
    Site(
        pages="docs/security.md",
        commands="pip-audit .*",
        why="it asks a database on the network; tests/test_sbom.py shows that the list it is given is whole",
    ),
    Site(
        pages="docs/keepalived-log.md",
        commands="adduser .*",
        why="an agent of the lab is in no group at all; its files are given to it",
    ),
    Site(
        pages="docs/migrating.md",
        commands="systemctl disable --now keepalived-exporter",
        why="the unit is somebody else's",
    ),
    Site(
        pages="docs/install-rpm.md",
        commands="(dnf install selinux-policy-devel|semodule|restorecon|semanage|systemctl|hawatch status).*",
        why="no host of the RHEL 9 family, and no SELinux, is in the lab",
    ),
    Site(
        pages="docs/install-elsewhere.md",
        commands="podman .*|install -d .*|chgrp .*",
        why="no container engine is in the lab; tests/packaging/test_container.py does the image's steps",
    ),
    Site(
        pages="docs/install-elsewhere.md",
        commands="(install -m 644|install -D|useradd|systemd-tmpfiles|systemctl) .*",
        why="no systemd runs in the lab; the agent is started there as the unit would start it",
    ),
    Site(
        pages="docs/heartbeats.md",
        commands="(systemctl|install -D|stty|cat|echo) .*",
        why="a serial port and systemd; tests/lab/test_serial.py has a cable between pseudo terminals",
    ),
)
