"""One life of the peer link, as it is known on the wire."""

from __future__ import annotations

import hashlib
import secrets


class Run:
    """A boot id that was never used before, and the sequence numbers of the datagrams that go out under it."""

    def __init__(self, boot_id: str) -> None:
        self.boot_id = hashlib.sha256(boot_id.encode() + secrets.token_bytes(16)).digest()[:8].hex()
        self.sequence = 1
        """The number of the next datagram."""

    def sent(self, count: int) -> None:
        """So many datagrams have used theirs."""
        self.sequence += count
