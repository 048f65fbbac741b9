"""The six events of the example: what is done on the real pair, and what hawatch must say."""

from __future__ import annotations

from deploy.examples.nginx_pair.event import Event, Expected
from deploy.examples.nginx_pair.stage import Stage
from deploy.lab import Fault


def stop_keepalived(name: str) -> Event:
    """keepalived is stopped in order, as by systemctl stop, and started again."""
    other, home = ("lb02", "VI_1") if name == "lb01" else ("lb01", "VI_2")
    away = "VI_2" if home == "VI_1" else "VI_1"

    def deed(stage: Stage) -> Fault:
        stage.lab.keepalived(name).stop()
        return Fault(f"{name}: keepalived stopped", stage.lab.keepalived(name).start)

    return Event(
        key=f"stop-{name}",
        title=f"keepalived on {name} is stopped: {other} is to carry both names",
        back=f"keepalived on {name} is started again",
        deed=deed,
        expected=Expected(
            stories={home: "degraded? switchover degraded", away: "degraded"},
            causes=(f"keepalived_dead@{name}",),
            texts=("DEGRADED", f"Cause on {name}: keepalived not running"),
        ),
        expected_back=Expected(stories={home: "steady? failback steady", away: "steady"}, texts=("OVER",)),
        shown_back=name == "lb01",
        afresh=False,
    )


def cut_cable(stage: Stage) -> Fault:
    """The cable of lb01 is pulled; the second one between the nodes stays."""
    return stage.lab.wires.cut("lb01")


def block_heartbeat(stage: Stage) -> Fault:
    """A firewall on lb02 drops VRRP, as one does that knows nothing of it."""
    return stage.lab.firewall.drop_vrrp_inbound("lb02")


EVENTS = (
    stop_keepalived("lb01"),
    stop_keepalived("lb02"),
    Event(
        key="nginx",
        title="nginx on lb01 is killed: keepalived's check_nginx fails there",
        back="nginx on lb01 is started again",
        deed=lambda stage: stage.kill_nginx("lb01"),
        expected=Expected(
            stories={"VI_1": "degraded? switchover degraded", "VI_2": "degraded"},
            causes=("service_down@lb01", "tracked_fault@lb01", "standby_fault@lb01"),
            texts=("DEGRADED", "Cause on lb01"),
        ),
        expected_back=Expected(
            stories={"VI_1": "steady? failback steady", "VI_2": "steady"}, texts=("OVER",)
        ),
    ),
    Event(
        key="cable",
        title="the cable of lb01 is cut; the second cable between the nodes stays",
        back="the cable is plugged in again",
        deed=cut_cable,
        expected=Expected(
            stories={
                "VI_1@lb01": "isolated",
                "VI_2@lb01": "isolated",
                "VI_1@lb02": "failover degraded",
                "VI_2@lb02": "degraded",
            },
            causes=("link_down@lb01",),
            also=("heartbeat_link_down@lb02",),
            texts=("Cause on lb01: network link down",),
        ),
        expected_back=Expected(
            stories={"VI_1": "steady? failback steady", "VI_2": "steady"},
            also=("heartbeat_link_down@lb02",),
            texts=("OVER",),
        ),
    ),
    Event(
        key="heartbeat",
        title="the heartbeat is blocked: a firewall on lb02 drops VRRP",
        back="the rule is taken away",
        deed=block_heartbeat,
        expected=Expected(
            stories={"VI_1": "split_brain", "VI_2": ""},
            causes=("vrrp_blocked_inbound@lb02",),
            texts=("SPLIT BRAIN", "Cause on lb02: incoming VRRP blocked"),
        ),
        expected_back=Expected(stories={"VI_1": "degraded? steady", "VI_2": ""}, texts=("OVER",)),
    ),
)
