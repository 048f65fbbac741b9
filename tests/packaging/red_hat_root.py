"""A layered root as a host of the RHEL 9 family, as far as an RPM can tell.

What that has and Debian has not (systemd's own script for packages) is played by one that notes how it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.packaging.layered_root import LayeredRoot, layered_root

HELPER = "/usr/lib/systemd/systemd-update-helper"
CALLS = "/var/log/systemd-update-helper"


class RedHatRoot(LayeredRoot):
    """The root, with rpm in it."""

    __slots__ = ()

    def rpm(self, *arguments: str) -> str:
        """`rpm ARGUMENTS`; what it printed. The distribution's own packages are not in this data base."""
        own = ("--dbpath", "/var/lib/rpm", "--force-debian", "--nodeps")
        ended = self.run("rpm", *(own if arguments[0] != "--query" else own[:2]), *arguments)
        return ended.stdout + ended.stderr

    def calls(self) -> list[str]:
        """What systemd's script was called with since the last look."""
        path = self.at(CALLS)
        calls = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return calls


@contextmanager
def red_hat_root() -> Iterator[RedHatRoot]:
    """A fresh one, without hawatch."""
    with layered_root() as layered:
        root = RedHatRoot(layered.pid)
        root.run("sh", "-c", f"cat >{HELPER}; chmod 755 {HELPER}", stdin=f'#!/bin/sh\necho "$*" >>{CALLS}\n')
        yield root
