"""The rules of a host as records, whichever tool listed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class NftMatch:
    """One condition of nft as its JSON has it (libnftables-json(5)); `statement` is the whole expression."""

    statement: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class XtMatch:
    """One option of an iptables rule that asks something: `option` with its dashes, the extension it belongs to (empty
    for the built-in ones), and its arguments."""

    module: str
    option: str
    negated: bool
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The chain lets the packet through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The packet ends here; a reject, or a hand-over to another device, is one too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Back to the calling chain, or to the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """On to another chain of the table, and back when that ends; with `goto` not back."""

    chain: str
    goto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Somebody else decides: a program behind a queue, or a target that is not known; `ends` says whether the rules
    after it are never met."""

    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Untrack:
    """The connection tracking is told to leave the packet alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A field of the packet gets another value; what rules after it ask about that field cannot be told."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictMap:
    """A verdict looked up by a key: nft's `vmap`; a key that is not in it goes on to the next rule."""

    key: object
    data: object


Verdict: TypeAlias = Accept | Drop | Return | Jump | Elsewhere
Step: TypeAlias = NftMatch | XtMatch | VerdictMap | Untrack | Change | Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its steps in order, and its text in the language of the tool that listed it.

    `number` counts from 1 within its chain, `handle` is nft's, None where iptables listed it.
    """

    text: str
    number: int
    handle: int | None = None
    comment: str | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One chain; `hook` None: only reached by a jump. `devices` None: a chain of a device, not known which."""

    family: str
    table: str
    name: str
    hook: str | None = None
    priority: int = 0
    kind: str = "filter"
    policy: Verdict = Accept()
    policy_text: str = ""
    devices: tuple[str, ...] | None = None
    rules: tuple[Rule, ...] = ()
    listed_by: str = "nft"

    @property
    def key(self) -> tuple[str, str, str]:
        """Family, table and name; a table of iptables-legacy may be called as one of nft is."""
        table = self.table if self.listed_by == "nft" else f"{self.listed_by} {self.table}"
        return self.family, table, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """All chains by their keys, and the elements of named sets and maps by family, table and name.

    `unseen` is why rules may exist that no listing shows, None when all are here.
    """

    chains: Mapping[tuple[str, str, str], Chain] = field(default_factory=dict)
    sets: Mapping[tuple[str, str, str], object] = field(default_factory=dict)
    unseen: str | None = None
