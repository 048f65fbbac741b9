"""What root allows on a node, through a real helper: offered, run, and run once, whatever happens in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deploy.lab.waiting import wait_until
from hawatch.ability import REMOVE_VIP, Ability, Danger, abilities_of
from hawatch.actions.runner import HelperActions, Outcome, OutcomeState, one_line
from hawatch.agent.helper_client import ask_helper
from hawatch.causes.catalogue import CATALOGUE
from hawatch.errors import DecodeError, HawatchError, HelperError, HelperFault
from hawatch.helper.acted import KEPT_SECONDS, Acted
from hawatch.helper.allowed import allowed
from hawatch.helper.ready import ready
from hawatch.plain import codec
from tests.helper_process import HANG_GUARD, Client, HelperProcess

EXAMPLE = Path(__file__).parent.parent / "deploy" / "actions" / "actions.toml"
CONFIG = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.100/24
        192.0.2.101/25 dev eth1
    }
    virtual_ipaddress_excluded { 2001:db8::100/64 }
}
vrrp_instance VI_V {
    interface eth0
    use_vmac
    virtual_router_id 52
    virtual_ipaddress { 192.0.2.110/24 }
}
"""
pytestmark = pytest.mark.lab  # actions.toml must be root's


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[HelperProcess]:
    helper = HelperProcess(tmp_path)
    helper.config.write_text(CONFIG)
    with helper.start():
        yield helper


@pytest.fixture
def client(helper: HelperProcess) -> Iterator[Client]:
    with Client(helper.socket) as client:
        yield client


@pytest.fixture
def allow(tmp_path: Path) -> Callable[[str], None]:
    def write(text: str) -> None:
        (tmp_path / "actions.toml").write_text(text)

    return write


def told(client: Client) -> dict[str, Ability]:
    return {each.name: each for each in abilities_of(client.ask(verb="actions"))}


# --- what is told of it ---------------------------------------------------------------------------


def test_the_shipped_example_has_every_ready_action_with_its_defaults(client: Client, tmp_path: Path) -> None:
    lines = EXAMPLE.read_text().splitlines()
    uncommented = [line.removeprefix("#") if re.match(r"#(\[|[a-z])", line) else line for line in lines]
    abilities: dict[str, Ability] = {}
    for text in (EXAMPLE.read_text(), "\n".join(uncommented)):
        (tmp_path / "actions.toml").write_text(text)
        abilities = told(client)
        stop, start = abilities["stop-keepalived"], abilities["start-keepalived"]
        assert (stop.danger, stop.undo, stop.offer) == (Danger.DEMOTE, "start-keepalived", ("split_brain",))
        assert (start.danger, start.undo, start.offer) == (Danger.RESTART, None, ("keepalived_dead",))
        remove, announce = abilities["remove-vip"], abilities["announce-vip"]
        assert (remove.danger, remove.offer) == (Danger.DEMOTE, ("stale_vip", "vip_without_master"))
        assert remove.vips == ("192.0.2.100", "192.0.2.101", "2001:db8::100", "192.0.2.110")
        assert (announce.danger, announce.offer) == (Danger.RESTART, ("stale_arp",))
        with_ipv6 = "2001:db8::100" in announce.vips
        assert with_ipv6 is ("\ncommand6" in text)
        assert set(announce.vips) - {"2001:db8::100"} == {"192.0.2.100", "192.0.2.101", "192.0.2.110"}
    commented = {"restart-nginx", "drain-cache", "fill-cache", "fence-lb02", "power-on-lb02"}
    commented |= {"give-up-web", "take-back-web"}
    assert abilities.keys() - allowed(EXAMPLE).actions.keys() == commented
    assert (abilities["fence-lb02"].target, abilities["fence-lb02"].cuts_power) == ("lb02", True)


