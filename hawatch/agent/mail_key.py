"""The key of the tokens in mail: the peer key, so that both nodes take each other's, or one that this node makes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from hawatch.errors import HawatchError

NAME = "mail.key"
_BYTES = 32


class MailKeyError(HawatchError):
    """The node's own key can be neither read nor made; one line that names its file."""


def mail_key(peer_key: bytes | None, state_directory: Path | None) -> bytes:
    """The key; without a state directory, one for this run alone. MailKeyError."""
    if peer_key:
        return peer_key
    if state_directory is None:
        return secrets.token_bytes(_BYTES)
    path = state_directory / NAME
    try:
        return _read(path) or _made(path)
    except OSError as error:
        raise MailKeyError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _read(path: Path) -> bytes | None:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) < _BYTES:
        raise MailKeyError(f"{path}: is too short for a key; remove it, and another is made")
    return key


def _made(path: Path) -> bytes:
    """A new one, whole on disk before anything is signed with it."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return key
