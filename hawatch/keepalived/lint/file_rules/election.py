"""The rules about what an election goes by: VRID, priority, interval, state."""

from __future__ import annotations

from hawatch.keepalived.lint import instances
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.lint.writing import noted

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule[Written], ...] = (
    Rule(
        "vrid_out_of_range",
        _E,
        "a `virtual_router_id` that is not 1..255, cut off or typed twice",
        "keepalived does not run",
        instances.vrid_out_of_range,
    ),
    Rule(
        "vrid_reused",
        _E,
        "two instances of one VRID and family on one interface, in one multicast group or with one unicast peer",
        "keepalived does not run",
        noted("virtual_router_id, and a number that is free on this LAN", "vrid_reused"),
    ),
    Rule(
        "vrid_shared",
        _I,
        "one VRID on two interfaces",
        "if both are one LAN the two disturb each other, and some switches take them for one station",
        instances.vrid_shared,
    ),
    Rule(
        "priority_out_of_range",
        _W,
        "a `priority` that is not 1..255",
        "100 is used, which may be what the other node has",
        noted("priority 100", "priority_out_of_range"),
    ),
    Rule(
        "priority_owner",
        _W,
        "priority 255, said or implied by `state MASTER` without a priority",
        "an address owner always preempts, and no weight can move it",
        instances.priority_owner,
    ),
    Rule(
        "priority_assumed",
        _I,
        "no `priority`",
        "100 on every node that says none",
        instances.priority_assumed,
    ),
    Rule(
        "advert_int_out_of_range",
        _W,
        "an `advert_int` outside 0.01..255",
        "1 s is used",
        noted("advert_int 1", "advert_int_out_of_range"),
    ),
    Rule(
        "advert_int_rounded",
        _W,
        "an `advert_int` that the version cannot say: VRRPv2 has whole seconds, VRRPv3 hundredths up to 40.95 s",
        "it is rounded, and in VRRPv2 a node that rounds otherwise is not heard",
        noted("advert_int 1, or version 3 on every node", "advert_int_rounded"),
    ),
    Rule(
        "advert_int_tight",
        _I,
        f"an `advert_int` below {instances.TIGHT_INTERVAL:g} s",
        "a busy or paused host looks dead, and two nodes are MASTER",
        instances.advert_int_tight,
    ),
    Rule(
        "state_changed",
        _W,
        "a `state` that does not go with the priority in strict mode, or with AH",
        "keepalived starts in the other one",
        noted("state BACKUP", "state_changed"),
    ),
    Rule(
        "nopreempt_ignored",
        _W,
        "`nopreempt` with `state MASTER` or priority 255",
        "the node preempts all the same",
        noted("state BACKUP, and a priority below 255", "nopreempt_ignored"),
    ),
    Rule(
        "preempt_delay_ignored",
        _W,
        "`preempt_delay` with `state MASTER`, `nopreempt` or in strict mode",
        "the node preempts at once, or never",
        noted("state BACKUP, without nopreempt and strict mode", "preempt_delay_ignored"),
    ),
    Rule(
        "weight_with_nopreempt",
        _W,
        "a weighted script or interface in an instance with `nopreempt`",
        "a standby with nopreempt does not take over from a MASTER whose priority has dropped",
        instances.weight_with_nopreempt,
    ),
)
