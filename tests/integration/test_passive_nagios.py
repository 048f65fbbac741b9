"""Results that agents push, in a real nagios4 on the shipped passive objects: through nsca, and by its command file."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.lab import Lab, Node
from deploy.lab.identity import agent_identity
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from hawatch.agent.equipment import HostClock
from hawatch.config import Passive
from hawatch.errors import DeliveryError
from hawatch.passive.command_file import CommandFile
from hawatch.passive.result import PassiveResult
from hawatch.passive.spool import Spool
from tests.integration.conftest import Tell
from tests.integration.monitored import (
    MONITORED,
    monitor,
    monitored_pair,
    since_healed,
    since_split,
    split,
)
from tests.integration.nagios_server import HAWATCH_PAGES, Nagios
from tests.lab.scene import HANG_GUARD, Scene
from tests.test_passive_files import SPLIT

TMP = "/tmp"
OBJECTS = (*HAWATCH_PAGES, "passive.cfg")
SITE = """\
define host {
    use                     hawatch-pair-passive
    host_name               web
    address                 10.0.0.100
    _HAWATCH_AGENTS         -H lb01 -H lb02
}
define host {
    use                     hawatch-pair
    host_name               another
    address                 10.0.0.101
    _HAWATCH_AGENTS         -H lb01
}
"""
FRESH_FOR = 6
"""Seconds; three heartbeats of the test's agents, where a site has 180."""
SPOOL = f"{TMP}/nsca"
EVERY = 2
NSCA = """\
server_address=0.0.0.0
server_port=5667
nsca_user=nagios
nsca_group=nagios
command_file={command_file}
alternate_dump_file=/tmp/nsca.dump
pid_file=/tmp/nsca.pid
max_packet_age=30
password=between-agents-and-nsca
decryption_method=16
"""
SEND_NSCA = "password=between-agents-and-nsca\nencryption_method=16\n"
PUSHED = f"""
[[passive]]
name = "nsca"
spool = "{SPOOL}"
every = "{EVERY}s"
moved_within = 0
"""


def nagios_on(node_name: str, pair: Scene) -> Nagios:
    """As it is shipped, but stale after seconds; the shipped objects say three minutes."""
    nagios = Nagios(pair.lab.node(node_name), site=SITE, objects=OBJECTS)
    shipped = nagios.node.run(["cat", "/opt/hawatch/nagios/nagios4/passive.cfg"]).stdout
    assert "freshness_threshold     180" in shipped
    path = f"{nagios.directory}/passive.cfg"
    nagios.node.write(
        path, shipped.replace("freshness_threshold     180", f"freshness_threshold {FRESH_FOR}")
    )
    return Nagios(nagios.node, site=SITE, objects=(*HAWATCH_PAGES, path))


def start_nsca(nagios: Nagios) -> Process:
    """nsca beside Nagios."""
    nagios.node.write(f"{TMP}/nsca.cfg", NSCA.format(command_file=nagios.command_file))
    return nagios.node.popen(["/usr/sbin/nsca", "-f", "-c", f"{TMP}/nsca.cfg", "--daemon"], name="nsca")


def ship(pair: Scene, name: str) -> Process:
    """The shipped script, as the agent's user."""
    node, user = pair.lab.node(name), agent_identity()
    node.write(f"{TMP}/send_nsca.cfg", SEND_NSCA)
    script = "/opt/hawatch/nagios/nsca/hawatch-send-nsca"
    argv = [script, "--watch", SPOOL, monitor(pair).ipv4(), "-c", f"{TMP}/send_nsca.cfg"]
    return node.popen(argv, name="hawatch-send-nsca", identity=user)


def let_agent_in(nagios: Nagios) -> None:
    """What an administrator does: the agent's user into the group of the command file."""
    user = agent_identity()
    for path in (nagios.directory, f"{nagios.directory}/rw", nagios.command_file):
        os.chown(nagios.node.path(path), -1, user.gid)


def spools(pair: Scene) -> None:
    for name in pair.watched:
        path = pair.lab.node(name).path(SPOOL)
        path.mkdir()
        os.chown(path, agent_identity().uid, agent_identity().gid)


