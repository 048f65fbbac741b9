"""What kind of device a name stands for, as far as packet filters care."""

from __future__ import annotations

from pathlib import Path

NETWORK = Path("/sys/class/net")
_DEVTYPE = "DEVTYPE="


def link_kind(interface: str, network: Path = NETWORK) -> str | None:
    """The DEVTYPE of a device (bridge, vlan, bond, …; empty for those without one), None when it cannot be read."""
    try:
        lines = (network / interface / "uevent").read_text().splitlines()
    except (OSError, ValueError):
        return None
    return next((line.removeprefix(_DEVTYPE) for line in lines if line.startswith(_DEVTYPE)), "")
