"""As whom a command runs inside a node."""

from __future__ import annotations

import pwd
from dataclasses import dataclass

AGENT_USER = "hawatch"
FALLBACK_USER = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user, and the command prefix that turns root into it."""

    name: str
    uid: int
    gid: int
    prefix: tuple[str, ...] = ()


ROOT = Identity(name="root", uid=0, gid=0)


def agent_identity() -> Identity:
    """The agent's user with CAP_NET_RAW and nothing else, as the systemd unit gives it in production.

    The user is `hawatch`, or `nobody` on a host that has no such user.
    """
    try:
        entry = pwd.getpwnam(AGENT_USER)
    except KeyError:
        entry = pwd.getpwnam(FALLBACK_USER)
    capabilities = "-all,+net_raw"
    prefix = (
        "setpriv",
        f"--reuid={entry.pw_uid}",
        f"--regid={entry.pw_gid}",
        "--clear-groups",
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
        f"--bounding-set={capabilities}",
        "--no-new-privs",
    )
    return Identity(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, prefix=prefix)
