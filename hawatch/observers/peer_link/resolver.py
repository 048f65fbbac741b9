"""Host names to addresses, without keeping anybody waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future

from hawatch.observers.peer_link.endpoint import SocketAddress


async def resolve(host: str, port: int) -> SocketAddress:
    """The first address of a host. OSError when it has none.

    The C library may wait many seconds for a name server, hence a thread of its own, for which the agent's end does
    not wait.
    """
    answer: Future[SocketAddress] = Future()
    answer.set_running_or_notify_cancel()
    threading.Thread(target=_ask, args=(answer, host, port), name=f"resolve {host}", daemon=True).start()
    return await asyncio.wrap_future(answer)


def _ask(answer: Future[SocketAddress], host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or "not a host name").lower()
        answer.set_exception(OSError(f"{host}: {reason}"))
    else:
        answer.set_result(found[0][4])
