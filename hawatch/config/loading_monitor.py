"""The tables [[monitor]] of hawatch.toml, from text to records."""

from __future__ import annotations

import re

from hawatch.config import checks
from hawatch.config.monitor import Monitor
from hawatch.config.table import Table

TOOLS = ("command_file", "icinga2", "alertmanager")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HTTPS = re.compile(r"https://[^/?#]+/?")
_WEB = re.compile(r"https?://[^?#]+")
# They separate fields in Nagios' command file, and host from service in Icinga 2.
_SEPARATORS = ";|!"
OWN_LABEL = "vrrp_instance"
"""What hawatch matches by itself."""


def monitor(table: Table) -> Monitor:
    """One [[monitor]]; a key that is of no use to its tool is unknown."""
    name = table.checked("name", _name)
    written = [each for each in TOOLS if table.has(each)]
    if len(written) != 1:
        several = f"both {written[0]} and {written[1]}" if written else f"none of {', '.join(TOOLS)}"
        raise table.error("", f"{several}; one says which tool it is")
    match written[0]:
        case "command_file":
            found = _nagios(table, name)
        case "icinga2":
            found = _icinga2(table, name)
        case _:
            found = _alertmanager(table, name)
    table.end()
    return found


def _nagios(table: Table, name: str) -> Monitor:
    return Monitor(
        name=name,
        command_file=table.checked("command_file", checks.absolute_path),
        status_file=table.optional("status_file", checks.absolute_path),
        host=table.optional("host", _object_name),
        service=table.optional("service", _object_name) or Monitor(name="").service,
    )


def _icinga2(table: Table, name: str) -> Monitor:
    return Monitor(
        name=name,
        icinga2=table.checked("icinga2", _https),
        host=table.optional("host", _object_name),
        service=table.optional("service", _object_name) or Monitor(name="").service,
        user=table.string("user", Monitor(name="").user),
        password_file=table.checked("password_file", checks.absolute_path),
        ca_file=table.optional("ca_file", checks.absolute_path),
    )


def _alertmanager(table: Table, name: str) -> Monitor:
    password, bearer = table.has("password_file"), table.has("bearer_file")
    if password and bearer:
        raise table.error("", "both password_file and bearer_file: it is asked in one way or the other")
    if table.has("user") and not password:
        raise table.error("user", "of no use without password_file")
    return Monitor(
        name=name,
        alertmanager=table.checked("alertmanager", _web),
        matchers=_matchers(table.table("matchers")),
        user=table.string("user", Monitor(name="").user),
        password_file=table.optional("password_file", checks.absolute_path),
        bearer_file=table.optional("bearer_file", checks.absolute_path),
        ca_file=table.optional("ca_file", checks.absolute_path),
    )


def _matchers(table: Table) -> tuple[tuple[str, str], ...]:
    for label in table.values:
        if label == OWN_LABEL:
            raise table.error(label, "is matched by hawatch itself, for each incident")
        if not _LABEL.fullmatch(label):
            raise table.error(label, "is not the name of a label")
    return tuple((label, table.checked(label)) for label in table.values)


def _name(text: str) -> str | None:
    """It is in metrics, and in the names of records."""
    return None if _NAME.fullmatch(text) else "is not a name of letters, digits and _.-"


def _object_name(text: str) -> str | None:
    found = next((each for each in text if each in _SEPARATORS), None)
    return f"holds {found}, which no name in Nagios or Icinga may" if found else None


def _https(text: str) -> str | None:
    return checks.url(text) or (None if _HTTPS.fullmatch(text) else "is not https://HOST:5665")


def _web(text: str) -> str | None:
    return checks.url(text) or (None if _WEB.fullmatch(text) else "is not http(s)://HOST:9093")
