"""What is posted to the agent by a provider, and what it is answered; between the listener and whoever takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """One request: `peer` is the address that it came from, header names are in lower case.

    `secret` is what stood behind the channel in its path.
    """

    channel: str
    method: str
    secret: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookAnswer:
    """What the provider is told."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


class Hooks(Protocol):
    """Takes calls in for all channels that may be called."""

    async def take(self, call: HookCall) -> HookAnswer:
        """Verify, store, and say so."""
