"""[service.guard] in hawatch.toml and [give_up.NAME] in actions.toml: what is taken, and what is refused by name."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from hawatch.cli.guard_warnings import guard_warnings
from hawatch.config import Config, load
from hawatch.config.guard import ServiceGuard
from hawatch.errors import ConfigError, HawatchError
from hawatch.helper.allowed import allowed
from hawatch.helper.give_up import GiveUp, read_give_up, write
from hawatch.keepalived.model import KeepalivedConfig, TrackedScript, VirtualRouter
from hawatch.keepalived.reader import read as read_keepalived

NGINX = '[[service]]\nname = "nginx"\nprocess = "nginx"\n[service.guard]\n'
DATA = '[[virtual_router]]\ninstance = "VI_DB"\ndata = true\n'


def config(text: str) -> Config:
    return load(text, "hawatch.toml")


def test_a_guard_needs_nothing_but_its_heading() -> None:
    (service,) = config(NGINX).services
    assert service.guard == ServiceGuard(restart="restart-nginx")
    assert service.guard.give_up is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (NGINX + "attempts = 0", "service[0].guard.attempts: 0, and no give_up: this guard would do nothing"),
        (NGINX + 'give_up = "Web!"', "service[0].guard.give_up: 'Web!' is no name of an action"),
        (
            NGINX + 'restart = "nginx service"',
            "service[0].guard.restart: 'nginx service' is no name of an action",
        ),
        (NGINX + "attempts = 99", "service[0].guard.attempts: 99 is not between 0 and 10"),
        (NGINX + "per_hour = 0", "service[0].guard.per_hour: 0 is not between 1 and 12"),
        (NGINX + 'hold = "0s"', "service[0].guard.hold"),
        (NGINX + "bakoff = 3", "service[0].guard.bakoff: unknown key"),
        (
            '[[service]]\nhttp = "http://10.0.0.1/"\n[service.guard]\n',
            "service[0].guard.restart: missing: no action can be called 'restart-http://10.0.0.1/'",
        ),
        (
            '[[service]]\nname = "db"\non = "peer"\ntcp = "10.0.0.2:5432"\n[service.guard]\n',
            "service[0].guard: db is on the peer, whose own agent guards it",
        ),
        (
            NGINX + 'give_up = "give-up-web"\n' + DATA,
            "service[0].guard.give_up: VI_DB is marked data = true, and nothing moves it by itself; instances names",
        ),
        (
            NGINX + 'give_up = "give-up-web"\ninstances = ["VI_1", "VI_DB"]\n' + DATA,
            "service[0].guard.give_up: VI_DB is marked data = true, and nothing moves it by itself",
        ),
        (
            NGINX + 'give_up = "stop-keepalived"\ninstances = ["VI_1"]\n' + DATA,
            "stop-keepalived takes all virtual routers of the node with it",
        ),
        ('[[service]]\nunit = "nginx"', "service[0].unit: 'nginx' is no unit's name, such as nginx.service"),
        ('[[service]]\nunit = "-x.service"', "service[0].unit"),
        ('[[service]]\ncommand = ["true"]', "service[0].command[0]: 'true' is not an absolute path"),
        ('[[service]]\nprocess = "x"\nevery = "0s"', "service[0].every"),
    ],
)
def test_what_no_guard_may_be_is_refused_with_its_key(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config(text)
    assert problem in str(refused.value)


def test_a_guard_may_give_up_what_is_beside_the_data() -> None:
    (service,) = config(NGINX + 'give_up = "give-up-web"\ninstances = ["VI_1"]\n' + DATA).services
    assert service.guard is not None
    assert service.guard.instances == ("VI_1",)


def test_a_guard_that_only_restarts_may_stand_before_data() -> None:
    assert config(NGINX + DATA).services[0].guard is not None


# --- what check-config warns of -------------------------------------------------------------------


def router(instance: str, *, tracks: bool = True, group: str | None = None) -> VirtualRouter:
    tracked = (TrackedScript(name="web", kind="file"),) if tracks else ()
    return VirtualRouter(
        instance=instance, interface="eth0", vrid=51, tracked_scripts=tracked, sync_group=group
    )


def warned(text: str, actions: str, tmp_path: Path, *routers: VirtualRouter) -> list[str]:
    path = tmp_path / "actions.toml"
    path.write_text(actions)
    return list(guard_warnings(config(text), KeepalivedConfig(virtual_routers=routers), path))


@pytest.mark.lab  # actions.toml must be root's
def test_check_config_names_the_actions_that_root_has_not_allowed(tmp_path: Path) -> None:
    text = NGINX + 'give_up = "give-up-web"\n'
    missing = warned(text, "", tmp_path, router("VI_1"))
    assert len(missing) == 2
    assert "has no action.restart-nginx: every restart will fail" in missing[0]
    assert "has neither give_up.web nor action.give-up-web" in missing[1]
    restart = '[action.restart-nginx]\ncommand = ["/bin/true"]\n'
    give_up = f'[give_up.web]\ntrack_file = "{tmp_path}/web.track"\n'
    assert warned(text, restart + give_up, tmp_path, router("VI_1")) == []
    (untracked,) = warned(text, restart + give_up, tmp_path, router("VI_1", tracks=False))
    assert "VI_1 tracks no file and no script" in untracked
    back = text.replace("give-up-web", "take-back-web")
    assert "take-back-web takes the VIP back" in warned(back, restart + give_up, tmp_path, router("VI_1"))[0]
    stop = '[action.stop-keepalived]\ncommand = ["/bin/true"]\n'
    (no_way_back,) = warned(NGINX + 'give_up = "stop-keepalived"\n', restart + stop, tmp_path, router("VI_1"))
    assert "has no undo" in no_way_back


@pytest.mark.lab
def test_check_config_names_the_data_that_a_sync_group_would_take_along(tmp_path: Path) -> None:
    text = NGINX + 'give_up = "give-up-web"\ninstances = ["VI_1", "VI_9"]\n' + DATA
    actions = (
        '[action.restart-nginx]\ncommand = ["/bin/true"]\n'
        f'[give_up.web]\ntrack_file = "{tmp_path}/web.track"\n'
    )
    told = warned(text, actions, tmp_path, router("VI_1", group="G"), router("VI_DB", group="G"))
    assert any("has no vrrp_instance VI_9" in each for each in told)
    assert any("in one sync group with VI_DB, which is marked data = true" in each for each in told)


@pytest.mark.lab
def test_the_page_shows_files_that_are_taken_and_fit_each_other(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "guard.md").read_text()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    toml = [text for kind, text in blocks if kind == "toml"]
    plain = [text for kind, text in blocks if not kind]
    conf = tmp_path / "keepalived.conf"
    tracked = next(each for each in plain if each.startswith("track_file"))
    body = tracked.replace(
        "# …", "interface eth0\n virtual_router_id 51\n virtual_ipaddress { 10.0.0.100/24 }"
    )
    conf.write_text(next(each for each in plain if each.startswith("vrrp_script")) + body)
    keepalived = read_keepalived(str(conf), fingerprint=lambda _: "", host_name="lb01")
    assert [each.name for each in keepalived.virtual_routers[0].tracked_scripts] == ["web"]
    (tmp_path / "hawatch-helper").mkdir()
    text = toml[1].replace("/var/lib/hawatch-helper", f"{tmp_path}/hawatch-helper")
    (tmp_path / "actions.toml").write_text(text)
    (guarded,) = config(toml[0]).services
    assert guarded.guard is not None
    assert guarded.unit == "nginx.service"
    assert list(guard_warnings(config(toml[0]), keepalived, tmp_path / "actions.toml")) == []


# --- root's files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "one of track_file and fault_file is wanted"),
        ({"track_file": "/a", "fault_file": "/b"}, "one of track_file and fault_file is wanted"),
        ({"track_file": "run/a"}, "track_file: an absolute path is wanted"),
        ({"track_file": "/run/../etc/passwd"}, "without .. in its path"),
        ({"track_file": "/run/"}, "a file is wanted"),
        ({"track_file": "/run/a", "value": 0}, "value: a number from 1 to 254 is wanted"),
        ({"track_file": "/run/a", "value": True}, "value: a number from 1 to 254 is wanted"),
        ({"fault_file": "/run/a", "value": 2}, "value: only for a track_file"),
        ({"track_file": "/run/a", "mode": 1}, "unknown key"),
        ("x", "a table is wanted"),
    ],
)
def test_a_file_that_root_cannot_have_meant_is_refused(table: object, problem: str) -> None:
    with pytest.raises(ConfigError, match=r"give_up\.web") as refused:
        read_give_up("actions.toml: give_up.web", "web", table)
    assert problem in str(refused.value)


@pytest.mark.lab
def test_an_action_cannot_have_the_name_of_what_a_file_does(tmp_path: Path) -> None:
    path = tmp_path / "actions.toml"
    path.write_text('[give_up.web]\ntrack_file = "/run/a"\n[action.take-back-web]\ncommand = ["/bin/true"]\n')
    with pytest.raises(ConfigError, match=r"is the name of what give_up\.web does"):
        allowed(path)


def done(file: GiveUp, ability: str) -> str:
    return asyncio.run(write(file, ability)).output


def test_a_track_file_says_its_number_and_then_0(tmp_path: Path) -> None:
    file = GiveUp(name="web", path=str(tmp_path / "web.track"), value=20)
    old = os.umask(0o077)
    try:
        assert done(file, "give-up-web").endswith("says 20")
    finally:
        os.umask(old)
    path = Path(file.path)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("20\n", 0o644)
    assert done(file, "give-up-web").endswith("says 20")
    assert done(file, "take-back-web").endswith("says 0")
    assert path.read_text() == "0\n"
    assert [each.name for each in tmp_path.iterdir()] == ["web.track"]


def test_a_fault_file_is_there_and_then_not(tmp_path: Path) -> None:
    file = GiveUp(name="web", path=str(tmp_path / "web.fault"), value=None)
    done(file, "give-up-web")
    assert Path(file.path).exists()
    done(file, "take-back-web")
    done(file, "take-back-web")
    assert not Path(file.path).exists()


def test_nothing_is_written_where_somebody_else_could_put_another_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(HawatchError, match="nobody else may write it"):
        done(GiveUp(name="web", path=str(tmp_path / "web.track"), value=1), "give-up-web")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "passwd"
    victim.write_text("root")
    (tmp_path / "web.track").symlink_to(victim)
    with pytest.raises(HawatchError, match="is no plain file"):
        done(GiveUp(name="web", path=str(tmp_path / "web.track"), value=1), "give-up-web")
    assert victim.read_text() == "root"


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HawatchError, match="No such file or directory"):
        done(GiveUp(name="web", path=str(tmp_path / "no" / "web.track"), value=1), "give-up-web")
