"""The rules about what is tracked and what moves together: scripts, virtual servers, sync groups."""

from __future__ import annotations

from hawatch.keepalived.lint import scripts, virtual_servers
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.lint.writing import noted

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule[Written], ...] = (
    Rule(
        "script_security_missing",
        _W,
        "scripts without `enable_script_security`",
        "whoever may change the script is root",
        scripts.script_security_missing,
    ),
    Rule(
        "script_user_missing",
        _I,
        "scripts without `script_user`",
        "they run as root",
        scripts.script_user_missing,
    ),
    Rule(
        "script_writable",
        _E,
        "a script, or a directory above it, that others than root may write",
        "they are root; with `enable_script_security` keepalived does not run the script",
        scripts.script_writable,
    ),
    Rule(
        "virtual_server_no_vip",
        _I,
        "a `virtual_server` on an address that is no VIP of the file",
        "nobody moves it, and hawatch watches it nowhere",
        virtual_servers.virtual_server_no_vip,
    ),
    Rule(
        "script_missing",
        _W,
        "a script that is not there or not executable (looked for if one file is given)",
        "keepalived goes on without tracking it",
        scripts.script_missing,
    ),
    Rule(
        "script_hasty",
        _W,
        "a tracked `vrrp_script` without `fall` or `rise`",
        "one slow answer moves the VIP, the next moves it back",
        scripts.script_hasty,
    ),
    Rule(
        "script_faults",
        _I,
        "a tracked script of weight 0",
        "if what it asks is down on both nodes, both are in FAULT and nobody holds the VIP",
        scripts.script_faults,
    ),
    Rule(
        "script_unused", _I, "a `vrrp_script` that nothing tracks", "it moves nothing", scripts.script_unused
    ),
    Rule(
        "tracked_undefined",
        _W,
        "a tracked name that is not defined above",
        "it is not tracked",
        noted('vrrp_script NAME { script "/path" }, above the instance', "tracked_undefined"),
    ),
    Rule(
        "sync_group_members",
        _W,
        "a sync group with one member or none, or with members that do not exist",
        "the instances do not move together",
        noted("group { VI_1 VI_2 }, with the names of existing instances", "sync_group_members"),
    ),
)