def test_a_client_is_never_told_a_command(client: Client, allow: Callable[[str], None]) -> None:
    allow(
        '[action.purge-cache]\ncommand = ["/opt/secret-path", "token"]\nlabel_zh = "清缓存"\nlabel = "purge"\n'
    )
    answer = client.ask(verb="actions")
    assert "secret" not in json.dumps(answer)
    assert "token" not in json.dumps(answer)
    (purge,) = abilities_of(answer)
    assert (purge.danger, purge.offer, purge.vips) == (Danger.DEMOTE, (), ())
    assert (purge.label("zh"), purge.label("en"), purge.label("de")) == ("清缓存", "purge", None)


def test_a_restart_belongs_to_its_service(client: Client, allow: Callable[[str], None]) -> None:
    allow(
        "".join(
            f'[action.{name}]\ncommand = ["/bin/true"]\n{more}\n'
            for name, more in {
                "restart-nginx": "",
                "restart-web": 'service = "nginx"',
                "restart-service": 'service = "haproxy"',
                "restart-keepalived": "",
                "mend": 'service = "nginx"',
            }.items()
        )
    )
    seen = {name: (each.danger.value, each.service, each.offer) for name, each in told(client).items()}
    assert seen == {
        "restart-nginx": ("restart", "nginx", ("service_down",)),
        "restart-web": ("restart", "nginx", ("service_down",)),
        "restart-service": ("restart", "haproxy", ("service_down",)),
        "restart-keepalived": ("demote", None, ()),
        "mend": ("demote", "nginx", ("service_down",)),
    }


def test_without_a_list_or_without_vips_nothing_is_offered(
    helper: HelperProcess, client: Client, allow: Callable[[str], None]
) -> None:
    assert client.ask(verb="actions")["abilities"] == []
    allow('[action.remove-vip]\ncommand = ["/bin/echo", "{vip}"]\n')
    assert told(client).keys() == {"remove-vip"}
    helper.config.write_text("vrrp_instance VI_1 {\n")
    assert told(client) == {}
    answer = client.ask(verb="act", name="remove-vip", vip="192.0.2.100", id="1")
    assert "no such VIP is configured" in answer["error"]


def test_an_answer_that_does_not_fit_is_an_error() -> None:
    assert abilities_of({"abilities": []}) == ()
    wrong: list[dict[str, Any]] = [
        {},
        {"abilities": None},
        {"abilities": [{"name": "a"}]},
        {"abilities": [{"name": "a", "danger": "none"}]},
        {"abilities": [{"name": "a", "danger": "fence", "command": []}]},
    ]
    for answer in wrong:
        with pytest.raises(DecodeError):
            abilities_of(answer)
    ability = Ability(name="a", danger=Danger.FENCE, vips=("192.0.2.100",), labels=(("zh", "断"),))
    plain = json.loads(json.dumps(codec(Ability).encode(ability)))
    assert abilities_of({"abilities": [plain]}) == (ability,)


