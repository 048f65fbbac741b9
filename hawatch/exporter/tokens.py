"""The file that says who may answer over HTTP: a line NAME:TOKEN for each person, and comments behind #."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hawatch.errors import HawatchError
from hawatch.exporter.wish import LONGEST_NAME

SHORTEST = 16
LONGEST = 256
"""Characters of a token."""
MOST_BYTES = 65536


class TokenFileError(HawatchError):
    """A file of which nobody is believed; one line that names it and never says what stands in it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, and the digest of their token: the token itself is kept nowhere."""

    name: str
    digest: bytes


class TokenFile:
    """The file, read anew for every question: whoever is taken out of it is out at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def holder(self, token: str) -> str | None:
        """Whose token this is; None if it is nobody's, which takes as long. TokenFileError."""
        asked = _digest(token)
        found = None
        for each in self.holders():
            if hmac.compare_digest(each.digest, asked):
                found = each.name
        return found

    def holders(self) -> tuple[Holder, ...]:
        """Everybody who has one. TokenFileError says what is wrong with the file."""
        holders: dict[bytes, Holder] = {}
        for number, line in self._lines():
            holder = self._holder(number, line)
            if holder.digest in holders:
                raise TokenFileError(f"{self.path}:{number}: the token is there twice")
            holders[holder.digest] = holder
        return tuple(holders.values())

    def _lines(self) -> Iterator[tuple[int, str]]:
        try:
            text = self._bytes().decode()
        except UnicodeDecodeError:
            raise TokenFileError(f"{self.path}: is not UTF-8") from None
        except OSError as error:
            raise TokenFileError(f"{self.path}: {(error.strerror or str(error)).lower()}") from None
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, line

    def _bytes(self) -> bytes:
        # Not to wait at a FIFO; and what is looked at is what is read.
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise TokenFileError(f"{self.path}: is no file")
            if mode & 0o007:
                raise TokenFileError(
                    f"{self.path}: everybody on this host can use it (chmod 640 {self.path})"
                )
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise TokenFileError(f"{self.path}: is longer than {MOST_BYTES // 1024} KiB")
        return content

    def _holder(self, number: int, line: str) -> Holder:
        name, colon, token = (part.strip() for part in line.partition(":"))
        problem = None
        if not (name and colon):
            problem = "not NAME:TOKEN"
        elif not name.isprintable() or len(name) > LONGEST_NAME:
            problem = f"a name has at most {LONGEST_NAME} printable characters"
        elif not (token.isascii() and token.isprintable()) or " " in token:
            problem = "a token is made of visible ASCII characters"
        elif len(token) < SHORTEST:
            problem = f"the token is shorter than {SHORTEST} characters"
        elif len(token) > LONGEST:
            problem = f"the token is longer than {LONGEST} characters"
        if problem:
            raise TokenFileError(f"{self.path}:{number}: {problem}")
        return Holder(name, _digest(token))


def _digest(token: str) -> bytes:
    """Of one length, so that comparing tells nothing about the token's."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
