"""hawatch.toml itself, and the peers' key."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown, warning

NAME = "hawatch_toml"


def examine(case: Case) -> Iterator[Line]:
    """One line for the file, one for the key, and one for each instance that it names wrongly."""
    if case.config_problem is not None:
        yield failure(NAME, case.config_problem, f"hawatch check-config {case.config_path or ''}".strip())
        return
    path = case.config_path
    yield fine(NAME, f"{path} can be used" if path else "there is none; every default holds")
    known = {router.instance for router in case.routers}
    for options in case.config.virtual_routers:
        if case.keepalived is not None and options.instance not in known:
            yield warning(NAME, f"virtual_router {options.instance} is not in keepalived.conf")
    yield _key(case)


def _key(case: Case) -> Line:
    name = "peer_key"
    path = case.config.peer_link.key_file
    wanted = any(peer.links for peer in case.config.peers)
    try:
        mode = case.host.path(path).stat().st_mode
    except FileNotFoundError:
        make = f"umask 027; head -c 32 /dev/urandom | base64 >{path}; chgrp hawatch {path}  # the same on every node"
        judge = warning if wanted or case.config.peers else unknown
        return judge(name, f"{path} is not there: without it the agents do not talk to each other", make)
    except OSError as error:
        return unknown(name, f"{path}: {error.strerror}")
    if mode & 0o007:
        sentence = f"{path} can be read by everybody on this host, who may then speak as a peer"
        return warning(name, sentence, f"chgrp hawatch {path}; chmod 640 {path}")
    return fine(name, f"{path} is there, and closed to others")
