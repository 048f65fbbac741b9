"""Fence devices through a real helper: root's table, and fence_ipmilan against OpenIPMI's ipmi_sim on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from hawatch.ability import Ability, Danger, abilities_of
from hawatch.cli.fence_warnings import fence_warnings
from hawatch.config import Config, Contact, Peer
from hawatch.config.oncall import Permission
from hawatch.doctor import Outcome, fencing, gather
from hawatch.errors import HawatchError
from hawatch.helper.allowed import allowed
from hawatch.helper.fence import read_password
from tests.bmc import PASSWORD, USER, Bmc
from tests.helper_process import HANG_GUARD, Client, HelperProcess

AGENT = "/usr/sbin/fence_ipmilan"
ANN = Contact(name="ann", permissions=frozenset({Permission.FENCE}))
BO = Contact(name="bo", permissions=frozenset({Permission.FENCE}))
pytestmark = pytest.mark.lab  # actions.toml must be root's


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A directory with root's file, a password, and the helper that reads them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.password = directory / "fence.password"
        self.password.write_text(f"{PASSWORD}\n")
        self.password.chmod(0o600)

    def allow(self, agent: str, options: str = "", more: str = "") -> None:
        (self.directory / "actions.toml").write_text(
            f'[fence.lb02]\nagent = "{agent}"\noptions = {{ {options} }}\n'
            f'password_file = "{self.password}"\n{more}\n'
        )

    def script(self, text: str) -> str:
        """A fence agent of our own."""
        path = self.directory / "fence_own"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with HelperProcess(site.directory).start() as helper, Client(helper.socket) as client:
        yield client


@pytest.fixture
def bmc(site: Site) -> Iterator[Bmc]:
    """A device that runs, and fence_ipmilan as its agent."""
    for program in (AGENT, "/usr/bin/ipmi_sim"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (deploy/setup.sh --tests)")
    directory = site.directory / "bmc"
    (directory / "state").mkdir(parents=True)
    device = Bmc(directory=str(directory), address="127.0.0.1", port=free_port())
    for name, text in device.files().items():
        (directory / name).write_text(text)
    site.allow(
        AGENT,
        f'ip = "127.0.0.1", ipport = {device.port}, username = "{USER}", lanplus = true, cipher = 3',
    )
    with subprocess.Popen(device.argv, stdin=subprocess.DEVNULL, start_new_session=True) as simulator:
        try:
            yield device
        finally:
            os.killpg(simulator.pid, signal.SIGKILL)


def power(client: Client, name: str = "fence-lb02") -> str:
    answer = client.ask(verb="power", name=name)
    assert answer["ok"] is True, answer
    return str(answer["power"])


def await_power(client: Client, wanted: str) -> None:
    wait_until(lambda: power(client) == wanted or None, what=f"power {wanted}", timeout=HANG_GUARD)


# --- against the real device ------------------------------------------------------------------------


def test_a_real_device_is_asked_cut_and_switched_on_each_once(client: Client, bmc: Bmc, site: Site) -> None:
    await_power(client, "on")
    done = client.ask(verb="act", name="fence-lb02", id="fence-1")
    assert (done["ok"], done["exit_code"], done["output"]) == (True, 0, "Success: Powered OFF"), done
    assert power(client) == "off"
    back = client.ask(verb="act", name="power-on-lb02", id="on-1")
    assert (back["exit_code"], back["output"]) == (0, "Success: Powered ON"), back
    again = client.ask(verb="act", name="fence-lb02", id="fence-1")
    assert (again["again"], again["exit_code"]) == (True, 0)
    assert power(client) == "on"
    calls = (Path(bmc.directory) / "calls").read_text().splitlines()
    assert [each for each in calls if each.startswith("set")] == ["set power 0", "set power 1"]


def test_to_ask_for_the_power_switches_nothing(client: Client, bmc: Bmc) -> None:
    await_power(client, "on")
    for name in ("fence-lb02", "power-on-lb02"):
        assert power(client, name) == "on"
    calls = (Path(bmc.directory) / "calls").read_text()
    assert "set" not in calls


def test_a_wrong_password_is_unknown_power_and_is_never_shown(client: Client, bmc: Bmc, site: Site) -> None:
    await_power(client, "on")
    site.password.write_text("wrong-one\n")
    answer = client.ask(verb="power", name="fence-lb02")
    assert answer["power"] == "unknown"
    assert "Unable to obtain correct plug status" in answer["problem"]
    assert "wrong-one" not in json.dumps(answer)


# --- how an agent is run ----------------------------------------------------------------------------


def test_the_password_goes_by_standard_input_and_stands_in_no_argument_and_no_environment(
    client: Client, site: Site
) -> None:
    seen = site.directory / "seen"
    site.allow(
        site.script(f"cat >{seen}; tr '\\0' ' ' </proc/$$/cmdline >{seen}.args; env >{seen}.env; exit 0"),
        'ip = "10.0.0.112", plug = 7, ssl = false',
    )
    assert power(client) == "on"
    given = seen.read_text().splitlines()
    assert given == ["ip=10.0.0.112", "plug=7", "ssl=0", "action=status", f"password={PASSWORD}"]
    assert PASSWORD not in Path(f"{seen}.args").read_text() + Path(f"{seen}.env").read_text()


@pytest.mark.parametrize(
    ("code", "wanted"), [(0, "on"), (2, "off"), (1, "unknown"), (3, "unknown"), (127, "unknown")]
)
def test_the_exit_code_of_a_status_says_on_off_or_nothing(
    client: Client, site: Site, code: int, wanted: str
) -> None:
    site.allow(site.script(f"exit {code}"))
    assert power(client) == wanted


def test_of_what_an_agent_says_the_last_line_is_told_without_the_password(client: Client, site: Site) -> None:
    site.allow(site.script(f"echo first; echo 'login with {PASSWORD} refused' >&2; exit 1"))
    failed = client.ask(verb="act", name="fence-lb02", id="1")
    assert (failed["exit_code"], failed["output"]) == (1, "login with *** refused")
    assert PASSWORD not in json.dumps(client.ask(verb="power", name="fence-lb02"))


def test_an_agent_that_takes_too_long_is_ended_and_not_run_again(client: Client, site: Site) -> None:
    ran = site.directory / "ran"
    site.allow(site.script(f"echo >>{ran}; echo waiting; sleep 60"), more="seconds = 0.3")
    answer = client.ask(verb="act", name="fence-lb02", id="1")
    assert (answer["timed_out"], answer["output"]) == (True, "waiting")
    assert client.ask(verb="act", name="fence-lb02", id="1")["again"] is True
    assert ran.read_text() == "\n"


@pytest.mark.parametrize(
    ("mode", "text"), [(0o640, PASSWORD), (0o604, PASSWORD), (0o600, ""), (0o600, "two\nlines\n")]
)
def test_with_a_password_that_others_can_read_or_that_is_none_no_agent_is_run(
    client: Client, site: Site, mode: int, text: str
) -> None:
    ran = site.directory / "ran"
    site.allow(site.script(f"touch {ran}"))
    site.password.write_text(text)
    site.password.chmod(mode)
    asked = client.ask(verb="power", name="fence-lb02")
    acted = client.ask(verb="act", name="fence-lb02", id="1")
    assert (asked["power"], acted["exit_code"]) == ("unknown", None)
    for answer in (asked, acted):
        assert str(site.password) in answer["problem"]
        assert PASSWORD not in json.dumps(answer)
    assert not ran.exists()


def test_a_password_file_is_no_link_to_another(site: Site) -> None:
    link = site.directory / "link"
    link.symlink_to(site.password)
    with pytest.raises(HawatchError, match="link"):
        read_password(str(link))


# --- what is told of it -----------------------------------------------------------------------------


def test_a_client_learns_both_abilities_and_none_of_the_options(client: Client, site: Site) -> None:
    site.allow("/usr/sbin/fence_ipmilan", 'ip = "10.0.0.112", username = "admin"', 'label_zh = "断电"')
    answer = client.ask(verb="actions")
    cut, back = abilities_of(answer)
    assert cut == Ability(
        name="fence-lb02",
        danger=Danger.FENCE,
        undo="power-on-lb02",
        offer=("split_brain",),
        labels=(("zh", "断电"),),
        target="lb02",
    )
    assert cut.cuts_power
    assert (back.name, back.danger, back.offer, back.target) == ("power-on-lb02", Danger.DEMOTE, (), "lb02")
    assert not back.cuts_power
    for secret in ("10.0.0.112", "admin", "fence_ipmilan", "password"):
        assert secret not in json.dumps(answer)


def test_a_node_that_is_rebooted_needs_nobody_to_switch_it_on(client: Client, site: Site) -> None:
    seen = site.directory / "seen"
    site.allow(site.script(f"cat >{seen}"), more='action = "reboot"')
    (cut,) = abilities_of(client.ask(verb="actions"))
    assert (cut.name, cut.undo) == ("fence-lb02", None)
    assert client.ask(verb="act", name="fence-lb02", id="1")["exit_code"] == 0
    assert "action=reboot" in seen.read_text().splitlines()
    assert client.ask(verb="act", name="power-on-lb02", id="2")["ok"] is False


def test_a_fence_is_about_no_vip_and_the_verb_power_about_nothing_but_fences(
    client: Client, site: Site
) -> None:
    site.allow(site.script("exit 0"))
    assert client.ask(verb="act", name="fence-lb02", vip="192.0.2.100", id="1")["ok"] is False
    names: tuple[object, ...] = ("fence-lb03", "stop-keepalived", None, 7, [])
    for name in names:
        assert client.ask(verb="power", name=name)["ok"] is False


# --- root's table -----------------------------------------------------------------------------------

IPMI = '[fence.lb02]\nagent = "/usr/sbin/fence_ipmilan"\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[fence.lb02]\n", r"fence\.lb02\.agent: an absolute path"),
        ('[fence.lb02]\nagent = "fence_ipmilan"\n', r"fence\.lb02\.agent: an absolute path"),
        (IPMI + 'oops = "1"', r"fence\.lb02\.'oops': unknown key"),
        (IPMI + 'options = "ip"', r"fence\.lb02\.options: a table"),
        (IPMI + 'options = { action = "off" }', r"options\.action: is hawatch's to say"),
        (IPMI + 'options = { password = "x" }', r"options\.password: a password stands in password_file"),
        (IPMI + 'options = { passwd = "x" }', r"options\.passwd: a password stands in password_file"),
        (IPMI + 'options = { ip = "a\\naction=off" }', r"options\.ip: one line of text"),
        (IPMI + "options = { ip = 1.5 }", r"options\.ip: one line of text"),
        (IPMI + 'options = { "ip=x" = "y" }', "no fence agent has such an option"),
        (IPMI + 'action = "on"', r"fence\.lb02\.action: one of off, reboot"),
        (IPMI + "action = []", r"fence\.lb02\.action: one of off, reboot"),
        (IPMI + "seconds = 0", r"fence\.lb02\.seconds: a number"),
        (IPMI + 'password_file = "secret"', r"fence\.lb02\.password_file: an absolute path"),
        (IPMI + 'label = "a\\nb"', r"label: a text"),
        ("fence = 1", "only tables"),
        ("[fence]\nlb02 = 1", r"fence\.lb02: a table"),
        ('[fence."a b"]\nagent = "/x"', "the name of a node"),
        (
            IPMI + '[action.fence-lb02]\ncommand = ["/bin/true"]',
            r"action\.fence-lb02: is the name of what fence\.lb02 does",
        ),
        (IPMI + '[action.power-on-lb02]\ncommand = ["/bin/true"]', "is the name of what"),
    ],
)
def test_a_mistake_in_the_table_is_named_with_its_key(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "actions.toml"
    path.write_text(text)
    with pytest.raises(HawatchError, match=fault) as raised:
        allowed(path)
    assert "\n" not in str(raised.value)


# --- looked at beforehand ---------------------------------------------------------------------------


def examined(site: Site) -> list[tuple[str, Outcome, str]]:
    case = gather(config=Config(), helper_socket=site.directory / "helper.sock")
    return [(line.name, line.outcome, line.sentence) for line in fencing.examine(case)]


def test_the_doctor_asks_a_real_device_and_switches_nothing(client: Client, bmc: Bmc, site: Site) -> None:
    await_power(client, "on")
    ((name, outcome, _),) = examined(site)
    assert (name, outcome) == ("fence_device lb02", Outcome.OK)
    site.password.write_text("wrong-one\n")
    ((_, outcome, sentence),) = examined(site)
    assert outcome is Outcome.FAIL
    assert "Unable to obtain correct plug status" in sentence
    assert "set" not in (Path(bmc.directory) / "calls").read_text()


def warnings(site: Site, *contacts: Contact, node: str = "lb01", peers: tuple[str, ...] = ()) -> list[str]:
    config = Config(contacts=contacts, peers=tuple(Peer(name=each) for each in peers))
    return list(fence_warnings(config, node, site.directory / "actions.toml"))


def test_check_config_warns_of_a_fence_that_could_not_be_used(site: Site) -> None:
    assert warnings(site) == []
    site.allow(site.script("exit 0"))
    assert warnings(site, ANN, BO, peers=("lb02",)) == []
    (missing,) = warnings(site, ANN)
    assert "takes 2 people with the permission fence, and there is ann; it is not offered" in missing
    assert "and there is nobody" in warnings(site)[0]
    assert "a node does not fence itself" in warnings(site, ANN, BO, node="lb02")[0]
    assert "no [[peer]] of hawatch.toml is called lb02" in warnings(site, ANN, BO, peers=("lb03",))[0]
    site.password.chmod(0o644)
    assert "fence.lb02.password_file" in warnings(site, ANN, BO)[0]
    site.password.chmod(0o600)
    site.allow("/usr/sbin/fence_no_such")
    assert "fence.lb02.agent: /usr/sbin/fence_no_such is not there" in warnings(site, ANN, BO)[0]
    site.allow("fence_ipmilan")
    assert "fence.lb02.agent: an absolute path is wanted" in warnings(site, ANN, BO)[0]
