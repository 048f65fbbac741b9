"""What is the same for all virtual routers of a node at one moment: who lives, what answers, whether agents speak.

A tick, or a peer's report, is judged for many virtual routers in one step. What follows from members, references and
witnesses alone is found out once in it; every input, and every change to a member besides, voids it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.situation.member import AgentState
from hawatch.situation.node import Node
from hawatch.situation.paths import FRESH
from hawatch.situation.witness import any_speaks, is_reached


@dataclass(frozen=True, slots=True)
class Outlook:
    """As of `at`: any member lives, references answer, the members' agents, and whether a witness reaches any.

    `cut_off_open_until`: until when it is open whether this node is cut off (`cut_off_is_open_until`).
    """

    at: float
    peers_alive: bool | None
    references_alive: bool | None
    worst_agent: AgentState
    witness_reaches: bool | None
    cut_off_open_until: float | None


def outlook(node: Node, now: float) -> Outlook:
    """The outlook at this moment, found out anew where it is not known."""
    known = node.outlook
    if known is None or known.at != now:
        node.outlook = known = Outlook(
            now,
            node.peers_alive(now),
            node.references_alive(now),
            worst_agent(node, now),
            witness_reaches_others(node, now),
            cut_off_is_open_until(node, now),
        )
    return known


def worst_agent(node: Node, now: float) -> AgentState:
    """The worst of the members' agents: silent on a living node, then left, then up; NONE when nobody ever had one."""
    states = set()
    for member in node.members.members:
        state = member.agent(now)
        if state is not _SILENT or member.outlives_its_agent(now):
            states.add(state)
    for state in _WORST_FIRST:
        if state in states:
            return state
    return AgentState.NONE


# Looking a member up in its class is several times slower than reading a name.
_SILENT = AgentState.SILENT
_WORST_FIRST = (AgentState.SILENT, AgentState.LEFT, AgentState.UP)


def witness_reaches_others(node: Node, now: float) -> bool | None:
    """Whether a witness reaches any member: one that it does beats those that it does not."""
    if not node.witnesses and not any(member.glimpses for member in node.members.members):
        return None
    reached = [is_reached(member, now) for member in node.members.members]
    if True in reached:
        return True
    return None if None in reached or not reached else False


def cut_off_is_open_until(node: Node, now: float) -> float | None:
    """Until when it is open whether this node is cut off: nobody answered the last echo, and one miss decides nothing.

    None while anybody answers, or a witness speaks, and where no reference could tell.
    """
    if not node.references or (node.witnesses and any_speaks(node.witnesses.values(), now)):
        return None
    last: float | None = None
    for paths in (node.references, *[member.links for member in node.members.members]):
        for path in paths.values():
            if path.asked_at is not None:
                if not path.misses:
                    return None
                last = path.asked_at if last is None else max(last, path.asked_at)
    return None if last is None else last + FRESH