# --- root's file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('[action.a]\ncommand = ["/bin/echo", "{password}"]', r"action\.a\.command: unknown placeholder"),
        ('[action.a]\ncommand = ["/bin/echo", "{vip.__class__}"]', "unknown placeholder"),
        ('[action.a]\ncommand = ["/bin/echo", "{vip!r}"]', "unknown placeholder"),
        ('[action.a]\ncommand = ["/bin/echo", "{vip:>99}"]', "unknown placeholder"),
        ('[action.a]\ncommand = ["/bin/echo", "{}"]', "unknown placeholder"),
        ('[action.a]\ncommand = ["/bin/echo", "{vip"]', "a single brace"),
        ('[action.a]\ncommand = ["/bin/{vip}"]', "must begin with an absolute path"),
        ('[action.a]\ncommand = ["/bin/echo", "{device}"]', "must have {vip}"),
        ('[action.a]\ncommand = ["/bin/echo", "\\u0000"]', "NUL"),
        ('[action.a]\ncommand = ["/bin/true"]\ncommand6 = ["/bin/true"]', r"command6: only for a command"),
        ('[action.a]\ncommand = ["/bin/echo", "{vip}"]\ncommand6 = ["/bin/true"]', "must have {vip}"),
        ('[action.a]\ncommand = ["/bin/true"]\nundo = "b"', r"undo: must name another action"),
        ('[action.a]\ncommand = ["/bin/true"]\nundo = "a"', r"undo: must name another action"),
        ('[action.a]\ncommand = ["/bin/true"]\ndanger = "none"', r"danger: one of restart, demote, fence"),
        ('[action.a]\ncommand = ["/bin/true"]\ndanger = []', r"danger: one of"),
        ('[action.a]\ncommand = ["/bin/true"]\noffer = ["rain"]', r"offer: 'rain' is no verdict"),
        ('[action.a]\ncommand = ["/bin/true"]\noffer = "split_brain"', r"offer: a list"),
        ('[action.a]\ncommand = ["/bin/true"]\nlabel = "a\\nb"', r"label: a text"),
        ('[action.a]\ncommand = ["/bin/true"]\nlabel = ""', r"label: a text"),
        ('[action.a]\ncommand = ["/bin/true"]\nlabel = "x"\nlabel_en = "y"', r"label_en: is given twice"),
        ('[action.a]\ncommand = ["/bin/true"]\nlabel_ZH = "x"', r"'label_ZH': unknown key"),
        ('[action.a]\ncommand = ["/bin/true"]\n"a\\nb" = 1', "unknown key"),
        ('[action."a b"]\ncommand = ["/bin/true"]', "a name is made of"),
        ('[action."a\\nb"]\ncommand = ["/bin/true"]', "a name is made of"),
        ('[action.a]\ncommand = ["/bin/true"]\nservice = 7', r"service: a service's name"),
        ('[action.restart-service]\ncommand = ["/bin/true"]', r"restart-service\.service: missing"),
        ('[action.remove-vip]\ncommand = ["/bin/true"]', r"remove-vip\.command: must have {vip}"),
        ('[action.stop-keepalived]\ncommand = ["/bin/true", "{vip}"]', "is not about one VIP"),
        (
            '[action.stop-keepalived]\ncommand = ["/bin/true"]\ndanger = "restart"',
            "cannot be less than demote",
        ),
        ('[action.a]\ncommand = ["/bin/true"]\nseconds = true', r"seconds: a number"),
        ('[action.a]\ncommand = ["/bin/true"]\nseconds = nan', r"seconds: a number"),
        ("action = 7", "only tables"),
        ("[action]\na = 7", "a table is wanted"),
    ],
)
def test_a_mistake_in_root_s_file_is_one_line(tmp_path: Path, table: str, fault: str) -> None:
    path = tmp_path / "actions.toml"
    path.write_text(table + "\n")
    with pytest.raises(HawatchError, match=fault) as error:
        allowed(path)
    assert "\n" not in str(error.value)
    assert str(error.value).strip("'\"").startswith(str(path))


# --- for one VIP ----------------------------------------------------------------------------------


def test_the_places_of_a_command_are_filled_from_keepalived_s_file(
    client: Client, allow: Callable[[str], None]
) -> None:
    allow(
        '[action.remove-vip]\ncommand = ["/bin/echo", "del", "{vip}/{prefix}", "dev", "{device}", "{instance}{{}}"]\n'
    )
    outputs = {
        vip: client.ask(verb="act", name="remove-vip", vip=vip, id=vip)["output"]
        for vip in ("192.0.2.100", "192.0.2.101", "2001:db8::100", "192.0.2.110")
    }
    assert outputs == {
        "192.0.2.100": "del 192.0.2.100/24 dev eth0 VI_1{}\n",
        "192.0.2.101": "del 192.0.2.101/25 dev eth1 VI_1{}\n",
        "2001:db8::100": "del 2001:db8::100/64 dev eth0 VI_1{}\n",
        "192.0.2.110": "del 192.0.2.110/24 dev vrrp.52 VI_V{}\n",
    }


