"""Monitoring tools in which an acknowledgement made here is shown, and in which it may be made, too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MonitorKind(StrEnum):
    """Which tool it is."""

    NAGIOS = "nagios"
    ICINGA2 = "icinga2"
    ALERTMANAGER = "alertmanager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One tool: exactly one of `command_file` (Nagios on this host), `icinga2` and `alertmanager` (URLs) is set.

    `status_file` is Nagios's status.dat; without it what Nagios shows is not seen. `host` None: the pair's name; host
    and service are those of Nagios and Icinga 2. `matchers` (name, value) narrow silences down to the pair's alerts;
    none: `pair` with the pair's name. `password_file` goes with `user`, `bearer_file` holds a token instead.
    """

    name: str
    command_file: str | None = None
    status_file: str | None = None
    icinga2: str | None = None
    alertmanager: str | None = None
    host: str | None = None
    service: str = "hawatch"
    matchers: tuple[tuple[str, str], ...] = ()
    user: str = "hawatch"
    password_file: str | None = None
    bearer_file: str | None = None
    ca_file: str | None = None

    @property
    def kind(self) -> MonitorKind:
        """By the key that says where it is."""
        if self.command_file is not None:
            return MonitorKind.NAGIOS
        return MonitorKind.ICINGA2 if self.icinga2 is not None else MonitorKind.ALERTMANAGER

    @property
    def way(self) -> str:
        """What leads to it: a path, or a URL."""
        return self.command_file or self.icinga2 or self.alertmanager or ""
