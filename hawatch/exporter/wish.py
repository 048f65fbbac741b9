"""What a caller on the Unix socket asks for: a JSON object, read field by field, and who the caller is."""

from __future__ import annotations

import json
import pwd
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from hawatch.errors import HawatchError

UNIX_CALLER = "unix"
"""In place of an address, for a caller on the Unix socket; the port is then the caller's user id."""
LONGEST_NAME = 64
LONGEST_REASON = 200
LONGEST_TEXT = 1000
LONGEST_TIME = 7 * 86400


class WishError(HawatchError):
    """A request that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields of a request; each is read as what it has to be, or a WishError names it."""

    fields: Mapping[str, object]
    login: str | None

    def who(self) -> str:
        """The name that the caller gives, and the login that the kernel knows the caller by."""
        name = self.fields.get("as")
        if name is None:
            if self.login is None:
                raise WishError("as: who is it?")
            return self.login
        name = self._line("as", LONGEST_NAME, "a name")
        return name if self.login in {None, name} else f"{name} ({self.login})"

    def seconds(self) -> float:
        """A time from a second to a week."""
        value = self.fields.get("seconds")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LONGEST_TIME:
            raise WishError("seconds: a time from 1 s to 7 d is wanted")
        return float(value)

    def number(self) -> int:
        """A number of a menu."""
        value = self.fields.get("number")
        if isinstance(value, bool) or not isinstance(value, int):
            raise WishError("number: a number of the menu is wanted")
        return value

    def name(self, field: str) -> str:
        """The name of a person or a thing."""
        return self._line(field, LONGEST_NAME, "a name")

    def reason(self) -> str:
        """Why; it may be left out."""
        value = self.fields.get("reason")
        if value is None or value == "":
            return ""
        return self._line("reason", LONGEST_REASON, "a text")

    def text(self) -> str:
        """What a person wrote, verbatim; half a character (a lone surrogate) could never be stored."""
        value = self.fields.get("text")
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise WishError(f"text: an answer of at most {LONGEST_TEXT} characters is wanted")
        if any("\ud800" <= each <= "\udfff" for each in value):
            raise WishError("text: is not Unicode")
        return value

    def says(self, field: str) -> bool:
        """Whether it is said; what is left out is not."""
        value = self.fields.get(field, False)
        if not isinstance(value, bool):
            raise WishError(f"{field}: true or false is wanted")
        return value

    def _line(self, field: str, longest: int, what: str) -> str:
        value = self.fields.get(field)
        if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > longest:
            raise WishError(f"{field}: not {what} of at most {longest} printable characters")
        return value.strip()


async def wish_of(request: Request) -> Wish:
    """Read a POST; WishError when its body is no JSON object."""
    try:
        fields = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise WishError("the request is no JSON object")
    return Wish(fields=fields, login=_login(request))


def _login(request: Request) -> str | None:
    if request.client is None or request.client.host != UNIX_CALLER:
        return None
    try:
        return pwd.getpwuid(request.client.port).pw_name
    except KeyError:
        return f"uid {request.client.port}"
