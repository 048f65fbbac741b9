"""One request to an API over HTTP, and its troubles in one line; no proxies, no redirections, no netrc."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawatch.errors import DeliveryError, innermost

MOST_ANSWER = 1 << 16
OK = 200
_LONGEST = 200
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    reason: str
    content: bytes

    def json(self) -> Any:
        """The value in it, None where there is none, whatever the server says."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A server: `place` is named in every error, `patience` is in seconds, `ca_file` None means those that are known.

    `most` bytes of an answer are read; a longer one that brings what was asked for is an error.
    """

    place: str
    patience: float
    ca_file: str | None = None
    most: int = MOST_ANSWER

    def ask(
        self, method: str, url: str, body: Any = None, *, headers: Mapping[str, str | bytes] | None = None
    ) -> Answer:
        """Send one request, with a body as JSON; blocks. DeliveryError when there is no answer."""
        import requests

        with requests.Session() as session:
            session.trust_env = False  # no proxies, and no passwords from somebody's netrc
            try:
                with session.request(
                    method,
                    url,
                    data=None if body is None else json.dumps(body).encode(),
                    headers={**_HEADERS, **(headers or {})},
                    verify=self.ca_file or True,
                    timeout=(self.patience, self.patience),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    content = answer.raw.read(self.most + 1, decode_content=True)
                    if len(content) > self.most and answer.status_code == OK:
                        raise self.error(f"its answer is longer than {self.most} bytes", temporary=True)
                    return Answer(status=answer.status_code, reason=answer.reason or "", content=content)
            except requests.exceptions.SSLError as error:
                raise self.error(f"no secure connection: {_root_cause(error)}", temporary=True) from None
            except requests.exceptions.Timeout:
                raise self.error(f"no answer in {self.patience:g} s", temporary=True) from None
            except (requests.exceptions.RequestException, OSError) as error:
                raise self.error(_root_cause(error), temporary=True) from None

    def error(self, problem: str, *, temporary: bool) -> DeliveryError:
        """What is the matter, to be raised."""
        return DeliveryError(f"{self.place}: {problem}", temporary=temporary)


def first_line_of(path: str) -> bytes:
    """A password or token, as its file has it now. DeliveryError without a word of it."""
    try:
        return Path(path).read_bytes().partition(b"\n")[0].rstrip(b"\r")
    except OSError as error:
        raise DeliveryError(f"{path}: {(error.strerror or str(error)).lower()}", temporary=True) from None


def in_one_line(words: object) -> str:
    """What a server says of itself, short and without control characters."""
    text = "".join(each if each.isprintable() else " " for each in str(words))
    return " ".join(text.split())[:_LONGEST]


def _root_cause(error: BaseException) -> str:
    """The innermost reason, in one line."""
    cause = innermost(error)
    words = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None) or str(cause)
    return " ".join(str(words).split())[:_LONGEST] or type(cause).__name__
