"""Commands of the documents, run one after the other on a real pair with agents, and beside it a monitoring host.

Every command of `WALKS` is run as it stands, but for the addresses, which are the lab's. `systemctl` only notes what it
was asked: no systemd runs there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.lab import Node, conf
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.documents import CLONE, Command, commands, spoken
from tests.integration.monitored import monitor, monitored_pair
from tests.integration.test_nrpe import run_nrpe
from tests.lab.scene import HANG_GUARD, Scene
from tests.shown_commands import ON_A_PAIR, RUN_BY

BIN = "/opt/stand-in"
HERE = "/opt/clone"
PLUGINS = "/usr/lib/nagios/plugins"
SYSTEMCTL = f'#!/bin/sh\necho "$*" >>{BIN}/asked\n'
HAWATCH = f'#!/bin/sh\nexec {INTERPRETER} -m hawatch "$@"\n'
WRITTEN_TO = (PLUGINS, "/usr/local/lib", "/var/spool")
"""Directories of this host that a node has copies of here."""
TYPED = "a secret\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What stands around a command: on which nodes it runs, which exit codes are right, and what is done before."""

    nodes: tuple[str, ...] = ()
    codes: tuple[int, ...] = (0,)
    before: Callable[[Scene], None] | None = None
    shows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One page: the node on which its commands run unless their act, found by how they begin, says otherwise."""

    page: str
    node: str
    acts: Mapping[str, Act] = field(default_factory=dict)


def kill(name: str) -> Callable[[Scene], None]:
    def do(pair: Scene) -> None:
        pair.lab.agent(name).kill()
        if name == "lb02":
            pair.await_verdict("degraded", on=("lb01",))

    return do


def agents_again(pair: Scene) -> None:
    for name in pair.watched:
        pair.lab.agent(name).start()
        pair.lab.agent(name).wait_ready()
    pair.settle()


def start_nrpe(pair: Scene) -> None:
    node = pair.lab.node("lb01")
    node.run(["install", "-d", "-o", "nagios", "/run/nagios"])
    run_nrpe(node)
    probe = [f"{PLUGINS}/check_nrpe", "-H", "lb01"]
    wait_until(
        lambda: monitor(pair).run(probe, check=False).returncode == 0 or None,
        what="nrpe to answer",
        timeout=HANG_GUARD,
    )


def as_grafana_has_it(pair: Scene) -> None:
    monitor(pair).run(
        ["mkdir", "-p", *(f"/etc/grafana/provisioning/{part}" for part in ("dashboards", "datasources"))]
    )


def as_icinga_has_it(pair: Scene) -> None:
    """Its configuration on a file system that is no overlay, which its own copies want, and a log of its own."""
    script = """
    set -eu
    mkdir /run/icinga2-etc
    cp -a /etc/icinga2/. /run/icinga2-etc/
    mount --bind /run/icinga2-etc /etc/icinga2
    mount -t tmpfs -o mode=777 log /var/log/icinga2
    """
    monitor(pair).run(["sh", "-c", script])


def as_prometheus_has_it(pair: Scene) -> None:
    """What the page says to copy, where it says."""
    shipped = {
        "deploy/prometheus/rules": "rules",
        "deploy/prometheus/prometheus.yml": "prometheus.yml",
        "deploy/alertmanager/hawatch-pages.yml": "alertmanager.yml",
    }
    monitor(pair).run(["mkdir", "-p", "/etc/prometheus"])
    for source, target in shipped.items():
        monitor(pair).run(["cp", "-rT", f"/opt/hawatch/{source}", f"/etc/prometheus/{target}"])


def until_it_is_split(pair: Scene) -> None:
    pair.await_verdict("split_brain")


def add_alice(pair: Scene) -> None:
    pair.lab.node("lb01").run(["useradd", "alice"])


def both_halves(pair: Scene) -> None:
    """Copies of the two keepalived.conf, where somebody has brought them together."""
    node = pair.lab.node("lb01")
    for name, source in (("lb01", "lb01"), ("lb02", "lb02"), ("keepalived", "lb01")):
        text = pair.lab.node(source).path("/etc/keepalived/keepalived.conf").read_text()
        node.write(f"{HERE}/{name}.conf", text)


LINTED = Act(codes=(0, 1), before=both_halves)
WALKS = (
    Walk(
        page="README.md",
        node="lb01",
        acts={
            "hawatch phone": Act(),
            "hawatch check --vip": Act(shows="HAWATCH OK - 10.0.0.100 steady"),
            "hawatch lint": LINTED,
            "hawatch doctor": Act(codes=(0, 1, 2)),
        },
    ),
    Walk(page="docs/lint.md", node="lb01", acts={"hawatch lint": LINTED}),
    Walk(
        page="docs/migrating.md",
        node="lb01",
        acts={
            "hawatch check": Act(shows="HAWATCH OK - 10.0.0.100 steady"),
            "hawatch lint": Act(codes=(0, 1)),
        },
    ),
    Walk(page="docs/watch.md", node="lb01", acts={"hawatch status --lines": Act()}),
    Walk(
        page="docs/icinga2.md",
        node="monitor",
        acts={
            f"{PLUGINS}/check_hawatch": Act(shows="HAWATCH OK - VI_1 steady: lb01 holds 10.0.0.100"),
            "install -d": Act(before=as_icinga_has_it),
        },
    ),
    Walk(page="docs/grafana.md", node="monitor", acts={"install -d": Act(before=as_grafana_has_it)}),
    Walk(
        page="docs/nagios.md",
        node="monitor",
        acts={
            f"{PLUGINS}/check_hawatch": Act(shows="HAWATCH OK - VI_1 steady: lb01 holds 10.0.0.100"),
            "nagios4 -v": Act(shows="Things look okay"),
            "check_hawatch -H lb01 -H lb02 --check peers": Act(shows="HAWATCH OK - lb02: agent up, "),
            "check_hawatch -H lb01 -H lb02 --moved-within 0 -v": Act(codes=(1,), before=kill("lb02")),
            "check_hawatch -H lb01 -H lb02": Act(codes=(3,), before=kill("lb01"), shows="no agent answers"),
            "install -m 755 nagios/check_hawatch": Act(nodes=("lb01", "monitor")),
            "install -m 644 nagios/nrpe": Act(nodes=("lb01",), before=agents_again),
            "echo 'allowed_hosts": Act(nodes=("lb01",)),
            f"{PLUGINS}/check_nrpe": Act(before=start_nrpe, shows="HAWATCH OK - agent "),
        },
    ),
    Walk(
        page="docs/prometheus.md",
        node="monitor",
        acts={
            "curl": Act(shows="hawatch_verdict{", before=as_prometheus_has_it),
            "promtool": Act(shows="SUCCESS: "),
            "amtool config routes test": Act(shows="chat"),
            "nft add": Act(nodes=("lb02",)),
            "nft delete": Act(nodes=("lb02",), before=until_it_is_split),
        },
    ),
    Walk(page="deploy/smstools/README.md", node="lb01"),
    Walk(page="deploy/gammu/README.md", node="lb01"),
    Walk(page="docs/passive.md", node="lb01"),
    Walk(page="docs/acknowledgement.md", node="lb01"),
    Walk(page="docs/providers.md", node="lb01"),
    Walk(page="docs/install.md", node="lb01", acts={"adduser alice": Act(before=add_alice)}),
    Walk(page="docs/mail.md", node="lb01"),
    Walk(page="docs/configuration.md", node="lb01"),
)


def test_what_the_documents_show_is_run_on_a_real_pair() -> None:
    with monitored_pair() as pair:
        pair.settle()
        for name in ("lb01", "lb02", "monitor"):
            furnish(pair.lab.node(name))
        for walk in WALKS:
            go(pair, walk)
        asked = monitor(pair).path(f"{BIN}/asked").read_text().splitlines()
        assert asked == ["reload icinga2", "reload nagios4"]


def furnish(node: Node) -> None:
    """A clone, a place for plugins that may be written to, and what the commands find on their path."""
    for part in ("nagios", "grafana", "deploy/smstools", "deploy/gammu"):
        shutil.copytree(CLONE / part, node.path(f"{HERE}/{part}"))
    node.path(BIN).mkdir()
    for name, text in (("systemctl", SYSTEMCTL), ("hawatch", HAWATCH)):
        node.write(f"{BIN}/{name}", text)
        node.path(f"{BIN}/{name}").chmod(0o755)
    for number, place in enumerate(WRITTEN_TO):
        layers = f"/run/layers/{number}"
        node.run(["mkdir", "-p", f"{layers}/upper", f"{layers}/work"])
        options = f"lowerdir={place},upperdir={layers}/upper,workdir={layers}/work"
        node.run(["mount", "-t", "overlay", "-o", options, "overlay", place])


def go(pair: Scene, walk: Walk) -> None:
    """Run every command of the page that this test stands for."""
    mine = [entry for entry in RUN_BY if entry.test == ON_A_PAIR]
    page = CLONE / walk.page
    where, used = f"{HERE}/{walk.page.removesuffix('README.md')}" if page.name == "README.md" else HERE, set()
    for command in (*commands(page), *spoken(page)):
        if not any(entry.fits(walk.page, command.text) for entry in mine):
            continue
        begins = max((start for start in walk.acts if command.text.startswith(start)), key=len, default="")
        act = walk.acts.get(begins, Act())
        used.add(begins)
        if act.before is not None:
            act.before(pair)
        if command.text.startswith("cd "):
            where = f"{where}/{command.text.removeprefix('cd ')}"
            continue
        for name in act.nodes or (walk.node,):
            run(pair, pair.lab.node(name), where, command, act)
    assert set(walk.acts) - used == set(), walk.page


def run(pair: Scene, node: Node, where: str, command: Command, act: Act) -> None:
    """One command, as it stands."""
    is_typed = command.text.startswith("cat >") and "<<" not in command.text
    ended = node.run(
        ["sh", "-ec", f"cd {where}\n{here_in_the_lab(pair, command.text)}"],
        env={"PATH": f"{BIN}:{PLUGINS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        stdin=TYPED if is_typed else "",
        check=False,
        timeout=HANG_GUARD,
    )
    told = f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    assert ended.returncode in act.codes, told
    assert act.shows in ended.stdout, told


def here_in_the_lab(pair: Scene, text: str) -> str:
    """A command with the lab's addresses for those of the documents."""
    addresses = {
        "192.168.136.100": conf.VIP,
        "192.168.136.161": pair.lab.node("lb01").ipv4(),
        "192.168.136.162": pair.lab.node("lb02").ipv4(),
        "192.168.136.5": f"{monitor(pair).ipv4()},{monitor(pair).ipv6()}",
    }
    for shown, real in addresses.items():
        text = text.replace(shown, real)
    return text
