"""keepalived's version, and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hawatch.doctor.case import Case
from hawatch.doctor.known_traps import TRAPS, Version
from hawatch.doctor.line import Line, fine, unknown, warning

NAME = "keepalived_version"
OLDEST_KNOWN: Version = (2, 0, 0)
_TOLD = re.compile(r"^Keepalived v(\d{1,4})\.(\d{1,4})\.(\d{1,4})", re.MULTILINE)
_UPGRADE = "apt-get install --yes --only-upgrade keepalived || dnf upgrade --assumeyes keepalived"


def examine(case: Case) -> Iterator[Line]:
    """One line, with the traps that this configuration can fall into."""
    try:
        ran = case.host.run(("keepalived", "--version"))
    except OSError as error:
        yield unknown(NAME, f"keepalived --version: {error.strerror or error}; is it installed on this host?")
        return
    version = read_version(ran.errors + ran.output)
    if version is None:
        yield unknown(NAME, "keepalived --version says nothing that is understood")
        return
    yield _judge(case, version)


def read_version(text: str) -> Version | None:
    """The version in what `keepalived --version` says; None when there is none."""
    told = _TOLD.search(text)
    return None if told is None else (int(told[1]), int(told[2]), int(told[3]))


def _judge(case: Case, version: Version) -> Line:
    shown = ".".join(map(str, version))
    config = case.keepalived
    traps = [trap for trap in TRAPS if trap.concerns(version) and (config is None or trap.meets(config))]
    known = f"; of it is known: {'; '.join(trap.sentence for trap in traps)}" if traps else ""
    if version < OLDEST_KNOWN:
        return warning(
            NAME, f"keepalived {shown} is older than any that hawatch was tried with{known}", _UPGRADE
        )
    if any(trap.harmful for trap in traps):
        return warning(NAME, f"keepalived {shown}{known}", _UPGRADE)
    return fine(NAME, f"keepalived {shown}{known}")
