"""iptables-save's text to records (iptables-save(8), iptables-extensions(8))."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from hawatch.errors import DecodeError
from hawatch.netfilter.ruleset import (
    Accept,
    Chain,
    Change,
    Drop,
    Elsewhere,
    Jump,
    Return,
    Rule,
    Step,
    Untrack,
    Verdict,
    XtMatch,
)

PRIORITIES = {
    "raw": {"PREROUTING": -300, "OUTPUT": -300},
    "mangle": {"PREROUTING": -150, "INPUT": -150, "FORWARD": -150, "OUTPUT": -150, "POSTROUTING": -150},
    "nat": {"PREROUTING": -100, "INPUT": 100, "OUTPUT": -100, "POSTROUTING": 100},
    "filter": {"INPUT": 0, "FORWARD": 0, "OUTPUT": 0},
    "security": {"INPUT": 50, "FORWARD": 50, "OUTPUT": 50},
}
"""Where each table's own chains stand in their hooks (linux/netfilter_ipv4.h)."""

_VERDICTS: dict[str, Verdict] = {
    "ACCEPT": Accept(),
    "DROP": Drop(),
    "REJECT": Drop(),
    "TARPIT": Drop(),
    "RETURN": Return(),
    "SNAT": Accept(),
    "MASQUERADE": Accept(),
    "NETMAP": Elsewhere(ends=True),
    "DNAT": Elsewhere(ends=True),
    "REDIRECT": Elsewhere(ends=True),
    "QUEUE": Elsewhere(ends=True),
    "NFQUEUE": Elsewhere(ends=True),
}
_PASSING = frozenset(
    {"LOG", "NFLOG", "ULOG", "AUDIT", "SECMARK", "CONNSECMARK", "IDLETIMER", "LED", "RATEEST", "TRACE", "CHECKSUM",
     "CLASSIFY", "SET", "TCPMSS", "TEE", "HMARK"}
)  # fmt: skip
_CHANGING = {
    "MARK": "mark",
    "CONNMARK": "mark",
    "TTL": "ttl",
    "HL": "hoplimit",
    "DSCP": "dscp",
    "TOS": "dscp",
}

_LONG = {
    "-p": "--protocol", "-s": "--source", "-d": "--destination", "-i": "--in-interface", "-o": "--out-interface",
    "-j": "--jump", "-g": "--goto", "-m": "--match", "-f": "--fragment", "-4": "--ipv4", "-6": "--ipv6",
    "--proto": "--protocol", "--src": "--source", "--dst": "--destination",
}  # fmt: skip
_BUILT_IN = frozenset(
    {"--protocol", "--source", "--destination", "--in-interface", "--out-interface", "--fragment", "--ipv4", "--ipv6",
     "--match", "--jump", "--goto"}
)  # fmt: skip
_ONE_WORD = frozenset({"--comment", "--log-prefix", "--nflog-prefix", "--string", "--hex-string", "--name"})
_COUNTERS = re.compile(r"\[\d+:\d+\]\s*")


@dataclass(slots=True)
class _Option:
    """One option with what follows it; `module` is the extension named last before it."""

    name: str
    negated: bool
    module: str
    arguments: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class IptablesListing:
    """The chains of all listed tables; `in_nft`: they are nft's tables seen through iptables-nft."""

    chains: tuple[Chain, ...]
    tables: frozenset[str]
    in_nft: bool


def read_iptables(text: object, family: str, *, listed_by: str = "iptables") -> IptablesListing:
    """The records of a listing; `family` is ip or ip6, `listed_by` iptables or iptables-legacy.

    DecodeError, naming the line, for what iptables-save never writes.
    """
    if not isinstance(text, str):
        raise DecodeError("iptables-save: no text")
    policies: dict[tuple[str, str], str] = {}
    rules: dict[tuple[str, str], list[Rule]] = {}
    table, in_nft = "", False
    for count, line in enumerate(text.splitlines(), 1):
        where = f"iptables-save: line {count}"
        if line.startswith("#"):
            in_nft = in_nft or "(nf_tables)" in line
        elif line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":"):
            name, policy = _chain_line(line, where)
            policies[table, name] = policy
            rules.setdefault((table, name), [])
        elif line.strip() not in {"", "COMMIT"}:
            name, rule = _rule_line(line, where)
            if (table, name) not in rules:
                raise DecodeError(f"{where}: a rule of an unlisted chain")
            rules[table, name].append(_numbered(rule, len(rules[table, name]) + 1))
    chains = tuple(_chain(family, key, policies[key], tuple(rules[key]), listed_by) for key in policies)
    return IptablesListing(chains=chains, tables=frozenset(key[0] for key in policies), in_nft=in_nft)


