"""Icinga 2's API: the action process-check-result."""

from __future__ import annotations

import math
from typing import Any

from hawatch.config import Passive
from hawatch.passive.result import PassiveResult
from hawatch.reach.aside import Aside
from hawatch.reach.icinga2 import FILTER, NOT_WITHOUT_A_CHANGE, IcingaApi, filter_vars
from hawatch.reach.web import OK

PATIENCE = 5.0


class Icinga2:
    """Pushes to one Icinga 2; the password is read anew for each result, and stands in no error."""

    def __init__(self, target: Passive) -> None:
        self._target = target
        self._icinga = IcingaApi(
            target.way,
            user=target.user,
            password_file=target.password_file or "",
            ca_file=target.ca_file,
            patience=PATIENCE,
        )
        # The time-outs of requests are those of single waits; the whole has this one.
        self._aside = Aside(target.way.rstrip("/"), PATIENCE)

    async def deliver(self, result: PassiveResult) -> None:
        """Hand over one result. DeliveryError."""
        await self._aside.do(lambda: self._post(result))

    def _post(self, result: PassiveResult) -> None:
        said = self._icinga.act("process-check-result", body(result))
        if said.status != OK:
            raise self._icinga.api.error(
                self._told(said.status, said.words, result),
                temporary=said.status not in NOT_WITHOUT_A_CHANGE,
            )

    def _told(self, status: int, words: str, result: PassiveResult) -> str:
        match status:
            case 401:
                return f"401, it does not know the user {self._target.user} with this password"
            case 403:
                return f"403, the user {self._target.user} may not do actions/process-check-result"
            case 404:
                return (
                    f"404, it has no service {result.service} on a host {result.host} for {self._target.user}"
                )
            case 503:
                return "503, it is reloading"
        said = f"{status}, {words}" if words else str(status)
        return said if status else "its answer is none of Icinga 2's"


def body(result: PassiveResult) -> dict[str, Any]:
    """The request, to be sent as JSON."""
    return {
        "type": "Service",
        "filter": FILTER,
        "filter_vars": filter_vars(result.host, result.service),
        "exit_status": result.code,
        "plugin_output": "\n".join([result.output, *result.details]),
        "performance_data": list(result.perfdata),
        "check_source": result.source,
        "ttl": math.ceil(result.ttl),
    }
