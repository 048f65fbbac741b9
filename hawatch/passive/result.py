"""One finished plugin result on its way to a monitoring system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveResult:
    """What the plugin would print and exit with, for a service of a host; no text holds a line break.

    `code` is 0 to 3, `perfdata` are its single values, `details` the further lines. `source` is the node that says so;
    after `ttl` seconds without another one it is out of date.
    """

    host: str
    service: str
    code: int
    output: str
    perfdata: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    source: str
    ttl: float
