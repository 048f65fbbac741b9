"""The first page's ten minutes to production, its own commands in its own order, on a real pair in bare roots.

What stands in for the site: its package lies in /root, `systemctl` starts what the installed units say with the unit's
user and capabilities (there is no systemd here), `ssh` runs its command on the other node, and a mail server is at the
address that the page calls relay.example.org.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.debian.build import build
from deploy.lab import LabError, Topology
from deploy.lab.mail import MailServer
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from hawatch import __version__
from tests.at_terminal import at_terminal
from tests.documents import CLONE, Block, blocks, commands_of
from tests.fresh.roots import PLACE, Host
from tests.lab.scene import HANG_GUARD, Scene, scene
from tests.packaging.debian_root import debian_base
from tests.packaging.sandbox import identity
from tests.packaging.units import one, read_unit

PAGE = CLONE / "README.md"
NODES = ("lb01", "lb02")
PACKAGE = f"hawatch_{__version__}-1_all.deb"
INSTALLED = "/usr/lib/systemd/system"


class Site:
    """The two nodes and the monitoring host, and what a site's own hands do there."""

    def __init__(self, pair: Scene, base: Path, package: Path) -> None:
        self.pair = pair
        self.hosts = {name: Host.in_root(pair.lab.node(name), base) for name in (*NODES, "monitor")}
        self._running: dict[tuple[str, str], Process] = {}
        for name in NODES:
            shutil.copy(package, self.hosts[name].path("/root"))
        shutil.copytree(CLONE / "nagios", self.hosts["monitor"].path("/root/nagios"))
        relay = pair.lab.node("monitor").ipv4()
        for host in self.hosts.values():
            with host.path("/etc/hosts").open("a") as hosts:
                hosts.write(f"{relay} relay.example.org\n")

    def systemctl(self, name: str, *words: str) -> None:
        """`systemctl enable --now` or `restart` on a node: does what the installed units say."""
        for unit in words[1:]:
            if unit == "hawatch-helper.socket":
                self._listen(name, unit)
            elif not unit.startswith("-"):
                self._restart(name, f"{unit}.service")

    def _restart(self, name: str, unit: str) -> None:
        if (before := self._running.get((name, unit))) is not None:
            before.stop()
        self._running[name, unit] = self._start(name, unit)

    def _listen(self, name: str, unit_name: str) -> None:
        """A socket unit, whose service begins with the first caller."""
        host = self.hosts[name]
        unit = read_unit(host.path(f"{INSTALLED}/{unit_name}"))
        socket = one(unit, "Socket.ListenStream")
        activate = ["systemd-socket-activate", "--listen", f"{PLACE}/root{socket}"]
        self._running[name, unit_name] = self._start(name, unit_name.replace(".socket", ".service"), activate)
        wait_until(lambda: host.path(socket).exists() or None, what=socket, timeout=HANG_GUARD)
        owner = f"{one(unit, 'Socket.SocketUser')}:{one(unit, 'Socket.SocketGroup')}"
        host.shell(f"chown {owner} {socket} && chmod {one(unit, 'Socket.SocketMode')} {socket}")

    def _start(self, name: str, unit_name: str, before: Sequence[str] = ()) -> Process:
        host = self.hosts[name]
        unit = read_unit(host.path(f"{INSTALLED}/{unit_name}"))
        # chroot first: it needs a right that the unit does not give.
        argv = [*before, *host.enter, *identity(unit), *shlex.split(one(unit, "Service.ExecStart"))]
        return host.node.popen(argv, name=unit_name, env={"PYTHONPATH": ""})

    def dialogue(self, name: str, command: str, answers: dict[str, str]) -> str:
        """A command at a terminal; `answers` by a part of the question, else Enter. All that was shown."""
        host = self.hosts[name]
        argv = [*host.node.namespace.enter(), *host.enter, "sh", "-c", command]
        env = {"PATH": os.defpath + ":/usr/sbin:/sbin", "LANG": "C.UTF-8", "HOME": "/root"}
        return at_terminal(argv, answers, env)

    def ssh(self, name: str, line: str) -> None:
        """An `ssh root@ADDRESS COMMAND <FILE` on a node."""
        word, target, command, file = shlex.split(line)
        assert word == "ssh"
        (other,) = (n for n in NODES if target == f"root@{self.pair.lab.node(n).ipv4()}")
        key = self.hosts[name].path(file.removeprefix("<")).read_text()
        self.hosts[other].shell(command, stdin=key)

    def account(self, name: str) -> str:
        """For a failed test: what a node says now, and what its services have said."""
        said = self.hosts[name].shell("hawatch status 2>&1", check=False).stdout
        logs = [p.output() for (node, _), p in self._running.items() if node == name]
        return "\n".join([said, *logs])


