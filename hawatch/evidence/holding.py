"""Who holds an address: this host's own interfaces, and who answers a probe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VipHeld:
    """Whether this node's kernel has the address; tentative, dadfailed and deprecated-by-DAD addresses are not held."""

    at: float
    address: str
    held: bool | None
    interface: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceState:
    """A network device that matters: `carrier` None means that the device is not there or could not be read."""

    at: float
    interface: str
    carrier: bool | None
    mac: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """One host's answers within a probe round."""

    mac: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRound:
    """One question "who has this VIP?" and everything that answered within its window, asked at `asked_at`.

    `sent` False or None: it could not be asked, and nothing follows. `control_address` is a peer's own address,
    asked after in the same round; more than one answer to it makes the round worthless.
    """

    at: float
    asked_at: float
    vip: str
    interface: str
    sent: bool
    answers: tuple[ProbeAnswer, ...] = ()
    control_address: str | None = None
    control_answers: tuple[ProbeAnswer, ...] = ()
