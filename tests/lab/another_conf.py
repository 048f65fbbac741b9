"""A node whose keepalived.conf differs from what the pair began with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.lab.scene import Scene


@contextmanager
def another_conf(pair: Scene, node: str, **fields: Any) -> Iterator[None]:
    """This node runs a configuration with other fields, until the end of the block."""
    keepalived, usual = pair.lab.keepalived(node), pair.confs[node]
    keepalived.write_conf(replace(usual, **fields))  # type: ignore[type-var]
    keepalived.reload()
    yield
    keepalived.write_conf(usual)
    keepalived.reload()
