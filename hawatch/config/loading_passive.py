"""The tables [[passive]] of hawatch.toml, from text to records."""

from __future__ import annotations

import re

from hawatch.config import checks
from hawatch.config.passive import Passive, PassiveCheck, PassiveOf
from hawatch.config.table import Table

WAYS = ("command_file", "spool", "icinga2")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_URL = re.compile(r"https://[^/?#]+/?")
# They separate fields in Nagios' command file, and host from service in Icinga 2.
_SEPARATORS = ";|!"


def passive(table: Table) -> Passive:
    """One [[passive]]; a key that is of no use to its way is unknown."""
    default = Passive(name="")
    name = table.checked("name", _name)
    written = [each for each in WAYS if table.has(each)]
    if len(written) != 1:
        several = f"both {written[0]} and {written[1]}" if written else f"none of {', '.join(WAYS)}"
        raise table.error("", f"{several}; one says where results go")
    check = table.choice("check", default.check)
    by_icinga2 = "icinga2" in written
    found = Passive(
        name=name,
        command_file=table.optional("command_file", checks.absolute_path),
        spool=table.optional("spool", checks.absolute_path),
        icinga2=table.optional("icinga2", _icinga2),
        user=table.string("user", default.user) if by_icinga2 else default.user,
        password_file=table.checked("password_file", checks.absolute_path) if by_icinga2 else None,
        ca_file=table.optional("ca_file", checks.absolute_path) if by_icinga2 else None,
        host=table.optional("host", _object_name),
        service=table.optional("service", _object_name) or default.service,
        check=check,
        instance=table.checked("instance") if check is PassiveCheck.INSTANCE else None,
        of=table.choice("of", PassiveOf.PAIR),
        every=table.duration("every", default.every, 1),
        moved_within=table.duration("moved_within", default.moved_within),
    )
    table.end()
    return found


def _name(text: str) -> str | None:
    """It is in metrics and in the names of files."""
    return None if _NAME.fullmatch(text) else "is not a name of letters, digits and _.-"


def _object_name(text: str) -> str | None:
    found = next((each for each in text if each in _SEPARATORS), None)
    return f"holds {found}, which no name in Nagios or Icinga may" if found else None


def _icinga2(text: str) -> str | None:
    problem = checks.url(text)
    if problem is None and not _URL.fullmatch(text):
        problem = "is not https://HOST:5665"
    return problem