def test_a_split_and_its_end_arrive_through_nsca_and_by_the_command_file_and_silence_is_found(
    told: Tell,
) -> None:
    """Nagios stands on the monitor, behind nsca; and a second one on lb01, which pushes into its command file."""
    local = PUSHED.replace('"nsca"', '"local"')
    with monitored_pair(PUSHED, start_agents=False) as pair:
        remote, near = nagios_on("monitor", pair), nagios_on("lb01", pair)
        local = local.replace(f'spool = "{SPOOL}"', f'command_file = "{near.command_file}"')
        both = pair.lab.node("lb01").path("/etc/hawatch/hawatch.toml").read_text()
        pair.lab.agent("lb01").write_config(f"{both}\n{local}")
        spools(pair)
        remote.start()
        near.start()
        let_agent_in(near)
        start_nsca(remote)
        for name in pair.watched:
            ship(pair, name)
        pair.lab.start_agents(*pair.watched)
        pair.settle()
        remote.await_state("web", "hawatch", "OK")
        near.await_state("web", "hawatch", "OK")
        with split(pair):
            seen = near.await_state("web", "hawatch", "CRITICAL")
            told("nagios4, by its command file: CRITICAL after the second owner", since_split(pair))
            assert "split_brain: lb01 and lb02 both hold 10.0.0.100" in seen["plugin_output"]
            seen = remote.await_state("web", "hawatch", "CRITICAL")
            told("nagios4, through nsca: CRITICAL after the second owner", since_split(pair))
            assert "split_brain: lb01 and lb02 both hold 10.0.0.100" in seen["plugin_output"]
            assert seen["check_type"] == "1"
        near.await_state("web", "hawatch", "OK")
        told("nagios4, by its command file: OK after one of them let go", since_healed(pair))
        remote.await_state("web", "hawatch", "OK")
        told("nagios4, through nsca: OK after one of them let go", since_healed(pair))
        for name in pair.watched:
            pair.lab.agent(name).kill()
        began = pair.lab.now()
        seen = remote.await_state("web", "hawatch", "UNKNOWN")
        told(
            f"nagios4: UNKNOWN after both agents were killed (stale after {FRESH_FOR} s)",
            pair.lab.now() - began,
        )
        assert any("results of service 'hawatch' on host 'web' are stale" in line for line in remote.log())


# --- what arrives, to the letter ------------------------------------------------------------------

ANOTHER = replace(SPLIT, host="web", output=r"HAWATCH CRITICAL - C:\new; 裂脑 'quoted' $HOSTNAME$ <b>")


def as_nagios_has_it(seen: dict[str, str]) -> tuple[str, str, list[str]]:
    """Output, performance data and further lines, with what status.dat escapes taken back."""
    lines = seen["long_plugin_output"].replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
    return seen["plugin_output"].replace("\\\\", "\\"), seen["performance_data"], lines.splitlines()


def await_output(nagios: Nagios, result: PassiveResult) -> None:
    """Everything of this result is there, and nothing else; of the first line Nagios makes each ; a :."""
    wanted = (result.output.replace(";", ":"), " ".join(result.perfdata), list(result.details))

    def look() -> bool | None:
        seen = nagios.service(result.host, result.service)
        return True if seen.get("has_been_checked") == "1" and as_nagios_has_it(seen) == wanted else None

    try:
        wait_until(look, what="the result in status.dat", timeout=HANG_GUARD)
    except Exception:
        assert as_nagios_has_it(nagios.service(result.host, result.service)) == wanted
        raise


def push(path: Path, result: PassiveResult) -> None:
    target = Passive(name="nagios", command_file=str(path))
    asyncio.run(CommandFile(target, HostClock().wall).deliver(result))


def test_a_result_is_shown_to_the_letter_and_a_nagios_that_is_gone_is_told_of() -> None:
    with Lab(MONITORED) as lab:
        nagios = Nagios(lab.node("monitor"), site=SITE, objects=OBJECTS)
        nagios.start()
        path = nagios.node.path(nagios.command_file)
        for result in (SPLIT, ANOTHER, replace(SPLIT, details=("x" * 1000, "y" * 1000), code=1)):
            push(path, result)
            await_output(nagios, result)
        whole = nagios.service("web", "hawatch")
        push(path, replace(SPLIT, host="nobody"))
        nagios.await_log("Passive check result was received for service 'hawatch' on host 'nobody'")
        assert nagios.service("web", "hawatch")["plugin_output"] == whole["plugin_output"]
        nagios.stop()
        with pytest.raises(DeliveryError, match="is Nagios running") as caught:
            push(path, SPLIT)
        assert caught.value.temporary


def names(node: Node) -> list[str]:
    """What lies in the spool."""
    return sorted(path.name for path in node.path(SPOOL).iterdir())


def test_the_script_removes_what_nsca_took_and_nothing_else() -> None:
    with Lab(MONITORED) as lab:
        nagios = Nagios(lab.node("monitor"), site=SITE, objects=OBJECTS)
        node = nagios.node
        nagios.start()
        node.path(SPOOL).mkdir()
        node.write(f"{TMP}/send_nsca.cfg", SEND_NSCA)
        script = (
            "/opt/hawatch/nagios/nsca/hawatch-send-nsca",
            SPOOL,
            "127.0.0.1",
            "-c",
            f"{TMP}/send_nsca.cfg",
        )
        spool = Spool(Passive(name="nsca", spool=str(node.path(SPOOL))), HostClock())
        asyncio.run(spool.deliver(SPLIT))
        (waiting,) = names(node)
        node.write(f"{SPOOL}/.nsca.draft", "half of one")

        ended = node.run(script, check=False)
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"hawatch-send-nsca: {SPOOL}/{waiting}: Connection refused by host")
        assert names(node) == [".nsca.draft", waiting]

        start_nsca(nagios)

        def sent() -> bool | None:
            return True if node.run(script, check=False).returncode == 0 else None

        wait_until(sent, what="nsca to take it", timeout=HANG_GUARD)
        assert names(node) == [".nsca.draft"]
        await_output(nagios, SPLIT)
        for result in (ANOTHER, replace(SPLIT, details=("x" * 1000, "y" * 1000))):
            asyncio.run(spool.deliver(result))
            node.run(script)
            await_output(nagios, result)
        assert node.run(script).stderr == ""
