"""pyroute2's decoding of rtnetlink: of links and addresses, without the rest of what it can."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from hawatch.observers.vip.netlink import EVENTS, RTM_DELADDR, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK, Message
from hawatch.partly import partly

with partly("pyroute2"):
    from pyroute2.netlink.marshal import Marshal
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg


class LinksAndAddresses(Marshal):  # type: ignore[misc]  # pyroute2 has no types
    """Decodes those; of every other message no more than its header."""

    msg_map = {  # noqa: RUF012  as pyroute2 has it
        RTM_NEWLINK: ifinfmsg,
        RTM_DELLINK: ifinfmsg,
        RTM_NEWADDR: ifaddrmsg,
        RTM_DELADDR: ifaddrmsg,
    }

    def fix_message(self, msg: Message) -> None:
        """Name what it is (pyroute2 calls this)."""
        msg["event"] = EVENTS.get(msg["header"]["type"], "")

    def read(self, data: bytes) -> Iterator[Message]:
        """The messages of one datagram. OSError for an error that the kernel answers with."""
        for message in self.parse(data):
            error = message["header"]["error"]
            if error is not None:
                raise OSError(getattr(error, "code", None) or error.errno or errno.EIO, str(error))
            yield message
