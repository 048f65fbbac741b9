"""The status as one line for each virtual router, for grep and awk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hawatch.cli.columns import printable
from hawatch.verdict import Severity

Json = Mapping[str, Any]
NOTHING = "-"


def status_lines(status: Json) -> str:
    """Nine fields separated by tabs, lines ended; no field is empty or has a blank in it.

    Severity (the worst of verdict and findings), verdict, instance, VRID, family, since, owners, VIPs, cause@node.
    """
    return "".join(_line(router) for router in status["virtual_routers"])


def _line(router: Json) -> str:
    severities = [router["severity"], *(finding["severity"] for finding in router["findings"])]
    fields = (
        max(map(Severity, severities), key=lambda each: each.badness).value,
        router["verdict"],
        router["instance"],
        router["vrid"],
        router["family"],
        router["since"],
        _list(router["owners"]),
        _list(vip["address"] for vip in router["vips"]),
        _list(f"{finding['cause']}@{finding['node']}" for finding in router["findings"]),
    )
    return "\t".join(map(_field, fields)) + "\n"


def _list(values: Iterable[object]) -> str:
    """A comma in a name would make two of it."""
    return ",".join(str(value).replace(",", "_") for value in values)


def _field(value: object) -> str:
    """A blank in a name would make two fields of it."""
    return "_".join(printable(str(value)).split()) or NOTHING
