"""The secrets of a provider: read from their files when they are used, and never shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hawatch.errors import HawatchError

HIDDEN = "***"
_MOST = 4096
_SHORTEST_TO_HIDE = 4


class SecretError(HawatchError):
    """A secret's file cannot be used; one line that names the file."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Values by name."""

    values: dict[str, str]

    def places(self) -> dict[str, str]:
        """As the places of a template name them."""
        return {f"secret.{name}": value for name, value in self.values.items()}

    def hidden_in(self, text: str) -> str:
        """A text without any of them: a server may say back what it was told."""
        for value in sorted(self.values.values(), key=len, reverse=True):
            if len(value) >= _SHORTEST_TO_HIDE:
                text = text.replace(value, HIDDEN)
        return text


def read_secrets(files: Iterable[tuple[str, str]]) -> Secrets:
    """All of them, as their files have them now. SecretError."""
    return Secrets({name: read_secret(path) for name, path in files})


def read_secret(path: str) -> str:
    """The first line of a file. SecretError."""
    try:
        with Path(path).open("rb") as file:
            line = file.read(_MOST).partition(b"\n")[0].decode("utf-8").strip()
    except OSError as error:
        raise SecretError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise SecretError(f"{path}: is not UTF-8") from None
    if not line or not line.isprintable():
        raise SecretError(f"{path}: its first line is no secret")
    return line
