"""nft's JSON written as nft would list it, numbers kept; what is not known is shown as …"""

from __future__ import annotations

from collections.abc import Mapping

from hawatch.netfilter.names import CT_STATES

DEEPEST = 8
_META_WITHOUT_WORD = frozenset(
    {"iif", "iifname", "iiftype", "oif", "oifname", "oiftype", "iifgroup", "oifgroup", "cgroup"}
)
_QUOTED = frozenset({"iif", "iifname", "oif", "oifname", "iifkind", "oifkind"})
_UNKNOWN = "…"


def rule_text(expressions: list[object], comment: str | None) -> str:
    """One line for a whole rule."""
    words = [_statement(each) for each in expressions]
    if comment:
        words.append(f'comment "{comment}"')
    return " ".join(word for word in words if word)


def policy_text(chain: Mapping[str, object]) -> str:
    """The head of a chain that hangs on a hook."""
    priority = chain.get("prio", 0)
    return (
        f"chain {chain.get('name')} {{ type {chain.get('type', 'filter')} hook {chain.get('hook')} "
        f"priority {priority}; policy {chain.get('policy', 'accept')}; }}"
    )


def _statement(statement: object) -> str:
    if isinstance(statement, str):
        return statement
    if not isinstance(statement, Mapping) or len(statement) != 1:
        return _UNKNOWN
    ((kind, body),) = statement.items()
    if body is None:
        return _UNKNOWN if kind == "xt" else str(kind)
    if kind in {"jump", "goto"} and isinstance(body, Mapping):
        return f"{kind} {body.get('target')}"
    known = _KNOWN.get(str(kind))
    if known is not None and isinstance(body, Mapping):
        return known(body)
    return str(kind) if kind in {"queue", "snat", "dnat", "masquerade", "redirect"} else f"{kind} {_UNKNOWN}"


def _match(body: Mapping[str, object]) -> str:
    left, operator, right = body.get("left"), body.get("op"), body.get("right")
    shown = {"==": " ", "in": " ", "implicit": " "}.get(str(operator), f" {operator} ")
    if left == {"ct": {"key": "state"}}:
        right = _states(right)
    return f"{_expression(left)}{shown}{_value(right, quoted=_is_name(left))}"


def _states(right: object) -> object:
    """The states of connection tracking by name, which nft shows as bits when it is told to show numbers."""
    if isinstance(right, list):
        return [_states(each) for each in right]
    if isinstance(right, Mapping) and isinstance(right.get("set"), list):
        return {"set": _states(right["set"])}
    return next((name for name, bit in CT_STATES.items() if right == bit), right)


def _vmap(body: Mapping[str, object]) -> str:
    return f"{_expression(body.get('key'))} vmap {_value(body.get('data'), quoted=_is_name(body.get('key')))}"


def _reject(body: Mapping[str, object]) -> str:
    reason = " ".join(str(body[key]) for key in ("type", "expr") if key in body)
    return f"reject with {reason}" if reason else "reject"


def _limit(body: Mapping[str, object]) -> str:
    over = "over " if body.get("inv") is True else ""
    return f"limit rate {over}{body.get('rate')}/{body.get('per')}"


def _mangle(body: Mapping[str, object]) -> str:
    return f"{_expression(body.get('key'))} set {_value(body.get('value'))}"


def _log(body: Mapping[str, object]) -> str:
    return f'log prefix "{body["prefix"]}"' if "prefix" in body else "log"


def _extension(body: Mapping[str, object]) -> str:
    return f"xt {body.get('type')} {body.get('name')}"


def _counter(_body: Mapping[str, object]) -> str:
    return ""


def _forward(body: Mapping[str, object]) -> str:
    return f'fwd to "{body.get("dev")}"'


_KNOWN = {
    "match": _match,
    "vmap": _vmap,
    "reject": _reject,
    "limit": _limit,
    "mangle": _mangle,
    "log": _log,
    "xt": _extension,
    "counter": _counter,
    "fwd": _forward,
}


def _is_name(expression: object) -> bool:
    meta = expression.get("meta") if isinstance(expression, Mapping) else None
    return isinstance(meta, Mapping) and meta.get("key") in _QUOTED


def _expression(expression: object, depth: int = 0) -> str:
    if not isinstance(expression, Mapping) or len(expression) != 1 or depth > DEEPEST:
        return _scalar(expression)
    ((kind, body),) = expression.items()
    if kind == "concat" and isinstance(body, list):
        return " . ".join(_expression(each, depth + 1) for each in body)
    if kind == "&" and isinstance(body, list) and len(body) == 2:
        return f"{_expression(body[0], depth + 1)} & {_value(body[1])}"
    primary = _PRIMARY.get(str(kind))
    return primary(body) if primary and isinstance(body, Mapping) else f"{kind} {_UNKNOWN}"


def _meta(body: Mapping[str, object]) -> str:
    key = str(body.get("key"))
    return key if key in _META_WITHOUT_WORD else f"meta {key}"


def _payload(body: Mapping[str, object]) -> str:
    if "field" in body:
        return f"{body.get('protocol')} {body['field']}"
    return f"@{body.get('base')},{body.get('offset')},{body.get('len')}"


def _tracking(body: Mapping[str, object]) -> str:
    return f"ct {body.get('key')}"


def _fib(body: Mapping[str, object]) -> str:
    flags = body.get("flags")
    shown = flags if isinstance(flags, list) else [flags]
    return f"fib {' . '.join(map(str, shown))} {body.get('result')}"


def _numgen(body: Mapping[str, object]) -> str:
    return f"numgen {body.get('mode')} mod {body.get('mod')}"


_PRIMARY = {"meta": _meta, "payload": _payload, "ct": _tracking, "fib": _fib, "numgen": _numgen}


def _value(value: object, *, quoted: bool = False, depth: int = 0) -> str:
    if depth > DEEPEST:
        return _UNKNOWN
    if isinstance(value, list):
        return ",".join(_value(each, quoted=quoted, depth=depth + 1) for each in value)
    if not isinstance(value, Mapping):
        named = quoted and isinstance(value, str) and not value.startswith("@")
        return f'"{value}"' if named else _scalar(value)
    return _composed(value, quoted=quoted, depth=depth)


def _composed(value: Mapping[str, object], *, quoted: bool, depth: int) -> str:
    """A set, prefix, range, concatenation or an element with its trimmings."""
    kind, body = next(iter(value.items()), ("", None))
    if kind == "set":
        elements = body if isinstance(body, list) else [body]
        return "{ " + ", ".join(_element(each, quoted=quoted, depth=depth) for each in elements) + " }"
    if kind == "prefix" and isinstance(body, Mapping):
        return f"{body.get('addr')}/{body.get('len')}"
    if kind == "range" and isinstance(body, list):
        return "-".join(map(_scalar, body))
    if kind == "concat" and isinstance(body, list):
        return " . ".join(_value(each, depth=depth + 1) for each in body)
    if kind == "elem" and isinstance(body, Mapping):
        return _value(body.get("val"), quoted=quoted, depth=depth + 1)
    return _expression(value)


def _element(element: object, *, quoted: bool, depth: int) -> str:
    if isinstance(element, list) and len(element) == 2:  # of a verdict map
        return f"{_value(element[0], quoted=quoted, depth=depth + 1)} : {_statement(element[1])}"
    return _value(element, quoted=quoted, depth=depth + 1)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "exists" if value else "missing"
    return str(value) if isinstance(value, (int, str)) else _UNKNOWN
