"""The notice board: how each service is, in a small file that everybody on the host may read.

keepalived's `vrrp_script` runs as a user who may not speak with the agent, and must have its answer in milliseconds; so
this file imports nothing. The time on it is CLOCK_MONOTONIC, which is the same for every process of the host.
"""

NAME = "services"
STALE_AFTER = 10.0
"""Seconds after which nothing on the board counts any more; the agent writes it every second."""
_HEAD = "hawatch-services 1"
_STATES = ("up", "down", "unknown")


def written(at: float, services: "dict[str, str]") -> str:
    """The board's text: what is known at `at` (monotonic seconds), by the names of the services."""
    lines = [f"{state} {name}" for name, state in services.items()]
    return "\n".join([_HEAD, f"at {at:.3f}", *lines]) + "\n"


def verdict(text: str, name: str, now: float) -> "tuple[bool | None, str]":
    """Whether a service works, by the board's text, and why that is not known where it is not (None)."""
    lines = text.split("\n")
    if len(lines) < 3 or lines[0] != _HEAD or lines[-1] or not lines[1].startswith("at "):
        return None, "the board is of another version, or was cut off"
    try:
        age = now - float(lines[1][3:])
    except ValueError:
        return None, "the board is of another version, or was cut off"
    if not -1.0 <= age <= STALE_AFTER:
        return None, f"the agent last wrote {age:.0f} s ago"
    for line in lines[2:]:
        state, _, of = line.partition(" ")
        if of == name and state in _STATES:
            known = {"up": True, "down": False}.get(state)
            return known, f"{name} is {state}" if known is not None else f"{name} is not judged yet"
    return None, f"no [[service]] is called {name}"
