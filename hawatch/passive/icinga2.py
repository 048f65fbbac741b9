"""Icinga 2's API: the action process-check-result, over TLS alone.

Host and service travel as variables of the filter, never inside its text.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawatch.config import Passive
from hawatch.errors import DeliveryError
from hawatch.passive.aside import Aside
from hawatch.passive.result import PassiveResult

if TYPE_CHECKING:
    from requests import Response

PATIENCE = 5.0
MOST_ANSWER = 1 << 16
_OK = 200
_NOT_WITHOUT_A_CHANGE = frozenset({400, 401, 403, 404})
_FILTER = "host.name == hawatch_host && service.name == hawatch_service"
_LONGEST = 200
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class Icinga2:
    """Pushes to one Icinga 2; the password is read anew for each result, and stands in no error."""

    def __init__(self, target: Passive) -> None:
        self._target = target
        self._url = target.way.rstrip("/")
        # The time-outs of requests are those of single waits; the whole has this one.
        self._aside = Aside(self._url, PATIENCE)

    async def deliver(self, result: PassiveResult) -> None:
        """Hand over one result. DeliveryError."""
        await self._aside.do(lambda: self._post(result))

    def _post(self, result: PassiveResult) -> None:
        import requests

        secret = base64.b64encode(self._target.user.encode() + b":" + self._password()).decode()
        with requests.Session() as session:
            session.trust_env = False  # no proxies, and no passwords from somebody's netrc
            try:
                with session.post(
                    f"{self._url}/v1/actions/process-check-result",
                    data=json.dumps(body(result)).encode(),
                    headers={**_HEADERS, "Authorization": f"Basic {secret}"},
                    verify=self._target.ca_file or True,
                    timeout=(PATIENCE, PATIENCE),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    self._judge(answer, result)
            except requests.exceptions.SSLError as error:
                raise self._error(f"no secure connection: {_root_cause(error)}", temporary=True) from None
            except requests.exceptions.Timeout:
                raise self._error(f"no answer in {PATIENCE:g} s", temporary=True) from None
            except (requests.exceptions.RequestException, OSError) as error:
                raise self._error(_root_cause(error), temporary=True) from None

    def _password(self) -> bytes:
        path = self._target.password_file or ""
        try:
            return Path(path).read_bytes().partition(b"\n")[0].rstrip(b"\r")
        except OSError as error:
            raise DeliveryError(f"{path}: {(error.strerror or str(error)).lower()}", temporary=True) from None

    def _judge(self, answer: Response, result: PassiveResult) -> None:
        status, said = answer.status_code, _json(answer.raw.read(MOST_ANSWER, decode_content=True))
        found = said.get("results")
        single = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
        codes = [_code(each.get("code")) for each in single]
        if status == _OK and codes and all(code == _OK for code in codes):
            return
        refused = [each for each, code in zip(single, codes, strict=True) if code != _OK]
        words = str((refused[0] if refused else said).get("status") or answer.reason or "")
        if isinstance(found, list) and not single:
            status = 404  # icinga2 2.13 says 500 where the filter finds nothing
        elif status == _OK:
            status = _code(refused[0].get("code")) if refused else 0
        raise self._error(self._told(status, words, result), temporary=status not in _NOT_WITHOUT_A_CHANGE)

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
        plain = " ".join("".join(each if each.isprintable() else " " for each in words).split())
        said = f"{status}, {plain[:_LONGEST]}" if plain else str(status)
        return said if status else "its answer is none of Icinga 2's"

    def _error(self, problem: str, *, temporary: bool) -> DeliveryError:
        return DeliveryError(f"{self._url}: {problem}", temporary=temporary)


def body(result: PassiveResult) -> dict[str, Any]:
    """The request, to be sent as JSON."""
    return {
        "type": "Service",
        "filter": _FILTER,
        "filter_vars": {"hawatch_host": result.host, "hawatch_service": result.service},
        "exit_status": result.code,
        "plugin_output": "\n".join([result.output, *result.details]),
        "performance_data": list(result.perfdata),
        "check_source": result.source,
        "ttl": math.ceil(result.ttl),
    }


def _json(content: bytes) -> dict[str, Any]:
    """An object, whatever the server says."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _code(value: object) -> int:
    """Icinga says 200.0."""
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else 0


def _root_cause(error: BaseException) -> str:
    """The innermost reason, in one line: the outer ones repeat the whole request."""
    cause: BaseException = error
    while True:
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        inner = inner if isinstance(inner, BaseException) else cause.__context__
        if not isinstance(inner, BaseException):
            break
        cause = inner
    words = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None) or str(cause)
    return " ".join(str(words).split())[:_LONGEST] or type(cause).__name__
