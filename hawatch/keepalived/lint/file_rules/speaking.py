"""The rules about how nodes speak with each other: authentication, strict mode, unicast, interface."""

from __future__ import annotations

from hawatch.keepalived.lint import instances
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.lint.writing import noted

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule[Written], ...] = (
    Rule(
        "auth_ignored",
        _W,
        "`authentication` with VRRPv3, in strict mode, without a password, or AH with IPv6",
        "nothing is authenticated",
        noted("delete the authentication block", "auth_ignored"),
    ),
    Rule(
        "auth_without_type",
        _W,
        "`auth_pass` without `auth_type`",
        "nothing is authenticated, without a word in the log",
        instances.auth_without_type,
    ),
    Rule(
        "auth_pass_cut",
        _W,
        "a password of more than eight bytes",
        "the rest is cut off: two that differ only there are one",
        instances.auth_pass_cut,
    ),
    Rule(
        "password_commented",
        _W,
        "`#` or `!` inside a password that is not in quotes",
        "a comment begins there, and the password is what stands before it",
        noted('auth_pass "PASSWORD", in quotes', "password_commented"),
    ),
    Rule(
        "strict_drops_traffic",
        _W,
        "strict mode without `accept`, below priority 255",
        "the MASTER drops what is sent to the VIP, ping too",
        instances.strict_drops_traffic,
    ),
    Rule(
        "strict_unicast",
        _E,
        "unicast peers in strict mode",
        "strict mode forbids them; keepalived's versions differ in whether they run",
        noted("strict_mode off, or delete vrrp_strict", "strict_unicast"),
    ),
    Rule(
        "unicast_without_peers",
        _W,
        "a keyword of unicast without `unicast_peer`",
        "multicast is used",
        noted("unicast_peer { THE OTHER NODE'S ADDRESS }", "unicast_without_peers"),
    ),
    Rule(
        "unicast_source_missing",
        _W,
        "`unicast_peer` without `unicast_src_ip`",
        "an address added to the interface may change the sender, and the peer may drop it",
        instances.unicast_source_missing,
    ),
    Rule(
        "unicast_peer_is_self",
        _E,
        "a `unicast_peer` that is the node's own `unicast_src_ip`",
        "the other node is not sent to",
        instances.unicast_peer_is_self,
    ),
    Rule(
        "interface_assumed",
        _W,
        "no `interface`, where unicast can do without",
        "the device of the first VIP is watched",
        noted("interface eth0", "interface_assumed"),
    ),
    Rule(
        "vmac_xmit_base_assumed",
        _I,
        "`use_vmac` with unicast and without `vmac_xmit_base`",
        "keepalived sends from the base interface",
        noted("vmac_xmit_base", "vmac_xmit_base_assumed"),
    ),
    Rule(
        "dont_track_primary",
        _W,
        "`dont_track_primary`",
        "a node without a link keeps the VIP while the other takes it: a split brain on return",
        instances.dont_track_primary,
    ),
)
