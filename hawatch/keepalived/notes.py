"""What keepalived would put into its log about a configuration and go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.keepalived.blocks import Statement


@dataclass(slots=True)
class Notes:
    """Warnings in the order they came up, each as `file:line: text`."""

    texts: list[str] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        """Note one thing."""
        self.texts.append(f"{where}: {text}")

    def unknown_keywords(self, statements: list[Statement], known: frozenset[str], within: str) -> None:
        """Note every keyword that is not known at this place."""
        for statement in statements:
            if statement.keyword not in known:
                self.add(statement.where, f"unknown keyword {statement.keyword!r} in {within} is ignored")
