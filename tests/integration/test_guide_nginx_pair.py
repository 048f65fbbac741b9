"""The guide's commands, as they stand and in their order, make a pair out of hosts that have only Debian's packages.

`systemctl` and `scp` are played: no systemd runs in the lab, and nodes have no ssh. What a unit would start is started.
"""

from __future__ import annotations

from collections.abc import Callable

from deploy.examples.nginx_pair.stage import APPS, GUARD, PAIR, PLAN
from deploy.lab import Lab, Node, Process
from deploy.lab.node import INTERPRETER, SOURCE
from deploy.lab.waiting import wait_until
from tests.documents import CLONE, commands
from tests.shown_commands import GUIDE, RUN_BY

BIN = "/opt/stand-in"
PATH = f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PAGE = "docs/guide-nginx-pair.md"  # the Chinese one shows the same commands (tests/test_guide_pages.py)
LOG = "/var/log/keepalived.log"
# The device nodes that programs need, and room for the socket that rsyslog makes; logs of the node's own.
OWN_PLACES = """
set -eu
mkdir /run/dev
mount -t tmpfs dev /run/dev
for name in null zero random urandom; do
  touch /run/dev/$name
  mount --bind /dev/$name /run/dev/$name
done
mount --rbind /run/dev /dev
mount -t tmpfs -o mode=755 log /var/log
mkdir /var/log/nginx
"""
RSYSLOG = 'module(load="imuxsock")\ninclude(file="/etc/rsyslog.d/10-keepalived.conf")\n*.* /var/log/syslog\n'


class Host:
    """A node, and what its units have started."""

    def __init__(self, node: Node, lab: Lab) -> None:
        self.node = node
        self._lab = lab
        self.services: dict[str, Process] = {}

    def furnish(self) -> None:
        """What Debian's packages and a clone would have brought."""
        self.node.run(["sh", "-c", OWN_PLACES])
        self.node.path(BIN).mkdir()
        self.node.write(f"{BIN}/hawatch", f'#!/bin/sh\nexec {INTERPRETER} -m hawatch "$@"\n')
        self.node.path(f"{BIN}/hawatch").chmod(0o755)
        self.node.run(["rm", "-f", "/etc/hawatch/peer.key"])

    def run(self, text: str) -> str:
        """One command of the guide in a clone; what it printed. LabError when it fails."""
        return self.node.run(["sh", "-ec", f"cd {SOURCE}\n{text}"], env={"PATH": PATH}).stdout

    def systemctl(self, text: str) -> None:
        """Start what the units say."""
        words = text.split()[1:]
        if words[:2] == ["enable", "--now"]:
            self._lab.helper(self.node.name).start()
            self._lab.agent(self.node.name).start()
            return
        assert words[0] == "restart", text
        for unit in words[1:]:
            self.services[unit] = self._start(unit)

    def _start(self, unit: str) -> Process:
        match unit:
            case "nginx":
                return self.node.popen(["/usr/sbin/nginx", "-g", "daemon off;"], name="nginx")
            case "rsyslog":
                self.node.write("/run/rsyslog.conf", RSYSLOG)
                process = self.node.popen(
                    ["/usr/sbin/rsyslogd", "-n", "-f", "/run/rsyslog.conf", "-i", "NONE"]
                )
                wait_until(
                    lambda: True if self.node.path("/dev/log").exists() else None,
                    what="rsyslog",
                    timeout=GUARD,
                )
                return process
            case "keepalived":
                unit_line = ". /etc/default/keepalived; exec /usr/sbin/keepalived --dont-fork $DAEMON_ARGS"
                return self.node.popen(["sh", "-c", unit_line], name="keepalived")
        raise AssertionError(f"the guide restarts {unit}")


def hosts_of(text: str) -> tuple[str, ...]:
    """Where a command is to be run."""
    if "web-app.conf" in text:
        return APPS
    if text.startswith(("curl -sf -H", "head -c", "scp")):
        return ("client",) if text.startswith("curl") else ("lb01",)
    return PAIR


