"""All the ways to the peers: those of the configuration, and those of peers that found us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.observers.peer_link.endpoint import Arrival, Endpoint
from hawatch.observers.peer_link.path import Path
from hawatch.targets import LinkTarget

LEARNED_FOR = 300.0
"""Seconds of silence after which a peer that is in no configuration is no longer spoken to."""
_MOST_LEARNED = 32


class Paths:
    """Finds the path that a datagram came by. Those of `cables` have no address: none is found by it."""

    def __init__(self, links: Sequence[LinkTarget], witnesses: Sequence[LinkTarget] = ()) -> None:
        self.configured = [
            Path(
                peer=each.peer,
                link=each.link,
                remote=each.remote,
                local=each.local,
                is_witness=each in witnesses,
            )
            for each in (*links, *witnesses)
        ]
        self.learned: list[Path] = []
        self.cables: list[Path] = []

    def __iter__(self) -> Iterator[Path]:
        return iter([*self.configured, *self.learned, *self.cables])

    def is_heard_beside(self, path: Path, now: float, within: float) -> bool:
        """Whether the peer of this path was heard on another one in the last so many seconds."""
        names = {path.peer, path.node} - {None}
        return any(
            each.heard_at is not None and now - each.heard_at <= within
            for each in self
            if each is not path and not each.is_witness and not names.isdisjoint({each.peer, each.node})
        )

    def by_source(self, endpoint: Endpoint, src: str) -> Path | None:
        """The path whose other end is this address, best on the socket that it arrived at."""
        there = [path for path in self if path.host == src]
        return next((path for path in there if path.endpoint is endpoint), there[0] if there else None)

    def find(self, endpoint: Endpoint, src: str, node: str) -> Path | None:
        """The path by its source, else (a peer that speaks from another of its addresses) by the peer's name."""
        named = (path for path in self if path.endpoint is endpoint and path.peer == node)
        return self.by_source(endpoint, src) or next(named, None)

    def learn(self, endpoint: Endpoint, arrival: Arrival, node: str) -> Path | None:
        """A path to a peer that found us, named after its address; None when there are too many already."""
        if len(self.learned) >= _MOST_LEARNED:
            return None
        path = Path(
            peer=node, link=arrival.src, remote=arrival.src, endpoint=endpoint, address=arrival.address
        )
        self.learned.append(path)
        return path

    def forget_silent(self, now: float) -> None:
        """Give up learned paths that have been silent for long."""
        for path in [each for each in self.learned if now - (each.heard_at or now) > LEARNED_FOR]:
            path.stop_asking()
            self.learned.remove(path)