def test_an_ipv6_vip_is_announced_by_a_command_of_its_own_only(
    client: Client, allow: Callable[[str], None]
) -> None:
    ipv4 = '[action.announce-vip]\ncommand = ["/bin/echo", "arp", "{vip}"]\n'
    allow(ipv4)
    answer = client.ask(verb="act", name="announce-vip", vip="2001:db8::100", id="1")
    assert "no such VIP" in answer["error"]
    allow(f'{ipv4}command6 = ["/bin/echo", "na", "{{vip}}"]\n')
    assert "2001:db8::100" in told(client)["announce-vip"].vips
    assert (
        client.ask(verb="act", name="announce-vip", vip="2001:db8::100", id="1")["output"]
        == "na 2001:db8::100\n"
    )
    assert (
        client.ask(verb="act", name="announce-vip", vip="192.0.2.100", id="2")["output"]
        == "arp 192.0.2.100\n"
    )


NASTY: list[Any] = [
    "192.0.2.100; reboot",
    "192.0.2.100/24",
    "$(reboot)",
    "-q",
    "{device}",
    "192.0.2.102",
    "192.0.2.100\n",
    " 192.0.2.100",
    "192.000.002.100",
    "",
    None,
    7,
    True,
    ["192.0.2.100"],
    {"192.0.2.100": 1},
    "\ud800",
]


def test_a_vip_that_is_not_configured_is_refused_and_nothing_is_run(
    helper: HelperProcess, client: Client, allow: Callable[[str], None], tmp_path: Path
) -> None:
    allow(
        f'[action.remove-vip]\ncommand = ["/usr/bin/touch", "{tmp_path}/ran", "{{vip}}"]\n'
        f'[action.whole]\ncommand = ["/usr/bin/touch", "{tmp_path}/ran"]\n'
    )
    for vip in NASTY:
        answer = client.ask(verb="act", name="remove-vip", vip=vip, id="once")
        assert (answer["ok"], "no such VIP" in answer["error"]) == (False, True), answer
        if vip is not None:
            answer = client.ask(verb="act", name="whole", vip=vip, id="once")
            assert answer["error"] == "whole: is not about a VIP"
    for name in [*NASTY, "remove-vip ", "../remove-vip", "whole\0"]:
        answer = client.ask(verb="act", name=name, vip="192.0.2.100", id="once")
        assert answer["error"] == "no such action is allowed"
    keys: list[Any] = ["", None, 7, [], "x" * 201, "a\nb", "\x00", "\x1b[2J", "\ud800", "a\u202eb"]
    for key in keys:
        answer = client.ask(verb="act", name="whole", id=key)
        assert answer["error"].startswith("id: a text of up to 200"), answer
    assert not (tmp_path / "ran").exists()
    assert list((tmp_path / "acted").iterdir()) == []
    # None of it has used up the key.
    assert client.ask(verb="act", name="whole", id="once")["exit_code"] == 0


def test_whatever_a_key_is_made_of_it_stays_in_its_directory(
    client: Client, allow: Callable[[str], None], tmp_path: Path
) -> None:
    allow('[action.say]\ncommand = ["/bin/echo", "said"]\n')
    for key in ("../../etc/passwd", "/etc/passwd", "..", "a" * 200, "裂脑 47", "$(reboot)", "-rf"):
        assert client.ask(verb="act", name="say", id=key)["again"] is False
        assert client.ask(verb="act", name="say", id=key)["again"] is True
    assert {path.name for path in tmp_path.iterdir()} <= {
        "actions.toml",
        "acted",
        "helper.sock",
        "keepalived.conf",
        "peer.key",
    }
    acted = tmp_path / "acted"
    assert stat.S_IMODE(acted.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in acted.iterdir())


# --- once -----------------------------------------------------------------------------------------


