"""The stage of the example: the shipped files on real nodes, where a user would copy them to."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.examples.nginx_pair.record import GOOD, Request, read_requests
from deploy.examples.nginx_pair.words import Words
from deploy.lab import Fault, Lab, Node, Process, Sms, Smsd, Topology
from deploy.lab.node import INTERPRETER, SOURCE
from deploy.lab.process import children, send_signal
from deploy.lab.smsd import SPOOL
from deploy.lab.waiting import wait_until

FILES = Path(__file__).resolve().parents[1] / "nginx-pair"
SNIPPETS = Path(__file__).resolve().parents[2] / "keepalived"
PAIR = ("lb01", "lb02")
APPS = ("app01", "app02")
PLAN = Topology(routers=PAIR, hosts=("client", "gateway", *APPS), wire=True)
SITES = {"www": "10.0.0.100", "blog": "10.0.0.200"}
INSTANCES = {"VI_1": "www", "VI_2": "blog"}
GUARD = 90.0  # seconds; a hang guard


@dataclass
class Stage:
    """All that stands on it; nginx is started and killed here, the rest is the lab's."""

    lab: Lab
    words: Words
    modems: dict[str, Smsd]
    client: Process | None = None
    nginx: dict[str, Process] = field(default_factory=dict)

    # --- nginx ------------------------------------------------------------------------------------

    def start_nginx(self, name: str) -> None:
        """Start nginx as Debian's unit does, but in the foreground, and wait until it takes connections."""
        self.nginx[name] = self.lab.node(name).popen(["/usr/sbin/nginx", "-g", "daemon off;"], name="nginx")
        probe = ["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{8081 if name in PAIR else 8080}/"]
        node = self.lab.node(name)
        wait_until(
            lambda: node.run(probe, check=False).returncode == 0 or None,
            what=f"nginx on {name} to answer",
            timeout=GUARD,
        )

    def kill_nginx(self, name: str) -> Fault:
        """SIGKILL to nginx and its workers; healing starts it again."""
        process = self.nginx[name]
        for pid in children(process.pid):
            send_signal(pid, signal.SIGKILL)
        process.kill()
        return Fault(f"{name}: nginx killed", lambda: self.start_nginx(name))

    # --- the client -------------------------------------------------------------------------------

    def start_client(self, every: float) -> None:
        """Start to ask for each name every so many seconds, and wait until each has been answered."""
        sites = [f"{name}={address}" for name, address in SITES.items()]
        program = f"{SOURCE}/deploy/examples/nginx_pair/client.py"
        argv = [INTERPRETER, "-IS", program, "--every", f"{every:g}", *sites]
        self.client = self.lab.node("client").popen(argv, name="client")
        wait_until(
            lambda: {each.name for each in self.requests() if each.outcome == GOOD} == set(SITES) or None,
            what="an answer for each name",
            timeout=GUARD,
        )

    # --- what is looked at ------------------------------------------------------------------------

    def requests(self) -> list[Request]:
        """All that the client has asked for and heard of."""
        return read_requests(self.client.output()) if self.client else []

    def texts(self, *, since: float) -> list[tuple[str, Sms]]:
        """Every text since a moment, with the node whose modem sent it."""
        found = [(node, sms) for node, modem in self.modems.items() for sms in modem.messages()]
        return sorted((each for each in found if each[1].at >= since), key=lambda each: each[1].at)


@contextmanager
def stage(*, interval: float, every: float) -> Iterator[Stage]:
    """Everything runs, and the client asks; `interval` is advert_int, `every` the client's, both in seconds."""
    with Lab(PLAN) as lab:
        set_the_scene(lab, interval)
        journals = {name: lab.agent(name).state / "journal.jsonl" for name in PAIR}
        built = Stage(lab, Words(journals), {name: Smsd(lab.node(name)) for name in PAIR})
        for modem in built.modems.values():
            modem.start()
        for name in (*APPS, *PAIR):
            built.start_nginx(name)
        for name in PAIR:
            lab.keepalived(name).launch()
        for name in PAIR:
            lab.keepalived(name).wait_child()
        lab.truth.wait_owner(SITES["www"], "lb01")
        lab.truth.wait_owner(SITES["blog"], "lb02")
        built.start_client(every)
        lab.start_agents()
        yield built


def set_the_scene(lab: Lab, interval: float) -> None:
    """Copy every file to where it belongs; nothing is started."""
    for name in PAIR:
        node = lab.node(name)
        # By nsenter, /proc/sys is the host's, but the network below it is the node's own.
        node.run(["sysctl", "-q", "-p", f"{SOURCE}/deploy/keepalived/60-keepalived.conf"])
        text = (FILES / name / "keepalived.conf").read_text()
        lab.keepalived(name).write_conf(text.replace("advert_int 1\n", f"advert_int {interval:g}\n"))
        lab.agent(name).write_config((FILES / name / "hawatch.toml").read_text())
        node.run(["mkdir", SPOOL])
        node.run(["mount", "--bind", SPOOL, "/var/spool/sms"])
        install_nginx(node, FILES / "nginx/web-pair.conf")
    for name in APPS:
        install_nginx(lab.node(name), FILES / "app/web-app.conf")


def install_nginx(node: Node, conf: Path) -> None:
    """What the guide says to do with Debian's nginx; its logs are the node's own."""
    node.run(["rm", "-f", "/etc/nginx/sites-enabled/default"])
    node.write(f"/etc/nginx/conf.d/{conf.name}", conf.read_text())
    node.run(["mount", "-t", "tmpfs", "logs", "/var/log/nginx"])
