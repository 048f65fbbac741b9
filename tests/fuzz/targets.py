"""What is fuzzed: each decoder and parser by a name, with the errors that it may raise for what it is given."""

from __future__ import annotations

from tests.fuzz import doors, host, mailbox, outside, wires, words
from tests.fuzz.target import CORPUS, Target

__all__ = ["CORPUS", "HOMES", "TARGETS", "Target"]

_MODULES = (wires, words, mailbox, outside, doors, host)
TARGETS: dict[str, Target] = {name: each for module in _MODULES for name, each in module.TARGETS.items()}
HOMES: dict[str, str] = {name: module.__name__ for module in _MODULES for name in module.TARGETS}
"""The module that a target stands in: a fuzzing process need not instrument what the others import."""
