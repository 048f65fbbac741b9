"""nft's statements as steps of a rule (libnftables-json(5), STATEMENTS)."""

from __future__ import annotations

from collections.abc import Mapping

from hawatch.netfilter.ruleset import (
    Accept,
    Change,
    Drop,
    Elsewhere,
    Jump,
    NftMatch,
    Return,
    Step,
    Untrack,
    Verdict,
    VerdictMap,
)

_PASSING = frozenset(
    {"counter", "log", "dup", "last", "comment", "ct helper", "ct timeout", "ct expectation", "synproxy", "secmark",
     "continue"}
)  # fmt: skip
_PLAIN: dict[str, Verdict] = {
    "accept": Accept(),
    "drop": Drop(),
    "reject": Drop(),
    "fwd": Drop(),  # out by another device, and never up this host's stack
    "return": Return(),
    "queue": Elsewhere(ends=True),
    "snat": Accept(),
    "masquerade": Accept(),
    "dnat": Elsewhere(ends=True),
    "redirect": Elsewhere(ends=True),
}
_PASSING_TARGETS = frozenset(
    {"LOG", "NFLOG", "AUDIT", "SECMARK", "CONNSECMARK", "CONNMARK", "IDLETIMER", "LED", "RATEEST", "TRACE"}
)
_DROPPING_TARGETS = frozenset({"REJECT", "DROP", "TARPIT"})


def verdict_of(statement: object) -> Verdict | None:
    """The verdict that a statement, or the right side of a verdict map, gives; None for any other."""
    if isinstance(statement, str):
        statement = {statement: None}
    if not isinstance(statement, Mapping) or len(statement) != 1:
        return None
    ((kind, body),) = statement.items()
    if kind in {"jump", "goto"}:
        target = body.get("target") if isinstance(body, Mapping) else None
        return Jump(chain=target, goto=kind == "goto") if isinstance(target, str) else Elsewhere(ends=False)
    return _PLAIN.get(kind) if isinstance(kind, str) else None


def steps_of(expressions: list[object]) -> tuple[Step, ...]:
    """All steps of a rule. An extension of iptables that nft cannot name may be a condition or a target."""
    steps: list[Step] = []
    opaque = False
    for statement in expressions:
        verdict = verdict_of(statement)
        if verdict is not None:
            return (*steps, verdict)
        if not isinstance(statement, Mapping):
            steps.append(NftMatch(statement={}))
            continue
        opaque = opaque or "xt" in statement
        steps += _steps(statement)
        if isinstance(steps[-1] if steps else None, (Drop, Elsewhere)):
            return tuple(steps)
    if opaque and "xt" in _last(expressions) and _last(expressions)["xt"] is None:
        steps.append(Elsewhere(ends=False))
    return tuple(steps)


def _last(expressions: list[object]) -> Mapping[str, object]:
    last = expressions[-1] if expressions else None
    return last if isinstance(last, Mapping) else {}


def _steps(statement: Mapping[str, object]) -> list[Step]:
    if _PASSING.intersection(statement):
        return []
    if "notrack" in statement:
        return [Untrack()]
    if "mangle" in statement:
        return [Change(field=_field(statement["mangle"]))]
    if "vmap" in statement:
        body = statement["vmap"]
        known = body if isinstance(body, Mapping) else {}
        return [VerdictMap(key=known.get("key"), data=known.get("data"))]
    if "xt" in statement:
        return _extension(statement["xt"])
    return [NftMatch(statement=statement)]


def _extension(body: object) -> list[Step]:
    """A match or target of iptables within nft's listing."""
    known = body if isinstance(body, Mapping) else {}
    name = known.get("name")
    if known.get("type") == "target":
        return _target(str(name))
    return [] if name == "comment" else [NftMatch(statement={})]


def _target(name: str) -> list[Step]:
    if name in _PASSING_TARGETS:
        return []
    if name in _DROPPING_TARGETS:
        return [Drop()]
    if name == "MARK":
        return [Change(field="mark")]
    if name == "CT":
        return [Change(field="ct")]
    return [Elsewhere(ends=False)]


def _field(mangle: object) -> str:
    """The field that a mangle statement sets: a key of meta, or a field of the IP header."""
    key = mangle.get("key") if isinstance(mangle, Mapping) else None
    for kind, name in (("meta", "key"), ("payload", "field")):
        body = key.get(kind) if isinstance(key, Mapping) else None
        if isinstance(body, Mapping):
            return str(body.get(name))
    return "unknown"
