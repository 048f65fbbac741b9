"""keepalived.conf of a pair with as many virtual routers as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from deploy.lab import InstanceConf, KeepalivedConf


def many_routers(
    vips: Iterable[tuple[str, ...]], priorities: Mapping[str, int], *, version: Literal[2, 3] | None = None
) -> dict[str, KeepalivedConf]:
    """Each node's configuration, by its priority: VI_1 with VRID 1, VI_2 and so on, one for each tuple of VIPs."""
    routers = tuple(enumerate(vips, 1))
    return {
        node: KeepalivedConf(
            instances=tuple(
                InstanceConf(
                    name=f"VI_{number}", vrid=number, priority=priority, version=version, vips=addresses
                )
                for number, addresses in routers
            )
        )
        for node, priority in priorities.items()
    }