def test_an_id_that_was_used_gives_what_came_of_it_and_runs_nothing(
    helper: HelperProcess, allow: Callable[[str], None], tmp_path: Path
) -> None:
    allow(f'[action.count]\ncommand = ["/bin/sh", "-c", "echo x >>{tmp_path}/ran; echo told; exit 3"]\n')
    for again in (False, True, True):
        with Client(helper.socket) as client:
            answer = client.ask(verb="act", name="count", id="47/1")
            assert (answer["again"], answer["exit_code"], answer["output"]) == (again, 3, "told\n")
    allow("")  # what came of it is told even if it is no longer allowed
    with Client(helper.socket) as client:
        assert client.ask(verb="act", name="count", id="47/1")["again"] is True
        assert (
            client.ask(verb="act", name="other", id="47/1")["error"] == "this id was used for another action"
        )
    assert (tmp_path / "ran").read_text() == "x\n"


def test_what_was_run_is_known_to_the_next_helper(allow: Callable[[str], None], tmp_path: Path) -> None:
    allow(f'[action.count]\ncommand = ["/bin/sh", "-c", "echo x >>{tmp_path}/ran"]\n')
    for again in (False, True):
        with HelperProcess(tmp_path).start() as helper, Client(helper.socket) as client:
            assert client.ask(verb="act", name="count", id="1")["again"] is again
            helper.end(signal.SIGKILL)
    assert (tmp_path / "ran").read_text() == "x\n"


def begin(path: Path, **request: object) -> socket.socket:
    """Ask for something and do not wait for the answer."""
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.connect(str(path))
    asking.sendall(json.dumps({"verb": "act", **request}).encode() + b"\n")
    return asking


LASTING = """[action.last]
command = ["/bin/sh", "-c", "echo $$ >>{0}/ran; exec sleep 1000"]
seconds = 600
[action.say]
command = ["/bin/echo", "said"]
"""


def running(tmp_path: Path) -> int:
    """The process of an action that lasts, once it runs."""

    def written() -> int | None:
        text = (tmp_path / "ran").read_text() if (tmp_path / "ran").exists() else ""
        return int(text) if text.endswith("\n") else None

    return wait_until(written, what="it to run", timeout=HANG_GUARD)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_action_that_is_interrupted_with_its_helper_is_not_run_again(
    allow: Callable[[str], None], tmp_path: Path, number: signal.Signals
) -> None:
    allow(LASTING.format(tmp_path))
    with HelperProcess(tmp_path).start() as helper, begin(helper.socket, name="last", id="1"):
        action = running(tmp_path)
        helper.end(number)
    with HelperProcess(tmp_path).start() as helper, Client(helper.socket) as client:
        for _ in range(2):
            answer = client.ask(verb="act", name="last", id="1")
            assert (answer["ok"], answer["again"], answer["interrupted"]) == (True, True, True)
            assert (answer["exit_code"], answer["output"]) == (None, "")
        assert client.ask(verb="act", name="say", id="2")["output"] == "said\n"
        assert asyncio.run(actions(helper).run("last", None, "1")).state is OutcomeState.UNKNOWN
    assert running(tmp_path) == action
    if number is signal.SIGKILL:
        os.kill(action, signal.SIGKILL)  # it had nobody left to end it
    else:
        with pytest.raises(ProcessLookupError):
            os.kill(action, 0)


def test_one_at_a_time_and_the_others_may_try_again(
    helper: HelperProcess, client: Client, allow: Callable[[str], None], tmp_path: Path
) -> None:
    allow(LASTING.format(tmp_path))
    with begin(helper.socket, name="last", id="1") as asking:
        action = running(tmp_path)
        for name, key in (("say", "2"), ("last", "1")):
            answer = client.ask(verb="act", name=name, id=key)
            assert (answer["ok"], answer["busy"]) == (False, True)
            assert asyncio.run(actions(helper).run(name, None, key)).state is OutcomeState.BUSY
        os.kill(action, signal.SIGTERM)
        ended = json.loads(asking.makefile().readline())
    assert (ended["exit_code"], ended["signal"], ended["again"]) == (None, "SIGTERM", False)
    assert client.ask(verb="act", name="last", id="1")["signal"] == "SIGTERM"
    assert client.ask(verb="act", name="say", id="2")["again"] is False
    assert running(tmp_path) == action


