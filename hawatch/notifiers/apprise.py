"""Chat and push services by apprise: whatever of them a file of URLs names, one way.

Checked against apprise 2.3: `notify` says of each service whether it took the message, and nothing else. Services that
took it are not told again when others are tried once more. What apprise logs may have URLs in it, which are secrets:
none of it is passed on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing

if TYPE_CHECKING:
    from apprise import NotifyBase

EVERY_SERVICE = "all"
"""The `to` of a way to every URL of the file, whatever its tags."""
LONGEST_TITLE = 120
_REMEMBERED = 200


def check_installed(channels: Iterable[Channel]) -> None:
    """ConfigError when one of these channels needs apprise, and it is not there."""
    wanting = next((each.name for each in channels if each.kind is ChannelKind.APPRISE), None)
    if wanting is not None and find_spec("apprise") is None:
        raise ConfigError(f"channel {wanting}", "apprise is not installed (pip install hawatch[push])")


class AppriseNotifier:
    """Tells every service that a person's tag names. ConfigError without apprise, or without a file."""

    def __init__(self, channel: Channel) -> None:
        check_installed([channel])
        if channel.urls_file is None:
            raise ConfigError(f"channel {channel.name}", "a urls_file is missing")
        self._path = Path(channel.urls_file)
        self._timeout = channel.timeout
        self._told: OrderedDict[str, set[str]] = OrderedDict()
        self._under_way: set[str] = set()

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Tell them all. DeliveryError for now, with the names of the services that did not take it."""
        if outgoing.id in self._under_way:
            raise DeliveryError(f"{self._path}: an attempt before is still under way", temporary=True)
        try:
            async with asyncio.timeout(self._timeout):
                missing = await asyncio.to_thread(self._tell, outgoing)
        except TimeoutError:
            raise DeliveryError(f"{self._path}: not done in {self._timeout:g} s", temporary=True) from None
        if missing:
            raise DeliveryError(f"not taken by {', '.join(sorted(missing))}", temporary=True)
        return Delivery.SENT

    def _tell(self, outgoing: Outgoing) -> list[str]:
        """The names of the services that did not take it. In a thread: everything here blocks."""
        self._under_way.add(outgoing.id)
        try:
            told = self._told.setdefault(outgoing.id, set())
            while len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
            title, body = split(outgoing)
            missing = []
            for place, service in enumerate(self._services(outgoing.to)):
                name = f"{place} {_mark(service)}"
                if name not in told:
                    if _takes(service, title, body):
                        told.add(name)
                    else:
                        missing.append(str(service.service_name))
            return missing
        finally:
            self._under_way.discard(outgoing.id)

    def _services(self, tag: str) -> list[NotifyBase]:
        """Those of the file that have the tag. The file is read anew for each message."""
        from apprise import Apprise, AppriseConfig

        _hush()
        try:
            text = self._path.read_bytes().decode()
        except UnicodeDecodeError:
            raise DeliveryError(f"{self._path}: is not UTF-8", temporary=True) from None
        except OSError as error:
            raise DeliveryError(
                f"{self._path}: {(error.strerror or str(error)).lower()}", temporary=True
            ) from None
        config = AppriseConfig(recursion=0, insecure_includes=False)
        known = Apprise()
        if config.add_config(text, format="text"):
            known.add(config)
        found: list[Any] = list(known.find(tag))
        if not found:
            raise DeliveryError(f"{self._path}: no usable URL has the tag {tag!r}", temporary=True)
        return found


def split(outgoing: Outgoing) -> tuple[str, str]:
    """Title and body: the first line of what happened, and below it all of it, with where an answer is taken."""
    title = outgoing.text.strip().partition("\n")[0]
    end = title.find(". ")
    title = title if end < 0 else title[:end]
    title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
    return title, "\n\n".join(part for part in (outgoing.text, outgoing.hint, outgoing.details) if part)


def _mark(service: Any) -> str:
    """A hash of its URL, by which it is known again when the file is read anew."""
    return str(service.url_id())


def _takes(service: NotifyBase, title: str, body: str) -> bool:
    """Whether a service took it; what its plugin raises is no reason to leave out the next one."""
    from apprise import NotifyFormat, NotifyType

    try:
        return bool(
            service.notify(
                body=body, title=title, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT
            )
        )
    except Exception:  # noqa: BLE001  a hundred plugins, written by others
        return False


def _hush() -> None:
    """Keep apprise's words, which may hold URLs, out of our log."""
    logging.getLogger("apprise").disabled = True
