"""The sockets of the peer link: one for each local end and family."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from hawatch.observers.peer_link.endpoint import Arrival, Clock, Endpoint, is_address
from hawatch.targets import LinkTarget


class Endpoints:
    """Makes them when they are first asked for; all have the same port and the same receiver."""

    def __init__(
        self,
        links: Sequence[LinkTarget],
        *,
        port: int,
        clock: Clock,
        receive: Callable[[Endpoint, Arrival], None],
    ) -> None:
        ends = {each.local for each in links}
        self._shares_port = len(ends) > 1 and any(end is None or not is_address(end) for end in ends)
        self._port = port
        self._clock = clock
        self._receive = receive
        self._endpoints: dict[tuple[str | None, int], Endpoint] = {}

    def at(self, local: str | None, family: socket.AddressFamily) -> Endpoint:
        """The socket at a local address or interface, or (None) at every address of the family."""
        key = (local, int(family))
        if key not in self._endpoints:
            self._endpoints[key] = Endpoint(
                local=local,
                family=family,
                port=self._port,
                shares_port=self._shares_port,
                clock=self._clock,
                receive=self._receive,
            )
        return self._endpoints[key]

    def close(self) -> None:
        """Listen no longer on any of them."""
        for endpoint in self._endpoints.values():
            endpoint.close()