def test_the_guides_commands_lead_from_bare_hosts_to_a_steady_pair() -> None:
    mine = [entry for entry in RUN_BY if entry.test == GUIDE]
    shown = [each.text for each in commands(CLONE / PAGE)]
    run = [text for text in shown if any(entry.fits(PAGE, text) for entry in mine)]
    with Lab(PLAN) as lab:
        hosts = {name: Host(lab.node(name), lab) for name in (*PAIR, *APPS, "client")}
        for host in hosts.values():
            host.furnish()
        before_the_kernel_was_told(hosts["lb02"])
        place: tuple[str, ...] = APPS
        for text in run:
            place = next_place(text, place)
            perform(text, [hosts[name] for name in place], lab)
        assert_that_it_stands(lab, hosts)


def next_place(text: str, before: tuple[str, ...]) -> tuple[str, ...]:
    """`rm` and `systemctl restart nginx` stand on the back ends first, and then on the nodes."""
    if text.startswith(("rm -f", "systemctl restart nginx")):
        return before
    return hosts_of(text)


def perform(text: str, hosts: list[Host], lab: Lab) -> None:
    """One command on each of its hosts."""
    for host in hosts:
        if text.startswith("systemctl"):
            host.systemctl(text)
        elif text.startswith("scp"):
            lab.agent("lb02").write_key(lab.node("lb01").path("/etc/hawatch/peer.key").read_text().strip())
        elif text.startswith(("curl", "hawatch status")):
            await_success(lambda host=host: host.run(text), text)  # type: ignore[misc]
        else:
            host.run(text)


def await_success(run: Callable[[], str], what: str) -> str:
    """What is asked may need a moment: an election, the start of an agent."""

    def look() -> str | None:
        try:
            return run()
        except Exception as error:  # noqa: BLE001  the last one is shown
            last.append(str(error))
            return None

    last: list[str] = []
    return wait_until(look, what=f"{what}: {last[-1:]}", timeout=GUARD)


def before_the_kernel_was_told(host: Host) -> None:
    """The reason that the guide gives for ip_nonlocal_bind."""
    host.run(
        "mv /etc/nginx/sites-enabled/default /run/default-site"
    )  # with its `listen 80` nginx binds nothing else
    host.run("install -m 644 deploy/examples/nginx-pair/nginx/web-pair.conf /etc/nginx/conf.d/web-pair.conf")
    refused = host.node.run(["/usr/sbin/nginx"], check=False)
    assert refused.returncode != 0
    assert "failed (99: Cannot assign requested address)" in refused.stderr
    host.run("rm /etc/nginx/conf.d/web-pair.conf; mv /run/default-site /etc/nginx/sites-enabled/default")


def assert_that_it_stands(lab: Lab, hosts: dict[str, Host]) -> None:
    """Both names answer, both agents say steady of both, and the log is where the guide says."""
    for name, address in (("www", "10.0.0.100"), ("blog", "10.0.0.200")):
        asked = f"curl -sf -H 'Host: {name}.example.org' http://{address}/"
        told = await_success(lambda asked=asked: hosts["client"].run(asked), asked)  # type: ignore[misc]
        assert told.startswith(f"{name}.example.org, answered by app0")

    def steady() -> bool | None:
        for name in PAIR:
            status = lab.agent(name).status()
            verdicts = [router["verdict"] for router in status["virtual_routers"]]
            if verdicts != ["steady", "steady"] or [peer["agent"] for peer in status["peers"]] != ["up"]:
                return None
        return True

    wait_until(steady, what="steady on both nodes", timeout=GUARD)
    lab.truth.wait_owner("10.0.0.100", "lb01")
    lab.truth.wait_owner("10.0.0.200", "lb02")
    for name, instance in (("lb01", "VI_1"), ("lb02", "VI_2")):
        log = lab.node(name).path(LOG).read_text()
        assert f"({instance}) Entering MASTER STATE" in log
        general = lab.node(name).path("/var/log/syslog")
        assert not general.exists() or "Keepalived" not in general.read_text(), "and in no other"
        rotated = lab.node(name).run(
            ["/usr/sbin/logrotate", "--debug", "/etc/logrotate.d/keepalived"], check=False
        )
        assert rotated.returncode == 0, rotated.stderr
