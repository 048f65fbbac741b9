"""`nft -j list ruleset` to records (libnftables-json(5))."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hawatch.errors import DecodeError
from hawatch.netfilter.nft_text import policy_text, rule_text
from hawatch.netfilter.nft_verdict import steps_of
from hawatch.netfilter.ruleset import Accept, Chain, Drop, Rule

Key: TypeAlias = tuple[str, str, str]
Devices: TypeAlias = Mapping[Key, tuple[str, ...]]

_DEVICE_HOOKS = frozenset({"ingress", "egress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NftListing:
    """The chains and the elements of named sets and maps, each by family, table and name."""

    chains: dict[Key, Chain]
    sets: dict[Key, object]


def read_nft(listed: object, devices: Devices | None = None) -> NftListing:
    """The records of a listing; `devices` are those of chains whose JSON does not tell.

    DecodeError for other shapes.
    """
    items = listed.get("nftables") if isinstance(listed, Mapping) else None
    if not isinstance(items, list):
        raise DecodeError("nft: no listing")
    found: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for item in items:
        if not isinstance(item, Mapping):
            raise DecodeError("nft: an item that is no object")
        for kind, body in item.items():
            if kind in {"chain", "rule", "set", "map"}:
                found[kind].append(_object(kind, body))
    rules: dict[Key, list[Rule]] = defaultdict(list)
    for body in found["rule"]:
        key = _key("rule", body, "chain")
        rules[key].append(_rule(body, number=len(rules[key]) + 1))
    chains = {}
    for body in found["chain"]:
        key = _key("chain", body, "name")
        chains[key] = _chain(body, key, tuple(rules[key]), devices or {})
    if missing := rules.keys() - chains.keys() - {key for key in rules if not rules[key]}:
        raise DecodeError(f"nft: rules of an unlisted chain {' '.join(min(missing))}")
    sets: dict[Key, object] = {
        _key(kind, body, "name"): {"set": body.get("elem", [])}
        for kind in ("set", "map")
        for body in found[kind]
    }
    return NftListing(chains=chains, sets=sets)


def _object(kind: str, body: object) -> Mapping[str, object]:
    if not isinstance(body, Mapping):
        raise DecodeError(f"nft: a {kind} that is no object")
    return body


def _key(kind: str, body: Mapping[str, object], name: str) -> Key:
    values = (body.get("family"), body.get("table"), body.get(name))
    if not all(isinstance(value, str) for value in values):
        raise DecodeError(f"nft: a {kind} without family, table or {name}")
    return str(values[0]), str(values[1]), str(values[2])


def _rule(body: Mapping[str, object], *, number: int) -> Rule:
    expressions = body.get("expr", [])
    if not isinstance(expressions, list):
        raise DecodeError("nft: a rule without a list of expressions")
    handle, comment = body.get("handle"), body.get("comment")
    said = comment if isinstance(comment, str) else None
    return Rule(
        text=rule_text(expressions, said),
        number=number,
        handle=handle if isinstance(handle, int) else None,
        comment=said,
        steps=steps_of(expressions),
    )


def _chain(body: Mapping[str, object], key: Key, rules: tuple[Rule, ...], devices: Devices) -> Chain:
    hook = body.get("hook")
    if hook is None:
        return Chain(family=key[0], table=key[1], name=key[2], rules=rules)
    priority = body.get("prio", 0)
    if not isinstance(hook, str) or not isinstance(priority, int):
        raise DecodeError(f"nft: chain {' '.join(key)} without a hook and a priority")
    return Chain(
        family=key[0],
        table=key[1],
        name=key[2],
        hook=hook,
        priority=priority,
        kind=str(body.get("type", "filter")),
        policy=Drop() if body.get("policy") == "drop" else Accept(),
        policy_text=policy_text(body),
        devices=_devices(body, key, devices) if hook in _DEVICE_HOOKS else None,
        rules=rules,
    )


def _devices(body: Mapping[str, object], key: Key, devices: Devices) -> tuple[str, ...] | None:
    """The devices of a chain; None when the JSON leaves them out, as some versions of nft do."""
    listed = body.get("dev")
    names = [listed] if isinstance(listed, str) else listed
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return tuple(names)
    return devices.get(key)


_TABLE = re.compile(r"table (\S+) (\S+) \{")
_CHAIN = re.compile(r"\s*chain (\S+) \{")
_HEAD = re.compile(r"\s*type \S+ hook (?:ingress|egress) devices? (?:= )?(\{[^}]*\}|\S+)")


def read_devices(text: str) -> Devices:
    """The devices of all chains that hang on one, from the text of `nft list chains` or `nft list ruleset`."""
    found: dict[Key, tuple[str, ...]] = {}
    table, chain = ("", ""), ""
    for line in text.splitlines():
        if match := _TABLE.match(line):
            table = match.group(1), match.group(2)
        elif match := _CHAIN.match(line):
            chain = match.group(1)
        elif match := _HEAD.match(line):
            names = match.group(1).strip("{} ").split(",")
            found[(*table, chain)] = tuple(name.strip().strip('"') for name in names if name.strip())
    return found