@contextmanager
def site(tmp_path: Path) -> Iterator[Site]:
    package = build(tmp_path)
    assert package.name == PACKAGE
    hosts = ("client", "gateway", "monitor")
    with (
        debian_base() as base,
        scene(Topology(hosts=hosts), advert_int=1, agents=(), start_agents=False) as pair,
    ):
        yield Site(pair, base, package)


def steps() -> list[Block]:
    """The blocks of "Ten minutes to production", in their order."""
    text = PAGE.read_text(encoding="utf-8").splitlines()
    begin = text.index("## Ten minutes to production") + 1
    end = next(n for n, line in enumerate(text[begin:], start=begin + 1) if line.startswith("## "))
    return [block for block in blocks(PAGE) if begin < block.line < end]


def lines(block: Block) -> list[str]:
    return [command.text for command in commands_of(block)]


def test_ten_minutes_to_production(tmp_path: Path) -> None:
    install, init, start, plugin, contact, tell = steps()
    with site(tmp_path) as here:
        # 1. The package on both.
        (line,) = lines(install)
        assert PACKAGE in line
        for name in NODES:
            here.hosts[name].shell(line)
            assert not here.hosts[name].path("/etc/hawatch/peer.key").exists()

        # 2. A dialogue on the one, and the line that it prints.
        (line,) = lines(init)
        answers = {"other node's address": here.pair.lab.node("lb02").ipv4(), "other node's name": "lb02"}
        answers |= {"A name for the pair": "web", "Number or address": "0.0.0.0"}
        shown = here.dialogue("lb01", line, answers)
        found = re.search(r"on lb02:\n +(ssh .*)\n", shown)
        assert found is not None, shown
        here.ssh("lb01", found[1])

        # 3. Both are started, and steady.
        begin, look = lines(start)
        for name in NODES:
            here.systemctl(name, *shlex.split(begin)[1:])
        for name in NODES:
            await_steady(here, name)
            assert "steady" in here.hosts[name].shell(look).stdout

        # 4. One service check for the pair.
        put, check = lines(plugin)
        here.hosts["monitor"].shell(put)
        said = here.hosts["monitor"].shell(check).stdout
        assert said.startswith("HAWATCH OK - VI_1 steady: lb01 holds 10.0.0.100, and a standby is ready"), (
            said
        )

        # 5. Somebody is called.
        relay = MailServer(here.pair.lab.node("monitor"), ["anna"])
        relay.start()
        for name in NODES:
            with here.hosts[name].path("/etc/hawatch/hawatch.toml").open("a") as config:
                config.write(contact.text)
        look_over, again, test = lines(tell)
        for name in NODES:
            here.hosts[name].shell(look_over)
            here.systemctl(name, *shlex.split(again)[1:])
        for name in NODES:
            await_steady(here, name)
        here.hosts["lb01"].shell(test)
        (mail,) = wait_until(lambda: relay.mails("anna") or None, what="a mail to anna", timeout=HANG_GUARD)
        assert mail["From"] == "hawatch@example.org"

        # And that is what it is for.
        with here.pair.lab.firewall.drop_vrrp_inbound("lb02"):
            await_word(
                here, lambda: here.hosts["monitor"].shell(check, check=False).stdout, "VI_1 split_brain"
            )
            wait_until(
                lambda: any("SPLIT BRAIN" in str(mail["Subject"]) for mail in relay.mails("anna")) or None,
                what="a mail about the split",
                timeout=HANG_GUARD,
            )


def await_steady(here: Site, name: str) -> None:
    """Until a node is steady, with the other's agent in sight, and knows from both that a standby is ready."""

    def look() -> bool | None:
        told = here.hosts[name].shell("hawatch status --json", check=False)
        if told.returncode:
            return None
        status = json.loads(told.stdout)
        rules = [router["rule"] for router in status["virtual_routers"]]
        agents = [peer["agent"] for peer in status["peers"]]
        return True if (rules, agents) == (["ST1-standby-ready"], ["up"]) else None

    try:
        wait_until(look, what=f"{name} to be steady", timeout=HANG_GUARD)
    except LabError as error:
        raise AssertionError(f"{error}\n{here.account(name)}") from None


def await_word(here: Site, say: Callable[[], str], word: str) -> None:
    wait_until(lambda: word in say() or None, what=word, timeout=HANG_GUARD)
