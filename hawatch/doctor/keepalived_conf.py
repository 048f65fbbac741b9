"""keepalived.conf: is it there, can it be read, and can the agent learn what it says."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown, warning

NAME = "keepalived_conf"


def examine(case: Case) -> Iterator[Line]:
    """One line for what it says, and one for whether the running agent knows it."""
    path = case.config.keepalived.config
    try:
        there = case.host.path(path).exists()
    except PermissionError:
        there = True
    if not there:
        yield unknown(NAME, f"{path} is not there: no keepalived here, or another file (--keepalived-conf)")
        return
    if case.keepalived is not None:
        yield _count(case, path)
    elif case.statements is None:
        yield unknown(
            NAME, f"{case.keepalived_problem} (run hawatch doctor as root, or start hawatch-helper)"
        )
    else:
        yield failure(
            NAME, f"keepalived would not run with it: {case.keepalived_problem}", f"keepalived -t -f {path}"
        )
    yield _agent(case)


def _count(case: Case, path: str) -> Line:
    number = len(case.routers)
    warnings = case.keepalived.warnings if case.keepalived else ()
    if warnings:
        return warning(NAME, f"keepalived corrects or ignores {len(warnings)} of it: {warnings[0]}")
    routers = "1 virtual router" if number == 1 else f"{number} virtual routers"
    return fine(NAME, f"{path}: {routers}")


def _agent(case: Case) -> Line:
    name = f"{NAME} agent"
    if case.status is None:
        return unknown(name, f"whether the agent can read it is not known: {case.status_problem}")
    known = {each.get("instance") for each in case.status.get("virtual_routers") or ()}
    wanted = {router.instance for router in case.routers}
    if case.keepalived is None:
        return (
            fine(name, "the agent has read it")
            if known
            else unknown(name, "the agent knows no virtual router")
        )
    if wanted - known:
        sentence = f"the agent does not know {', '.join(sorted(wanted - known))}: it cannot read the file"
        return failure(name, sentence, "systemctl enable --now hawatch-helper.socket")
    return fine(name, "the agent knows every virtual router in it")
