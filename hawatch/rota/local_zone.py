"""The time zone of this host, with its rules for summer and winter."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOCALTIME = Path("/etc/localtime")


def local_zone(path: Path = LOCALTIME) -> tzinfo:
    """What TZ names, and else what /etc/localtime holds; a fixed offset where neither can be made out."""
    named = os.environ.get("TZ", "").removeprefix(":")
    try:
        if named.startswith("/"):
            path = Path(named)
        elif named:
            return ZoneInfo(named)
        with path.open("rb") as file:
            return ZoneInfo.from_file(file, key=str(path))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC).astimezone().tzinfo or UTC
