"""How a service is guarded: what is tried when it fails, and how its VIP is given up then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGuard:
    """`restart` and `give_up` are actions of root's actions.toml; without `give_up` the VIP stays whatever happens.

    A service that has failed for `patience` is restarted, up to `attempts` times, with a pause of `backoff` after the
    first and twice the one before after each other. `instances` are the virtual routers that go with the VIP, all of
    this node if there are none. Given up it is taken back after the service has worked for `hold` without a break;
    the attempts begin anew after as long. It is given up `per_hour` times in an hour at the most. Times in seconds.
    """

    restart: str
    attempts: int = 3
    patience: float = 5.0
    backoff: float = 10.0
    give_up: str | None = None
    instances: tuple[str, ...] = ()
    hold: float = 300.0
    per_hour: int = 2
