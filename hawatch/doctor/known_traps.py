"""What each version of keepalived is known for, as data: when it began, when it ended, whom it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter

Version = tuple[int, int, int]


def _any(config: KeepalivedConfig, has: Callable[[VirtualRouter], bool]) -> bool:
    return any(has(router) for router in config.virtual_routers)


def everybody(config: KeepalivedConfig) -> bool:
    """Every configuration."""
    del config
    return True


def with_passwords(config: KeepalivedConfig) -> bool:
    """A virtual router with a password."""
    return _any(config, lambda router: router.auth_type != "none")


def with_version_3_unicast(config: KeepalivedConfig) -> bool:
    """A virtual router that speaks VRRPv3 to listed peers."""
    return _any(config, lambda router: router.unicast and router.version == 3)


def with_nopreempt(config: KeepalivedConfig) -> bool:
    """A virtual router that does not take back what it lost."""
    return _any(config, lambda router: router.nopreempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """One of them: from `since` up to, and not including, `until` (None: to this day); `harmful` where it bites."""

    since: Version = (0, 0, 0)
    until: Version | None = None
    meets: Callable[[KeepalivedConfig], bool] = everybody
    sentence: str
    harmful: bool = False

    def concerns(self, version: Version) -> bool:
        """Whether this version has it."""
        return self.since <= version and (self.until is None or version < self.until)


TRAPS = (
    Trap(
        until=(1, 3, 7),
        meets=with_version_3_unicast,
        harmful=True,
        sentence="it sums VRRPv3 unicast as if it went to the group, which later versions refuse at first",
    ),
    Trap(
        until=(2, 3, 3),
        sentence="it discards advertisements whose list of VIPs differs from its own: both become MASTER",
    ),
    Trap(
        since=(2, 3, 3),
        sentence="it takes advertisements whose list of VIPs differs, and logs each kind of error only once",
    ),
    Trap(
        until=(2, 4, 0),
        meets=with_passwords,
        sentence="its dumps hold auth_pass in clear (hawatch-helper takes it out and removes the file)",
    ),
    Trap(
        since=(1, 2, 17),
        sentence="its counter of interval errors stays 0 whatever happens; so do those of the exporters that read it",
    ),
    Trap(
        since=(2, 4, 0),
        sentence="auth_hmac refuses advertisements when the clocks are apart: both become MASTER",
    ),
)
"""From keepalived's history and source; acassen/keepalived has each."""
