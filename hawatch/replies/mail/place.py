"""How far a mailbox has been read, on disk: what was put aside stays so after a restart, and nothing is passed over."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from hawatch.errors import ObserverError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The last UID that was dealt with, in a folder of this UIDVALIDITY."""

    validity: int
    uid: int


class PlaceFile:
    """Keeps a place in a file, or in memory alone if there is no path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: Place | None = None

    def read(self) -> Place | None:
        """The place; None if none is known, or the file makes no sense: then the latest mails are looked at again."""
        if self._known is None and self._path is not None:
            try:
                told = json.loads(self._path.read_bytes())
                self._known = Place(validity=int(told["validity"]), uid=int(told["uid"]))
            except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
                return None
        return self._known

    def write(self, place: Place) -> None:
        """Note the place; the file is whole at any moment. ObserverError when it cannot be written."""
        self._known = place
        if self._path is None:
            return
        draft = self._path.with_suffix(".draft")
        try:
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            with draft.open("w", encoding="ascii") as file:
                json.dump({"validity": place.validity, "uid": place.uid}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            raise ObserverError(f"{self._path}: {(error.strerror or str(error)).lower()}") from None
