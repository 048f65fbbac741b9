"""A witness that says nothing, or nothing that counts: silent, old, or with another key."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.situation.witness import LONGEST_DELAY, SILENT_AFTER, Witness
from hawatch.verdict import Cause, Finding, Severity


def witnesses(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Every witness of the configuration that does not help; a node that is cut off says nothing of them."""
    if facts.cut_off or facts.carrier is False or now - router.back_at <= SILENT_AFTER:
        return
    for witness in node.witnesses.values():
        if witness.speaks(now):
            continue
        last = witness.heard_at
        if last is not None and now - last <= SILENT_AFTER:
            yield _old(witness, now)
        elif now - max(last or 0.0, witness.known_since) > SILENT_AFTER:
            yield _silent(node, witness, now)


def _old(witness: Witness, now: float) -> Finding:
    """It speaks, and of the past."""
    age = None if witness.looked_at is None else f"{now - witness.looked_at:.1f} s"
    if witness.delay > LONGEST_DELAY:
        why = f"its last word was {witness.delay:.1f} s under way, or it stood still as long"
    else:
        why = f"it last looked {age or 'an unknown time'} ago"
    return found(
        Cause.WITNESS_DOWN,
        witness.name,
        Severity.WARNING,
        f"what the witness {witness.name} says is old, and is ignored: {why}",
        f"on {witness.name}: systemctl restart hawatch-witness; hawatch status  # is its host paused, or starved?",
        says="old",
        under_way=witness.delay,
        last_look_before=age,
    )


def _silent(node: Node, witness: Witness, now: float) -> Finding:
    """Nothing of it is heard that could be believed."""
    refusals = [node.refused[src] for src in witness.addresses if src in node.refused]
    reasons = [refusal.reason for refusal in refusals if refusal.speaks(now)]
    problems = [problem for (name, _), problem in node.link_problems.items() if name == witness.name]
    heard = "never" if witness.heard_at is None else f"{now - witness.heard_at:.1f} s ago"
    if reasons:
        said = f"what the witness {witness.name} sends is refused: {reasons[-1]}"
        remedy = (
            f"on {node.name}: sha256sum /etc/hawatch/peer.key  # and on {witness.name} of this pair's key_file: where "
            "the sums differ, copy the file and systemctl restart hawatch-witness"
        )
    elif problems:
        said = f"the way to the witness {witness.name} cannot be used: {problems[0]}"
        remedy = (
            f"on {node.name}: ip -br address; ss -ulpn  # then correct the [[witness.link]] of hawatch.toml"
        )
    else:
        said = f"the witness {witness.name} is silent"
        address = next(iter(witness.addresses), witness.name)
        remedy = f"on {node.name}: ping -c 3 {address}; on {witness.name}: systemctl status hawatch-witness"
    return found(
        Cause.WITNESS_DOWN,
        witness.name,
        Severity.WARNING,
        said,
        remedy,
        last_word=heard,
        refused=reasons[-1] if reasons else "nothing",
        link=problems[0] if problems else "works",
    )
