"""The role, run for real over SSH on two hosts with a real keepalived, and on a monitoring host."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.debian.build import build
from deploy.lab import Lab, Topology
from hawatch import __version__
from tests.packaging.ansible_hosts import make_root, workplace
from tests.packaging.ansible_run import ANSIBLE, CLONE, PATH, Controller, Told
from tests.packaging.ansible_site import Site, renumbered, unwatched_pair

pytestmark = [pytest.mark.packaging, pytest.mark.lab]

HANDLER = "Restart the {} without systemd"
ALICE = {"name": "alice", "way": [{"channel": "page", "to": "alice"}]}
PAGER = {"name": "page", "kind": "script", "command": ["/bin/true"]}


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with workplace() as made:
        make_root(made)
        yield made


def test_two_hosts_become_a_pair_that_is_watched_and_the_second_run_changes_nothing(place: Path) -> None:
    package = build(place)
    with unwatched_pair() as made:
        site = Site(made, place, "/usr/bin/hawatch", {"hawatch_package": str(package)})
        lb01, lb02 = site.hosts.values()

        looked = site.controller.play("--check", "--diff")
        assert not lb01.path("/usr/bin/hawatch").exists()
        assert all(host["failed"] == 0 for host in looked.recap.values())

        first = site.controller.play("--diff", "-vvvv")
        key = lb01.path("/etc/hawatch/peer.key").read_text()
        assert lb02.path("/etc/hawatch/peer.key").read_text() == key
        assert len(key.strip()) == 64
        assert key.strip() not in first.output
        assert (
            lb01.mode("/etc/hawatch/peer.key") == lb01.mode("/etc/hawatch/hawatch.toml") == "root:hawatch 640"
        )
        for host in (lb01, lb02):
            status = host.await_steady(site.program)
            assert status["pair"] == "web"
            assert "peer_unverified" not in str(status["virtual_routers"])
            assert (host.starts("agent"), host.starts("helper")) == (1, 1)

        second = site.controller.play("--diff")
        assert second.changed == []
        assert {name: host["changed"] for name, host in second.recap.items()} == {"lb01": 0, "lb02": 0}

        # What is changed is restarted, and nothing else; what is read anew by itself is not.
        site.set(hawatch_lint=False)
        site.set(on="lb01", hawatch_actions={"action": {"start-keepalived": {"command": ["/bin/true"]}}})
        site.set(
            on="lb02",
            hawatch_contacts=[ALICE],
            hawatch_channels=[PAGER],
            hawatch_secrets={"mail.password": "hunter2"},
        )
        third = site.controller.play("--diff", "-vvvv")
        assert [task for task, host in third.changed if host == "lb01"] == ["Write actions.toml"]
        assert third.handlers("lb02") == [HANDLER.format("agent")]
        assert "hunter2" not in third.output
        assert key.strip() not in third.output
        assert (lb01.starts("agent"), lb02.starts("agent"), lb02.starts("helper")) == (1, 2, 1)

        # A mistake replaces nothing, and does not reach the second node.
        site.set(hawatch_config={"node": {"nane": "x"}})
        wrong = site.controller.play(fails=True)
        assert "nane" in wrong.output
        assert "lb02" not in wrong.recap
        assert "nane" not in lb01.path("/etc/hawatch/hawatch.toml").read_text()
        site.set(hawatch_config={})
        site.set(on="lb01", hawatch_actions={"action": {"x": {"command": ["relative"]}}})
        wrong = site.controller.play("--limit", "lb01", fails=True)
        assert "actions.toml: action.x.command" in wrong.output
        assert "relative" not in lb01.path("/etc/hawatch/actions.toml").read_text()

        # The upgrade is the same run with another file.
        site.set(on="lb01", hawatch_actions={})
        newer = renumbered(package, f"{__version__}.1")
        site.set(hawatch_package=str(newer))
        upgraded = site.controller.play()
        assert upgraded.handlers("lb02") == [HANDLER.format("helper"), HANDLER.format("agent")]
        assert f"{__version__}.1" in lb02.run([site.program, "--version"])
        assert lb02.path("/etc/hawatch/peer.key").read_text() == key
        for host in (lb01, lb02):
            host.await_steady(site.program)


def test_a_wheel_is_enough_and_two_nodes_that_are_no_pair_are_refused(place: Path) -> None:
    wheels = place / "wheels"
    subprocess.run(["bash", str(CLONE / "deploy/single-file/wheelhouse"), str(wheels)], check=True)
    (wheel,) = wheels.glob("hawatch-*.whl")
    program = "/opt/hawatch/current/bin/hawatch"
    archive = place / "wheels.tar.gz"
    subprocess.run(["tar", "-C", str(wheels), "-czf", str(archive), "."], check=True)
    links = [{"name": "lan", "address": "{{ hawatch_listen.split(':')[0] }}"}]
    with unwatched_pair() as made:
        settings = {"hawatch_package": str(wheel), "hawatch_wheelhouse": str(archive), "hawatch_links": links}
        site = Site(made, place, program, settings)
        lb01, lb02 = site.hosts.values()

        for host in (lb01, lb02):
            host.pretend_systemd()

        kept = lb02.path("/etc/keepalived/keepalived.conf").read_text()
        lb02.path("/etc/keepalived/keepalived.conf").write_text(kept.replace("router_id 51", "router_id 52"))
        refused = site.controller.play(fails=True)
        assert "web: lb01 and lb02 share no virtual router" in refused.output, refused.output
        assert not lb01.path("/etc/hawatch/peer.key").exists()
        lb02.path("/etc/keepalived/keepalived.conf").unlink()
        refused = site.controller.play("--limit", "lb02", fails=True)
        assert "lb02: /etc/keepalived/keepalived.conf is not there" in refused.output
        lb02.path("/etc/keepalived/keepalived.conf").write_text(kept)

        site.controller.play()
        for host in (lb01, lb02):
            assert [peer["links"][0]["name"] for peer in host.await_steady(program)["peers"]] == ["lan"]
            unit = host.path("/etc/systemd/system/hawatch.service").read_text()
            assert f"\nExecStart={program} agent\n" in unit
            asked = host.path("/run/systemctl.log").read_text().splitlines()
            assert [words for words in asked if words.split()[0] in {"enable", "start", "restart"}] == [
                "start hawatch-helper.service",
                "start hawatch.service",
                "enable hawatch-helper.socket",
                "start hawatch-helper.socket",
                "enable hawatch.service",
            ]
        assert site.controller.play().changed == []


@pytest.mark.parametrize(
    ("system", "pairs", "pages"),
    [
        ("nagios", "/etc/nagios4/conf.d/hawatch/pairs.cfg", "/etc/nagios4/conf.d/hawatch/{}-pages.cfg"),
        ("icinga2", "/etc/icinga2/conf.d/hawatch/pairs.conf", "/etc/icinga2/conf.d/hawatch/{}-pages.conf"),
        ("prometheus", "/etc/prometheus/targets/hawatch.yml", ""),
    ],
)
def test_a_monitoring_host_has_the_pairs_and_its_system_can_read_them(
    system: str, pairs: str, pages: str
) -> None:
    with workplace() as place, Lab(Topology(hosts=("monitor",))) as lab:
        node = lab.node("monitor")
        node.run(["mkdir", "/opt/plugins"])
        controller = Controller(node, place)

        def play(who_pages: str) -> Told:
            here = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
            told = {
                "hawatch_monitoring": system,
                "hawatch_pages": who_pages,
                "hawatch_plugins": "/opt/plugins",
            }
            nodes = {
                "lb01": {"hawatch_pair": "web"},
                "lb02": {"hawatch_pair": "web", "hawatch_listen": "10.0.0.12:99"},
            }
            groups = {"hawatch": {"hosts": nodes}, "monitoring": {"hosts": {"monitor": {**here, **told}}}}
            controller.write_inventory({"all": {"children": groups}})
            return controller.play("--limit", "monitor")

        assert play("hawatch").recap["monitor"]["changed"] > 0
        assert play("hawatch").changed == []
        named = node.path(pairs).read_text()
        assert "web" in named
        assert "lb01:10112" in named
        assert "10.0.0.12:99" in named
        if pages:
            others = system.removesuffix("2").rstrip("0123456789")
            assert node.path(pages.format("hawatch")).exists()
            assert play("monitoring").recap["monitor"]["changed"] == 2
            assert node.path(pages.format(others)).exists()
            assert not node.path(pages.format("hawatch")).exists()


def test_ansible_lint_has_nothing_to_say_at_its_strictest(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": PATH, "ANSIBLE_HOME": str(tmp_path)}
    lint = ["ansible-lint", "--offline", "--nocolor", "--strict", "--profile", "production", "."]
    ended = subprocess.run(lint, cwd=ANSIBLE, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    syntax = ["ansible-playbook", "--syntax-check", "site.yml"]
    subprocess.run(syntax, cwd=ANSIBLE, env=env, capture_output=True, check=True)
