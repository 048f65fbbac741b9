"""Whose turn it is to push the pair's result: one node's, and another's as soon as that one does not get through; pure.

Nodes that do not hear each other each push: twice is better than not at all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

START_SILENCE = 60.0
"""Seconds for which an agent that has just begun keeps to itself that it knows nothing yet."""
GREETING = 8.0
"""Seconds for which it waits for the agents that it knows, before it says anything in the pair's name."""
DOUBT = 5.0
"""Seconds for which an agent that another one hears leaves it to that one to know better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What decides it for one target of the pair.

    `running` is for how many seconds the agent runs, `undecided` for how many its result has rested on too little
    (None: it does not). `able` are the other nodes whose agents are heard and who get through to this target with
    something sure; `heard` and `known` are all whose agents are, or ever were. `failing`: this node's last attempt
    did not get through.
    """

    node: str
    running: float
    undecided: float | None
    able: Collection[str]
    heard: Collection[str]
    known: Collection[str]
    failing: bool


def pushes_for_pair(turn: Turn) -> bool:
    """Whether this node pushes now. One that fails goes on beside another, or would never learn that it works again."""
    if turn.running < GREETING and not set(turn.known) <= set(turn.heard):
        return False
    if turn.undecided is not None:
        waits = DOUBT if turn.heard else 0.0
        return not turn.able and turn.undecided >= waits and pushes_for_node(turn)
    return turn.failing or not any(node < turn.node for node in turn.able)


def pushes_for_node(turn: Turn) -> bool:
    """The same where each node reports itself."""
    return turn.undecided is None or turn.running >= START_SILENCE
