"""Where a rota's calendar lies: its bytes, if they may have changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from hawatch.errors import ObserverError

if TYPE_CHECKING:
    import requests

LARGEST = 4 << 20  # bytes
PATIENCE = 10.0
"""Seconds in which a server must say something, and in which all of it must be here three times over."""
FETCH_EVERY = 15 * 60.0
_CHUNK = 256  # small, so that a server which trickles is noticed soon


class Clock(Protocol):
    """What a rota needs of a clock; the module hawatch.clock is one."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """Seconds since the epoch."""


class Source(Protocol):
    """One calendar: `label` names it to people."""

    label: str

    def changed(self) -> bytes | None:
        """Its bytes, None if they are those of the last time. Blocks; ObserverError when it cannot be read."""


def source_at(place: str, clock: Clock, *, patience: float = PATIENCE) -> Source:
    """The source for a path or a URL as hawatch.toml has it."""
    if place.startswith("/"):
        return FileSource(Path(place))
    return WebSource(place, clock, patience)


class FileSource:
    """A calendar in a file, read when its inode, size or modification time is another."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> bytes | None:
        """Its bytes, None if they are those of the last time. ObserverError when it cannot be read."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                seen = (status.st_ino, status.st_size, status.st_mtime_ns)
                if seen == self._seen:
                    return None
                text = file.read(LARGEST + 1)
        except OSError as error:
            self._seen = None
            raise ObserverError(error.strerror or str(error)) from None
        if len(text) > LARGEST:
            raise ObserverError(_TOO_LARGE)
        self._seen = seen
        return text


class WebSource:
    """A calendar on the web, fetched every quarter of an hour, and at every look after it failed.

    Only scheme and host are ever shown: the path of a private calendar is its password.
    """

    def __init__(self, url: str, clock: Clock, patience: float) -> None:
        parts = urlsplit(url)
        self.label = f"{parts.scheme}://{parts.netloc}"
        self._url = url
        self._clock = clock
        self._patience = patience
        self._fetched_at: float | None = None

    def changed(self) -> bytes | None:
        """Its bytes, None before it is time to ask again. ObserverError when the server does not give them."""
        now = self._clock.monotonic()
        if self._fetched_at is not None and now - self._fetched_at < FETCH_EVERY:
            return None
        self._fetched_at = None
        text = self._fetch(now + 3 * self._patience)
        self._fetched_at = now
        return text

    def _fetch(self, deadline: float) -> bytes:
        import requests

        # proxies and certificates of the agent's environment count: a calendar may lie outside
        with requests.Session() as session:
            session.max_redirects = 5
            headers = {"Accept": "text/calendar", "Accept-Encoding": "identity"}
            try:
                with session.get(self._url, headers=headers, timeout=self._patience, stream=True) as response:
                    if response.status_code != requests.codes.ok:
                        raise ObserverError(f"{response.status_code} {response.reason}")
                    return self._body(response, deadline)
            except requests.exceptions.Timeout:
                raise ObserverError(f"no answer in {self._patience:g} s") from None
            except requests.exceptions.SSLError:
                raise ObserverError("no secure connection") from None
            except requests.exceptions.ConnectionError as error:
                timed_out = "Read timed out" in str(error)  # requests calls it so within the body
                said = f"no answer in {self._patience:g} s" if timed_out else "no connection"
                raise ObserverError(said) from None
            except (requests.exceptions.RequestException, ValueError) as error:
                raise ObserverError(f"no proper answer ({type(error).__name__})") from None

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        text = bytearray()
        for chunk in response.iter_content(_CHUNK):
            text += chunk
            if len(text) > LARGEST:
                raise ObserverError(_TOO_LARGE)
            if self._clock.monotonic() > deadline:
                raise ObserverError("takes too long to come")
        return bytes(text)


_TOO_LARGE = f"is larger than {LARGEST >> 20} MiB"
