"""A pair in the lab, and beside it a host called monitor, on which a real monitoring system can run.

    with monitored_pair() as pair:
        server = Prometheus(monitor(pair))
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            server.await_alert("HawatchSplitBrain")
            told("prometheus: firing", seconds=since_split(pair))

From the monitor the agents are at http://lb01:10112 and http://lb02:10112, by name or address. Whatever runs there has
a /run and a /tmp of its own, and the clone read-only at /opt/hawatch.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from deploy.lab import Node, Topology, conf, network
from tests.lab.scene import Scene, scene

LISTENING = '[node]\npair = "web"\n\n[listen]\nhttp = "0.0.0.0:10112"\n'
MONITORED = Topology(hosts=("client", "gateway", "monitor"))
TIMEOUT = 20.0
"""Seconds for one answer; a hang guard."""


def monitored_pair(more_config: str = "", **common: Any) -> AbstractContextManager[Scene]:
    """A scene whose agents answer on the LAN; `more_config` is added to their hawatch.toml, `common` is scene's."""
    common = {"version": 3, "advert_int": 0.3, **common}
    return scene(MONITORED, agent_config=f"{LISTENING}\n{more_config}", **common)


def monitor(pair: Scene) -> Node:
    """The host that the monitoring system runs on."""
    return pair.lab.node("monitor")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP server said."""

    status: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server on a node, as one asks it from inside that node."""

    node: Node
    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    def ask(self, method: str, path: str, body: str | None = None) -> Answer:
        """One request. OSError when nobody answers."""
        sock = network.connect(self.node.pid, "127.0.0.1", self.port, timeout=TIMEOUT)
        if self.tls is not None:
            sock = self.tls.wrap_socket(sock, server_hostname="localhost")
        connection = http.client.HTTPConnection("localhost", self.port, timeout=TIMEOUT)
        connection.sock = sock
        try:
            connection.request(method, path, body, dict(self.headers))
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        except http.client.HTTPException as error:
            raise ConnectionError(f"{path} on port {self.port}: {error!r}") from error
        finally:
            connection.close()


@contextmanager
def split(pair: Scene) -> Iterator[None]:
    """lb02 hears no advertisement, and both nodes hold the VIP; healed at the end."""
    with pair.lab.firewall.drop_vrrp_inbound("lb02"):
        pair.lab.truth.wait_holders(conf.VIP, {"lb01", "lb02"})
        yield
    pair.lab.truth.wait_owner(conf.VIP, "lb01")


def since_split(pair: Scene) -> float:
    """Seconds since the second node took the VIP, by the ground truth."""
    return pair.lab.now() - pair.overlaps()[-1].start


def since_healed(pair: Scene) -> float:
    """Seconds since one of the two let the VIP go, by the ground truth."""
    end = pair.overlaps()[-1].end
    assert end is not None, "both hold it still"
    return pair.lab.now() - end
