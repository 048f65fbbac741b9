"""Live, with real nginx on both nodes: broken on both the VIP stays; and keepalived itself asks `hawatch guard`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy.lab import KeepalivedConf, Topology, conf
from deploy.lab.actions import ACTIONS
from deploy.lab.node import INTERPRETER, SOURCE
from tests.lab.scene import Scene, scene
from tests.lab.test_guard import (
    BOTH,
    GUARD,
    PEOPLE,
    await_guard,
    await_service,
    awaited,
    guard,
    told,
    tracked,
)

pytestmark = pytest.mark.integration

CONF, BROKEN = "/run/nginx.conf", "/run/nginx.broken"
NGINX_CONF = """
pid /run/nginx-guard.pid;
error_log /dev/null crit;
worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path /run; proxy_temp_path /run; fastcgi_temp_path /run; uwsgi_temp_path /run; scgi_temp_path /run;
    server { listen 127.0.0.1:8080; location / { return 200 ok; } }
}
"""
START = f"test ! -e {BROKEN} && exec /usr/sbin/nginx -c {CONF}"
ACTIONS_TOML = f"""
[action.restart-nginx]
command = ["/bin/sh", "-c", "{START}"]
[give_up.web]
track_file = "/etc/keepalived/web.track"
"""
NGINX = """
[[service]]
name = "nginx"
http = "http://127.0.0.1:8080/"
on = "both"
every = "1s"
"""


def start(pair: Scene, node: str) -> None:
    pair.lab.node(node).path(BROKEN).unlink(missing_ok=True)
    pair.lab.node(node).run(["/bin/sh", "-c", START])


def kill(pair: Scene, node: str, *, for_good: bool = False) -> None:
    """The master and its worker at once, so that neither cleans up."""
    if for_good:
        pair.lab.node(node).write(BROKEN, "")
    pair.lab.node(node).run(
        ["/bin/sh", "-c", "kill -9 $(cat /run/nginx-guard.pid) $(pgrep -P $(cat /run/nginx-guard.pid))"]
    )


def begin(pair: Scene) -> None:
    for node in BOTH:
        pair.lab.node(node).write(ACTIONS, ACTIONS_TOML)
        pair.lab.node(node).write(CONF, NGINX_CONF)
        start(pair, node)
    pair.lab.start_agents(*BOTH)
    for node in BOTH:
        await_service(pair, node, "up")
    pair.settle()


@pytest.fixture
def guarded() -> Iterator[Scene]:
    with scene(
        confs=tracked(), agent_config=NGINX + GUARD + PEOPLE, start_agents=False, version=3, advert_int=0.3
    ) as pair:
        begin(pair)
        yield pair


def test_broken_on_both_nodes_the_vip_stays_where_it_is_and_people_are_told_why(guarded: Scene) -> None:
    pair = guarded
    kill(pair, "lb02", for_good=True)
    await_guard(pair, "lb02", "exhausted")
    kill(pair, "lb01", for_good=True)
    stays = awaited(lambda: found if (found := guard(pair, "lb01"))["refusal"] else None, "a refusal", pair)
    assert (stays["state"], stays["refusal"]) == ("exhausted", "other_service")
    assert len(awaited(lambda: told(pair, "lb01", "the VIP STAYS there"), "the message", pair)) == 1
    assert len(awaited(lambda: told(pair, "lb01", "VIP仍留在该节点"), "the message in Chinese", pair)) == 1
    assert pair.lab.truth.holders(conf.VIP) == {"lb01"}
    # The other one comes back: now it can take over, and does.
    start(pair, "lb02")
    await_guard(pair, "lb01", "given_up")
    pair.lab.truth.wait_owner(conf.VIP, "lb02", timeout=60.0)


def test_a_vip_given_up_by_priority_moves_and_its_node_stays_a_standby_that_could_take_it_again() -> None:
    with scene(
        confs=tracked(weight=-60),
        agent_config=NGINX + GUARD + PEOPLE,
        start_agents=False,
        version=3,
        advert_int=0.3,
    ) as pair:
        begin(pair)
        kill(pair, "lb01", for_good=True)
        await_guard(pair, "lb01", "given_up")
        pair.lab.truth.wait_owner(conf.VIP, "lb02", timeout=60.0)
        pair.must_know("vip_given_up", on="lb02")
        assert pair.lab.truth.holders(conf.VIP) == {"lb02"}
        start(pair, "lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb01", timeout=60.0)
        pair.await_verdict("steady")


def asking() -> dict[str, KeepalivedConf]:
    """A pair whose keepalived asks `hawatch guard`, as nobody, and gives way by its weight."""
    pair = conf.pair(Topology(), version=3, advert_int=0.3)
    command = f"/usr/bin/env PYTHONPATH={SOURCE} {INTERPRETER} -m hawatch guard nginx"
    lines = (f'script "{command}"', "interval 1", "timeout 5", "weight -60", "user nobody nogroup")
    script = "vrrp_script nginx {\n" + "".join(f"  {line}\n" for line in lines) + "}"
    return {
        name: KeepalivedConf(instances=(replace(each, track_scripts=("nginx",)),), extra=(script,))
        for name, each in pair.items()
    }


@pytest.fixture
def asked() -> Iterator[Scene]:
    with scene(confs=asking(), agent_config=NGINX, start_agents=False, version=3, advert_int=0.3) as pair:
        begin(pair)
        yield pair


def test_keepalived_that_asks_moves_the_vip_when_nginx_fails_and_not_when_the_agent_is_dead(
    asked: Scene,
) -> None:
    pair = asked
    kill(pair, "lb01")
    pair.lab.truth.wait_owner(conf.VIP, "lb02", timeout=60.0)
    start(pair, "lb01")
    pair.lab.truth.wait_owner(conf.VIP, "lb01", timeout=60.0)
    pair.await_verdict("steady")
    pair.lab.agent("lb01").stop()
    kill(pair, "lb01")
    pair.look_on(3.0)
    assert pair.lab.truth.holders(conf.VIP) == {"lb01"}
    pair.lab.agent("lb01").start()
    pair.lab.agent("lb01").wait_ready()
    pair.lab.truth.wait_owner(conf.VIP, "lb02", timeout=60.0)
