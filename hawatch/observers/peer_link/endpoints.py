"""The sockets of the peer link: one for each local end and family."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from hawatch.observers.peer_link.endpoint import Arrival, Clock, Endpoint, Vips, is_address
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
        vips: Vips = frozenset,
    ) -> None:
        ends = {each.local for each in links}
        self._shares_port = len(ends) > 1 and any(end is None or not is_address(end) for end in ends)
        self._port = port
        self._clock = clock
        self._receive = receive
        self._vips = vips
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
                vips=self._vips,
            )
        return self._endpoints[key]

    def open_everywhere(self) -> str | None:
        """Listen at every address of both families; the problem if neither can be had."""
        problems = []
        for family in (socket.AF_INET, socket.AF_INET6):
            endpoint = self.at(None, family)
            try:
                endpoint.open()
            except OSError as error:
                problems.append(endpoint.problem(error, ""))
        return problems[0] if len(problems) == 2 else None

    def close(self) -> None:
        """Listen no longer on any of them."""
        for endpoint in self._endpoints.values():
            endpoint.close()
