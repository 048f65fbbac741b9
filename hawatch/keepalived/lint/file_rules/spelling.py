"""The rules about how the file is written."""

from __future__ import annotations

from hawatch.keepalived.lint import writing
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.lint.writing import noted

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule[Written], ...] = (
    Rule(
        "does_not_run",
        _E,
        "what keepalived refuses to run with; braces or quotes that do not match",
        "the node has no VRRP at all",
        writing.refused,
    ),
    Rule(
        "stray_block",
        _E,
        "a block where keepalived expects none, such as `authentification { … }`",
        "its closing brace ends the block around it, and every line that follows is lost",
        writing.stray_block,
    ),
    Rule(
        "unknown_keyword",
        _W,
        "a word that keepalived does not know, such as `route_id`",
        "it is logged once at the start, and what it should set has its default",
        writing.unknown_keyword,
    ),
    Rule(
        "parameter_undefined",
        _W,
        "a `$NAME` that is not defined above",
        "the name is taken for the value",
        writing.parameter_undefined,
    ),
    Rule(
        "keyword_repeated",
        _W,
        "a keyword with one value, said twice in an instance",
        "the last one counts, whichever was changed",
        writing.keyword_repeated,
    ),
    Rule(
        "words_behind",
        _W,
        "words behind a value; a password of several words; two unicast peers in one line",
        "they are passed over without a word",
        writing.words_behind,
    ),
    Rule(
        "include_missing",
        _W,
        "an `include` that matches no file",
        "what should be included is missing, and keepalived starts",
        noted("includem, which makes keepalived refuse to start without the file", "include_missing"),
    ),
    Rule(
        "include_twice",
        _W,
        "an `include` behind a brace in the same line",
        "keepalived 2.2.7 reads the file twice: its VIPs are advertised twice",
        noted("the include in a line of its own", "include_twice"),
    ),
    Rule(
        "escaped_sign",
        _W,
        "`\\#` or `\\!` outside quotes",
        "keepalived 2.2.7 takes it for a comment all the same: a password is cut there",
        noted("the whole word in double quotes, with # and without the backslash", "escaped_sign"),
    ),
    Rule(
        "deprecated",
        _I,
        "an old spelling, which keepalived logs",
        "a later version may not know it",
        writing.deprecated,
    ),
    Rule(
        "ignored",
        _W,
        "a line that keepalived ignores or corrects, for a reason that is given",
        "the file does not say what runs",
        noted("correct the line, or delete it", "ignored", "without_effect"),
    ),
    Rule(
        "router_id_missing",
        _I,
        "no `router_id`",
        "mail, SNMP and logs of several nodes are told apart by it",
        writing.router_id_missing,
    ),
)
