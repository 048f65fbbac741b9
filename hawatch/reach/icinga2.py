"""Icinga 2's API, over TLS alone: a request, and what it says of each object that was meant.

Host and service travel as variables of a filter, never inside its text.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hawatch.reach.web import OK, Answer, Api, first_line_of, in_one_line

NOT_FOUND = 404
NOT_WITHOUT_A_CHANGE = frozenset({400, 401, 403, 404})
"""Statuses after which the same request will not be taken either, unless somebody changes something."""
_NO_STATUS = 1000
FILTER = "host.name == hawatch_host && service.name == hawatch_service"


def filter_vars(host: str, service: str) -> dict[str, str]:
    """The variables of FILTER."""
    return {"hawatch_host": host, "hawatch_service": service}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The outcome: `status` is 200 when all is done, else that of the first refusal, 0 when it was none of Icinga 2's.

    `words` are those of the refusal, `results` the objects of the answer.
    """

    status: int
    words: str
    results: tuple[Mapping[str, Any], ...] = ()


class IcingaApi:
    """One API, as one user; the password is read anew for each request, and stands in no error."""

    def __init__(
        self, url: str, *, user: str, password_file: str, ca_file: str | None, patience: float
    ) -> None:
        self._url = url.rstrip("/")
        self._user = user
        self._password_file = password_file
        self.api = Api(place=self._url, patience=patience, ca_file=ca_file)

    def act(self, action: str, body: Mapping[str, Any]) -> Said:
        """Have an action done; blocks. DeliveryError when there is no answer."""
        return said(self._send(f"/v1/actions/{action}", body, {}))

    def query(self, kind: str, body: Mapping[str, Any]) -> Said:
        """Look at objects of a kind (`services`, `comments`); none is no refusal. Blocks. DeliveryError.

        icinga2 2.13 says 404 to a user who may not do that.
        """
        # As a POST, since the filter has variables, for which a URL has no place.
        answer = self._send(f"/v1/objects/{kind}", body, {"X-HTTP-Method-Override": "GET"})
        found = _results(answer)
        if answer.status == OK and found is not None:
            return Said(status=OK, words="", results=tuple(found))
        return said(answer)

    def _send(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        secret = base64.b64encode(self._user.encode() + b":" + first_line_of(self._password_file)).decode()
        return self.api.ask(
            "POST", f"{self._url}{path}", body, headers={"Authorization": f"Basic {secret}", **headers}
        )


def said(answer: Answer) -> Said:
    """What an answer comes to."""
    found = _results(answer)
    single = found or []
    codes = [_code(each.get("code")) for each in single]
    if answer.status == OK and codes and all(code == OK for code in codes):
        return Said(status=OK, words="", results=tuple(single))
    refused = [each for each, code in zip(single, codes, strict=True) if code != OK]
    words = (refused[0] if refused else _object(answer)).get("status") or answer.reason or ""
    status = answer.status
    if found == []:
        status = NOT_FOUND  # icinga2 2.13 says 500 where an action's filter finds nothing
    elif status == OK:
        status = _code(refused[0].get("code")) if refused else 0
    return Said(status=status, words=in_one_line(words))


def _object(answer: Answer) -> dict[str, Any]:
    plain = answer.json()
    return plain if isinstance(plain, dict) else {}


def _results(answer: Answer) -> list[Mapping[str, Any]] | None:
    found = _object(answer).get("results")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else None


def _code(value: object) -> int:
    """Icinga says 200.0."""
    return int(value) if isinstance(value, int | float) and 0 <= value < _NO_STATUS else 0
