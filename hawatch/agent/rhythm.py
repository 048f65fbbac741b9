"""An agent's common moments follow the advertisements: they wake it anyhow, and both nodes at the same time."""

from __future__ import annotations

from hawatch.moments import follow
from hawatch.snapshot import Snapshot


def follow_advertisements(snapshot: Snapshot) -> None:
    """Let the moments lie closely after those of the first virtual router that is advertised."""
    for router in snapshot.routers:
        heard = [each.last_at for each in router.advertisers if each.last_at is not None]
        if heard:
            follow(max(heard))
            return