def test_one_who_hangs_up_leaves_the_action_to_its_end_and_learns_of_it_later(
    helper: HelperProcess, allow: Callable[[str], None], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    allow(f'[action.wait]\ncommand = ["/bin/sh", "-c", "echo 1 >{tmp_path}/ran; cat {tmp_path}/go"]\n')
    begin(helper.socket, name="wait", id="1").close()
    running(tmp_path)
    (tmp_path / "go").write_text("gone on\n")

    def answered() -> dict[str, Any] | None:
        with Client(helper.socket) as client:
            answer = client.ask(verb="act", name="wait", id="1")
        return answer if answer["ok"] else None

    assert wait_until(answered, what="its end", timeout=HANG_GUARD)["output"] == "gone on\n"


def test_a_whole_group_is_ended_when_time_is_over(
    client: Client, allow: Callable[[str], None], tmp_path: Path
) -> None:
    script = f"echo begun; sleep 1000 & echo $! >{tmp_path}/ran; wait"
    allow(f'[action.wait]\ncommand = ["/bin/sh", "-c", "{script}"]\nseconds = 0.5\n')
    answer = client.ask(verb="act", name="wait", id="1")
    assert (answer["timed_out"], answer["output"]) == (True, "begun\n")
    wait_until(lambda: is_gone(running(tmp_path)) or None, what="the child to be gone", timeout=HANG_GUARD)


def is_gone(pid: int) -> bool:
    """Ended, if only its parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_daemon_that_an_action_starts_lives_on_and_keeps_nobody_waiting(
    client: Client, allow: Callable[[str], None], tmp_path: Path
) -> None:
    script = f"sleep 1000 & echo $! >{tmp_path}/ran; echo started"
    allow(f'[action.launch]\ncommand = ["/bin/sh", "-c", "{script}"]\nseconds = 600\n')
    answer = client.ask(verb="act", name="launch", id="1")
    assert (answer["exit_code"], answer["output"], answer["timed_out"]) == (0, "started\n", False)
    assert not is_gone(running(tmp_path))
    os.kill(running(tmp_path), signal.SIGKILL)


def test_much_output_is_cut_and_a_command_that_is_not_there_is_told(
    client: Client, allow: Callable[[str], None]
) -> None:
    allow(
        '[action.much]\ncommand = ["/bin/sh", "-c", "yes | head -c 1000000"]\n[action.none]\ncommand = ["/no/such"]\n'
    )
    answer = client.ask(verb="act", name="much", id="1")
    assert (answer["exit_code"], len(answer["output"])) == (0, 4096)
    answer = client.ask(verb="act", name="none", id="2")
    assert (answer["exit_code"], answer["problem"]) == (None, "/no/such: No such file or directory")


# --- the keys on disk -----------------------------------------------------------------------------


def key_file(tmp_path: Path, key: str, kind: str = "begun") -> Path:
    return tmp_path / "acted" / f"{sha256(key.encode()).hexdigest()}.{kind}"


@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_in_the_place_of_a_key_is_not_followed_and_nothing_is_run(
    client: Client, allow: Callable[[str], None], tmp_path: Path, dangling: bool
) -> None:
    allow(f'[action.touch]\ncommand = ["/usr/bin/touch", "{tmp_path}/ran"]\n')
    victim = tmp_path / "victim"
    if not dangling:
        victim.write_text('{"name": "touch", "vip": null, "exit_code": 0}')
    (tmp_path / "acted").mkdir(mode=0o700)
    key_file(tmp_path, "1").symlink_to(victim)
    key_file(tmp_path, "1", "result").symlink_to(victim)
    answer = client.ask(verb="act", name="touch", id="1")
    assert (answer["again"], answer["interrupted"], answer["exit_code"]) == (True, True, None)
    assert victim.exists() is not dangling
    assert not (tmp_path / "ran").exists()


def test_a_result_is_not_written_through_a_link(tmp_path: Path) -> None:
    acted = Acted(str(tmp_path / "acted"), wall=lambda: 0.0)
    acted.begin("1", {"name": "a"})
    victim = tmp_path / "victim"
    victim.write_text("precious")
    key_file(tmp_path, "1", "new").symlink_to(victim)
    key_file(tmp_path, "1", "result").symlink_to(victim)
    acted.finish("1", {"exit_code": 0})
    assert victim.read_text() == "precious"
    begun = acted.find("1")
    assert begun is not None
    assert (begun.what, begun.result) == ({"name": "a"}, {"exit_code": 0})


@pytest.mark.parametrize("kind", ["link", "open", "stranger's", "file", "parent"])
def test_a_directory_that_others_can_reach_into_is_not_used(
    client: Client, allow: Callable[[str], None], tmp_path: Path, kind: str
) -> None:
    allow(f'[action.touch]\ncommand = ["/usr/bin/touch", "{tmp_path}/ran"]\n')
    acted = tmp_path / "acted"
    match kind:
        case "link":
            (tmp_path / "elsewhere").mkdir(mode=0o700)
            acted.symlink_to("elsewhere")
        case "open":
            acted.mkdir()
            acted.chmod(0o750)
        case "stranger's":
            acted.mkdir(mode=0o700)
            os.chown(acted, 65534, 0)
        case "file":
            acted.write_text("")
        case "parent":
            tmp_path.chmod(0o777)
    answer = client.ask(verb="act", name="touch", id="1")
    assert (answer["ok"], "busy" in answer, str(tmp_path) in answer["error"]) == (False, False, True)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"exit_co'])
def test_a_key_that_was_only_half_written_counts(tmp_path: Path, content: str) -> None:
    acted = Acted(str(tmp_path / "acted"), wall=lambda: 0.0)
    assert acted.find("1") is None
    key_file(tmp_path, "1").write_text(content)
    begun = acted.find("1")
    assert begun is not None
    assert (begun.what, begun.result) == (None, None)
    with pytest.raises(HawatchError, match="begun before"):
        acted.begin("1", {})


def test_keys_are_forgotten_after_a_week(tmp_path: Path) -> None:
    now = 1_780_272_000.0
    acted = Acted(str(tmp_path / "acted"), wall=lambda: now)
    for key, age in (("old", KEPT_SECONDS + 60), ("young", KEPT_SECONDS - 60)):
        acted.begin(key, {})
        acted.finish(key, {"exit_code": 0})
        for kind in ("begun", "result"):
            os.utime(key_file(tmp_path, key, kind), (now - age, now - age))
    acted.begin("another", {})
    assert acted.find("old") is None
    assert acted.find("young") is not None
    assert len(list((tmp_path / "acted").iterdir())) == 3


# --- the agent's end ------------------------------------------------------------------------------


def actions(helper: HelperProcess) -> HelperActions:
    async def ask(verb: str, /, *, patience: float | None = None, **fields: object) -> dict[str, Any]:
        return await ask_helper(verb, str(helper.socket), patience=patience, **fields)

    return HelperActions(ask)


def test_the_runner_tells_what_came_of_it(helper: HelperProcess, allow: Callable[[str], None]) -> None:
    allow(
        '[action.good]\ncommand = ["/bin/sh", "-c", "echo; echo stopped; echo more"]\n'
        '[action.bad]\ncommand = ["/bin/sh", "-c", "echo \\u001b[31mno unit >&2; exit 5"]\n'
        '[action.slow]\ncommand = ["/bin/sleep", "1000"]\nseconds = 0.2\n'
        '[action.none]\ncommand = ["/no/such"]\n'
        '[action.remove-vip]\ncommand = ["/bin/echo", "{vip}"]\n'
    )
    runner = actions(helper)

    def outcome(name: str, vip: str | None = None) -> Outcome:
        return asyncio.run(runner.run(name, vip, f"{name} {vip}"))

    assert outcome("good") == Outcome(state=OutcomeState.DONE, exit_code=0, text="stopped")
    assert outcome("good") == Outcome(state=OutcomeState.DONE, exit_code=0, text="stopped")
    assert outcome("bad") == Outcome(state=OutcomeState.FAILED, exit_code=5, text="[31mno unit")
    assert outcome("slow") == Outcome(state=OutcomeState.FAILED, text="/bin/sleep: no end in 0.2 s")
    assert outcome("none").state is OutcomeState.FAILED
    assert outcome("reboot").state is OutcomeState.REFUSED
    assert outcome("remove-vip", "192.0.2.100").text == "192.0.2.100"
    assert outcome("remove-vip", "192.0.2.99").state is OutcomeState.REFUSED
    assert [each.name for each in asyncio.run(runner.abilities())] == [
        "good",
        "bad",
        "slow",
        "none",
        "remove-vip",
    ]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (HelperFault.ABSENT, OutcomeState.ABSENT),
        (HelperFault.REFUSED, OutcomeState.REFUSED),
        (HelperFault.BUSY, OutcomeState.BUSY),
        (HelperFault.LOST, OutcomeState.UNKNOWN),
    ],
)
def test_how_far_the_question_came_decides_what_is_known(fault: HelperFault, state: OutcomeState) -> None:
    async def ask(verb: str, /, *, patience: float | None = None, **fields: object) -> dict[str, Any]:
        raise HelperError("why", fault)

    assert asyncio.run(HelperActions(ask).run("a", None, "1")) == Outcome(state=state, text="why")


def test_what_comes_too_late_is_not_begun_and_what_was_begun_in_time_is_still_told(
    allow: Callable[[str], None], tmp_path: Path
) -> None:
    allow('[action.whole]\ncommand = ["/bin/echo", "done"]\n')
    now = time.time()
    with HelperProcess(tmp_path).start() as helper:
        runner = actions(helper)
        late = asyncio.run(runner.run("whole", None, "late", now - 1.0))
        assert (late.state, late.text) == (OutcomeState.REFUSED, "hawatch-helper: it is too late for this")
        assert asyncio.run(runner.run("whole", None, "early", now + 600.0)).state is OutcomeState.DONE
        assert asyncio.run(runner.run("whole", None, "early", now - 1.0)).state is OutcomeState.DONE
    with HelperProcess(tmp_path).start() as helper, Client(helper.socket) as client:
        answer = client.ask(verb="act", name="whole", id="odd", until="soon")
        assert answer["error"] == "until: a moment in epoch seconds is wanted"


def test_an_agent_whose_helper_is_killed_in_the_middle_does_not_know_and_may_ask_again(
    allow: Callable[[str], None], tmp_path: Path
) -> None:
    allow(LASTING.format(tmp_path))

    async def story(helper: HelperProcess) -> Outcome:
        asked = asyncio.create_task(actions(helper).run("last", None, "1"))
        action = await asyncio.to_thread(running, tmp_path)
        helper.end(signal.SIGKILL)
        os.kill(action, signal.SIGKILL)
        return await asked

    with HelperProcess(tmp_path).start() as helper:
        assert asyncio.run(story(helper)).state is OutcomeState.UNKNOWN
        gone = asyncio.run(actions(helper).run("last", None, "1"))
        assert gone.state is OutcomeState.ABSENT
    with HelperProcess(tmp_path).start() as helper:
        assert asyncio.run(actions(helper).run("last", None, "1")).state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", ""),
        ("\n \n\t\n", ""),
        ("  a\x00b \x1b[1mc\n d", "a b [1mc"),
        ('Traceback (most recent call last):\n  File "x"\nValueError: no\n', "ValueError: no"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_of_much_output_one_line_is_told(output: str, line: str) -> None:
    assert one_line(output) == line


# --- what the causes promise ----------------------------------------------------------------------


def test_every_action_that_the_catalogue_calls_safe_is_ready_harmless_enough_and_offered_on_its_cause() -> (
    None
):
    for cause, entry in CATALOGUE.items():
        if entry.mended_by is not None:
            known = ready(entry.mended_by, service="nginx")
            assert cause.value in known.offer, cause
            assert known.danger is Danger.RESTART or entry.mended_by == REMOVE_VIP, cause
