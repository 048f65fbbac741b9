"""What the rules look at: one file with its instances, and two files whose instances are paired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.model import VirtualRouter
from hawatch.keepalived.reader import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFacts:
    """What the file system says of a script.

    `writable` names the part of its path that others than root may write, as `/opt (mode 0777)`, or is None.
    """

    exists: bool
    executable: bool = True
    writable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One vrrp_instance as it is written, and as keepalived would run it (None: it would not run at all)."""

    block: Statement
    router: VirtualRouter | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.block.words[1]

    def every(self, keyword: str) -> list[Statement]:
        """The lines with a keyword, in their order."""
        return [each for each in self.block.body or () if each.keyword == keyword]

    def entries(self, keyword: str) -> Iterator[Statement]:
        """The lines inside all blocks of a keyword."""
        for block in self.every(keyword):
            yield from block.body or ()

    def value(self, keyword: str) -> str | None:
        """The word behind a keyword, where it is said for the last time."""
        values = [each.words[1] for each in self.every(keyword) if len(each.words) > 1]
        return values[-1] if values else None

    def place(self, *keywords: str) -> str:
        """The `file:line` of the first of these keywords that is said, else of the instance."""
        said = (found[-1].where for each in keywords if (found := self.every(each)))
        return next(said, self.block.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One file with all that it includes; `scripts` has what the file system says, as far as it was asked."""

    name: str
    source: Source
    scripts: Mapping[str, ScriptFacts] = field(default_factory=dict)

    def every(self, keyword: str) -> list[Statement]:
        """The blocks of a keyword at the root of the file."""
        return [each for each in self.source.statements if each.keyword == keyword]

    @property
    def globals(self) -> list[Statement]:
        """All lines of global_defs."""
        return [each for block in self.every("global_defs") for each in block.body or ()]

    @property
    def instances(self) -> list[Instance]:
        """The vrrp_instances that count: of one name the first."""
        config = self.source.config
        routers = {each.instance: each for each in (config.virtual_routers if config else ())}
        named = {
            each.words[:2]: each for each in reversed(self.every("vrrp_instance")) if len(each.words) == 2
        }
        return [
            Instance(block=block, router=routers.get(readable(block.words[1])))
            for block in self.every("vrrp_instance")
            if len(block.words) == 2 and named.get(block.words) is block
        ]

    @property
    def running(self) -> list[tuple[Instance, VirtualRouter]]:
        """The instances with what they become; none if keepalived would not run the file."""
        return [(each, each.router) for each in self.instances if each.router is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One instance of a pair, in its file."""

    written: Written
    instance: Instance
    router: VirtualRouter

    def at(self, *keywords: str) -> str:
        """The place of a keyword, for a sentence of the other half."""
        return self.instance.place(*keywords)


@dataclass(frozen=True, slots=True, kw_only=True)
class Couple:
    """Two files of one pair: the instances that belong together, and those that have nobody."""

    first: Written
    second: Written
    pairs: tuple[tuple[Half, Half], ...]
    alone: tuple[tuple[Half, Written], ...]


def readable(text: str) -> str:
    """Text of a file with a replacement sign for each byte that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
