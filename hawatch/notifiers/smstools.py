"""SMS through smsd of smstools3: a message is a file in its outgoing directory.

Checked against smsd 3.1.21: it passes over dot files, keeps our name in every directory, needs the number without +,
and turns a text of `Alphabet: UTF-8` into UCS-2 if the GSM alphabet does not do. It drops characters beyond U+FFFF.
"""

from __future__ import annotations

from pathlib import Path

from hawatch.config.oncall import Channel
from hawatch.errors import DeliveryError
from hawatch.notification.outgoing import FILE_PREFIX, Delivery, Outgoing
from hawatch.notifiers.spool_file import in_thread, number_of, put, spool_of

# In the order in which a message moves through them, so that one on the move is not missed.
_STAGES = ("outgoing", "checked", "sent")
_GIVEN_UP = "failed"
_REASON = "Fail_reason:"


class SmstoolsNotifier:
    """Hands messages to smsd; one that smsd has already is not handed over again. ConfigError without a spool."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._spool = spool_of(channel)

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Hand over one message; its receipts come with the replies. DeliveryError."""
        return await in_thread(self._channel, self._place, outgoing)

    def _place(self, outgoing: Outgoing) -> Delivery:
        number = number_of(outgoing)
        name = FILE_PREFIX + outgoing.id
        if any((self._spool / stage / name).exists() for stage in _STAGES):
            return Delivery.SENT
        if (given_up := self._spool / _GIVEN_UP / name).exists():
            raise DeliveryError(f"smsd gave it up: {_reason(given_up)}", temporary=False)
        header = f"To: {number}\nAlphabet: UTF-8\nReport: yes\n\n"
        put(self._spool / "outgoing", (header + outgoing.text).encode(), name)
        return Delivery.SENT


def _reason(path: Path) -> str:
    header = path.read_bytes().partition(b"\n\n")[0].decode(errors="replace")
    reasons = [line.removeprefix(_REASON).strip() for line in header.split("\n") if line.startswith(_REASON)]
    return reasons[0] if reasons else "it says not why"