def _chain_line(line: str, where: str) -> tuple[str, str]:
    words = line[1:].split()
    if len(words) < 2:
        raise DecodeError(f"{where}: a chain without a policy")
    return words[0], words[1]


def _chain(family: str, key: tuple[str, str], policy: str, rules: tuple[Rule, ...], listed_by: str) -> Chain:
    table, name = key
    priority = PRIORITIES.get(table, {}).get(name)
    option = "" if table == "filter" else f"-t {table} "
    return Chain(
        family=family,
        table=table,
        name=name,
        hook=None if priority is None else name.lower(),
        priority=priority or 0,
        kind="nat" if table == "nat" else "filter",
        policy=Drop() if policy == "DROP" else Accept(),
        policy_text=f"{option}-P {name} {policy}",
        rules=rules,
        listed_by=listed_by,
    )


def _rule_line(line: str, where: str) -> tuple[str, Rule]:
    text = _COUNTERS.sub("", line, count=1) if line.startswith("[") else line
    try:
        words = shlex.split(text)
    except ValueError:
        raise DecodeError(f"{where}: an unfinished quotation") from None
    if len(words) < 2 or words[0] != "-A":
        raise DecodeError(f"{where}: neither a chain nor a rule")
    options = _options(words[2:])
    comment = next(
        (each.arguments[0] for each in options if each.name == "--comment" and each.arguments), None
    )
    return words[1], Rule(text=text.strip(), number=0, comment=comment, steps=_steps(options))


def _numbered(rule: Rule, number: int) -> Rule:
    return Rule(text=rule.text, number=number, comment=rule.comment, steps=rule.steps)


def _options(words: list[str]) -> list[_Option]:
    found: list[_Option] = []
    negated, module = False, ""
    for word in words:
        last = found[-1] if found else None
        expects = last is not None and last.name in _ONE_WORD and not last.arguments
        if word == "!" and not expects:
            negated = True
        elif re.match(r"--?[a-zA-Z]|-[46]$", word) and not expects:
            name = _LONG.get(word, word)
            found.append(_Option(name=name, negated=negated, module="" if name in _BUILT_IN else module))
            negated = False
        elif last is not None:
            last.arguments.append(word)
            if last.name == "--match":
                module = word
            elif last.name in {"--jump", "--goto"}:
                module = f"-j {word}"
    return found


def _steps(options: list[_Option]) -> tuple[Step, ...]:
    """The conditions, then the verdict; the options of an extension count as its own."""
    steps: list[Step] = []
    asked = {each.module for each in options}
    for each in options:
        if each.name == "--match":
            for module in each.arguments:
                if module not in asked:
                    steps.append(XtMatch(module=module, option="", negated=each.negated))
        elif each.name not in {"--jump", "--goto"} and not each.module.startswith("-j "):
            steps.append(
                XtMatch(
                    module=each.module,
                    option=each.name,
                    negated=each.negated,
                    arguments=tuple(each.arguments),
                )
            )
    for each in options:
        if each.name in {"--jump", "--goto"} and each.arguments:
            steps += _target(each, options)
    return tuple(steps)


def _target(option: _Option, options: list[_Option]) -> list[Step]:
    name = option.arguments[0]
    if option.name == "--goto":
        return [Jump(chain=name, goto=True)]
    if name in _VERDICTS:
        return [_VERDICTS[name]]
    if name in _PASSING:
        return []
    if name in _CHANGING:
        return [Change(field=_CHANGING[name])]
    if name in {"CT", "NOTRACK"}:
        plain = name == "NOTRACK" or any(each.name == "--notrack" for each in options)
        return [Untrack()] if plain else []
    return [Jump(chain=name)]
