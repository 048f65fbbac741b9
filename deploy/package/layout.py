"""Where a package puts what, in the words of the Filesystem Hierarchy Standard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).parents[2]
OLDEST, NEWEST = (3, 11), (3, 13)
"""The versions of Python that one tree serves: everything in it is source, compiled where it is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A package's places below `root`; `python` is the distribution's interpreter, an absolute path on the host."""

    root: Path
    python: str = "/usr/bin/python3"
    library: str = "/usr/lib/hawatch"
    programs: str = "/usr/bin"
    plugins: str = "/usr/lib/nagios/plugins"
    units: str = "/usr/lib/systemd/system"
    share: str = "/usr/share/hawatch"
    documents: str = "/usr/share/doc/hawatch"
    manual: str = "/usr/share/man"
    configuration: str = "/etc/hawatch"

    def at(self, place: str) -> Path:
        """The place of that path below the root."""
        return self.root / place.lstrip("/")

    @property
    def packages(self) -> str:
        """Where the virtual environment has its modules; the other versions of Python are led there by links."""
        return f"{self.library}/lib/python{OLDEST[0]}.{OLDEST[1]}/site-packages"
