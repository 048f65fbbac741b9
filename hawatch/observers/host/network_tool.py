"""Who manages the addresses of this host's devices, as the tools themselves write it under /run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from socket import if_nametoindex

from hawatch.evidence import HostTools

NETWORKD, NETWORK_MANAGER, IFUPDOWN = "systemd-networkd", "NetworkManager", "ifupdown"
LOOK_EVERY = 60.0  # seconds


class NetworkTool:
    """Looks for the tool that manages one of these devices; `root` is where /run and /etc are."""

    def __init__(self, root: Path, devices: Collection[str]) -> None:
        self._root = root
        self._devices = sorted(devices)
        self._due = 0.0
        self._told: HostTools | None = None

    def look(self, now: float) -> Iterator[HostTools]:
        """What has changed since the last look, which is not taken often."""
        if now < self._due:
            return
        self._due = now + LOOK_EVERY
        tool = next((found for device in self._devices if (found := self._tool_of(device))), None)
        if self._told is None or self._told.network != tool:
            self._told = HostTools(at=now, network=tool)
            yield self._told

    def _tool_of(self, device: str) -> str | None:
        with suppress(OSError):
            index = if_nametoindex(device)
            networkd = _values(self._root / "run/systemd/netif/links" / str(index))
            if networkd.get("ADMIN_STATE", "unmanaged") not in {"unmanaged", "linger"}:
                return NETWORKD
            if _values(self._root / "run/NetworkManager/devices" / str(index)).get("managed") == "true":
                return NETWORK_MANAGER
        if device in _values(self._root / "run/network/ifstate"):
            return IFUPDOWN
        return None


def _values(path: Path) -> dict[str, str]:
    """The KEY=value lines of a file; none when it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {key: value for key, mark, value in (line.partition("=") for line in lines) if mark}
