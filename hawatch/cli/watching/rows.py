"""One line for each virtual router, the worst first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hawatch.cli.watching.look import badness, severity_of

Json = Mapping[str, Any]
RowKey = tuple[str, int, str]
"""Instance, VRID and family."""
_NUMBER = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One virtual router; `severity` is the worst of its verdict and its findings, `finding` the worst of these.

    `searched` is what a filter is looked for in.
    """

    router: Json
    key: RowKey
    severity: str
    finding: Json | None
    searched: str

    @property
    def name(self) -> str:
        """Instance and VRID, with the family where it is not IPv4."""
        instance, vrid, family = self.key
        return f"{instance} {vrid}" + ("" if family == "ipv4" else " v6")


def rows_of(status: Json) -> tuple[Row, ...]:
    """The worst first; of equally bad ones by name, numbers counted."""
    return tuple(sorted(map(_row, status["virtual_routers"]), key=_order))


def _row(router: Json) -> Row:
    findings = router["findings"]
    worst = max(findings, key=lambda each: badness(each["severity"]), default=None)
    return Row(
        router=router,
        key=(str(router["instance"]), int(router["vrid"]), str(router["family"])),
        severity=severity_of([router["severity"], *(each["severity"] for each in findings)]),
        finding=worst,
        searched=_searched(router),
    )


def _order(row: Row) -> tuple[object, ...]:
    own = badness(row.router["severity"])
    return -own, -badness(row.severity), _natural(row.key[0]), row.key[1], row.key[2]


def _natural(name: str) -> list[tuple[int, str]]:
    parts = _NUMBER.split(name)
    return [(int(part) if part.isdecimal() else 0, part) for part in parts]


def _searched(router: Json) -> str:
    words = [router["instance"], router["vrid"], router["family"], router["interface"], router["verdict"]]
    words += [router["severity"], *router["owners"], *(vip["address"] for vip in router["vips"])]
    words += [f"{each['cause']}@{each['node']}" for each in router["findings"]]
    return " ".join(map(str, words)).casefold()
