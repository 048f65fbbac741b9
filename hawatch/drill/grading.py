"""Grades a drill: what was expected, what came, and within which time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hawatch.desk.drill import Measured
from hawatch.drill.lanes import Lanes, begins, ends, said_between
from hawatch.drill.limits import WITHIN_WHICH_SENT, back_within, lost_within, verdict_within
from hawatch.drill.losses import Sample, between, outages
from hawatch.drill.plan import Moving, Plan
from hawatch.drill.report import FAILBACK, RETURN, Item, Looped, Lost, Move, Told
from hawatch.verdict import VerdictKind

STEADY = VerdictKind.STEADY.value
_EARLY = 0.25
"""Seconds by which this node's picture may be older than an order."""
_ALLOWED = frozenset(
    {
        STEADY,
        VerdictKind.DEGRADED.value,
        VerdictKind.SWITCHOVER.value,
        VerdictKind.FAILBACK.value,
    }
)
_OTHERS_ALLOWED = frozenset({STEADY, VerdictKind.DEGRADED.value})


def verdict_items(
    plan: Plan, moves: Sequence[Move], lanes: Lanes, began: float, ended: float
) -> tuple[tuple[Item, ...], tuple[Measured, ...]]:
    """How long each expected verdict took after what it tells, and whether anything else was said."""
    items: list[Item] = []
    measured: list[Measured] = []
    for move in moves:
        for moving in (each for each in plan.moving if each.instance in move.instances):
            item, seconds = _verdict(move, moving, lanes)
            items += [item] if item is not None else []
            if seconds is not None:
                measured.append(Measured(move=move.move, name=moving.instance, seconds=seconds))
            items += list(_back(move, moving, lanes))
    items += [_nothing_else(each.instance, _ALLOWED, lanes, began, ended) for each in plan.moving]
    items += [_nothing_else(each, _OTHERS_ALLOWED, lanes, began, ended) for each in plan.others]
    return tuple(items), tuple(measured)


def losses(
    moves: Sequence[Move], samples: Mapping[str, Sequence[Sample]], limits: Mapping[str, float]
) -> tuple[tuple[Lost, ...], tuple[Item, ...]]:
    """What each client lost in each move that moves a VIP; `limits` are seconds by client."""
    lost: list[Lost] = []
    for move in moves:
        if move.expects is not None:
            for client, sent in samples.items():
                lost.append(_lost(move, client, between(sent, move.ordered, move.ended)))
    return tuple(lost), tuple(
        Item(
            what=f"{each.move}: {each.client} without an answer",
            passed=each.longest <= limits[each.client] if each.requests else None,
            measured=each.longest,
            limit=limits[each.client],
            text=f"{each.failed} of {each.requests} requests lost" if each.requests else "nothing was asked",
        )
        for each in lost
    )


def message_items(told: Sequence[Told], looped: Sequence[Looped], patience: float) -> tuple[Item, ...]:
    """Whether messages went out to those who agreed, and came back; `patience`: seconds for an answer, 0 for none."""
    items = []
    for person in dict.fromkeys(each.person for each in told):
        mine = [each for each in told if each.person == person]
        items.append(_went_out(person, mine))
        if patience > 0:
            items.append(_came_back(person, mine, patience))
    for loop in looped:
        items.append(
            Item(
                what=f"{loop.channel}: a message to itself came back",
                passed=loop.state == "back",
                measured=loop.seconds,
                text="" if loop.state == "back" else loop.problem or "not yet",
            )
        )
    if not items:
        text = "nobody has agreed (drills = true), no channel has a [channel.probe]"
        items.append(Item(what="messages", passed=None, text=text))
    return tuple(items)


def limits_of(clients: Mapping[str, str], plan: Plan) -> dict[str, float]:
    """By client what it may lose in one move; `clients` name the virtual router that each asks through."""
    longest = {each.instance: lost_within(each.interval) for each in plan.moving}
    slowest = max(longest.values(), default=lost_within(1.0))
    return {client: longest.get(instance, slowest) for client, instance in clients.items()}


# --- verdicts -------------------------------------------------------------------------------------


def _verdict(move: Move, moving: Moving, lanes: Lanes) -> tuple[Item | None, float | None]:
    """From the former owner's last word, its resignation or an advertisement, as this node heard it, to the verdict."""
    if move.expects is None:
        return None, None
    spans, start = lanes.verdicts(moving.instance), move.ordered - _EARLY
    said = begins(spans, move.expects, start)
    what = f"{move.move}: {moving.instance} {move.expects}"
    limit = verdict_within(moving.interval)
    if said is None or said > move.ended:
        return Item(what=what, passed=False, limit=limit, text="was not said"), None
    truth = ends(lanes.advertised(moving.instance, move.node), value=True, after=start)
    if truth is None or truth > said:
        return Item(
            what=what, passed=None, text=f"said, but {move.node}'s last word was not heard here"
        ), None
    took = said - truth
    resigned = move.expects == VerdictKind.SWITCHOVER.value
    text = f"after {move.node}'s {'resignation' if resigned else 'last advertisement'}"
    return Item(what=what, passed=took <= limit, measured=took, limit=limit, text=text), took


def _back(move: Move, moving: Moving, lanes: Lanes) -> Iterator[Item]:
    """Once a node was told to come back, everything is steady again."""
    if move.move == FAILBACK and move.expects == VerdictKind.SWITCHOVER.value:
        return  # by stepping aside: its return is a move of its own
    if move.move not in {FAILBACK, RETURN}:
        return
    limit = back_within(moving.interval, moving.down_interval, moving.delay)
    spans = lanes.verdicts(moving.instance)
    # Who comes back is a standby first: the pair may be steady before the VIP moves.
    moved = move.ordered if move.expects is None else begins(spans, move.expects, move.ordered)
    at = None if moved is None else begins(spans, STEADY, moved)
    yield Item(
        what=f"{move.move}: {moving.instance} steady again",
        passed=at is not None and at - move.ordered <= limit,
        measured=None if at is None else at - move.ordered,
        limit=limit,
        text=f"after {move.to if move.move == FAILBACK else move.node} was told to come back",
    )


def _nothing_else(instance: str, allowed: frozenset[str], lanes: Lanes, began: float, ended: float) -> Item:
    said = [word for _, word in said_between(lanes.verdicts(instance), began, ended)]
    wrong = [word for word in said if word not in allowed]
    return Item(
        what=f"{instance}: nothing else was said",
        passed=not wrong and bool(said),
        text=" → ".join(said) or "nothing was said",
    )


# --- clients and messages -------------------------------------------------------------------------


def _lost(move: Move, client: str, sent: Sequence[Sample]) -> Lost:
    gaps = outages(sent)
    return Lost(
        move=move.move,
        client=client,
        requests=len(sent),
        failed=sum(each.lost for each in gaps),
        seconds=sum(each.seconds for each in gaps),
        longest=max((each.seconds for each in gaps), default=0.0),
    )


def _went_out(person: str, mine: Sequence[Told]) -> Item:
    through = [each for each in mine if each.through is not None]
    best = min(through, key=lambda each: each.through or 0.0, default=None)
    problem = next((each.problem for each in mine if each.problem), "") or mine[0].state
    return Item(
        what=f"{person}: the message went out",
        passed=best is not None and (best.through or 0.0) <= WITHIN_WHICH_SENT,
        measured=None if best is None else best.through,
        limit=WITHIN_WHICH_SENT,
        text=f"{best.state} by {best.channel}" if best is not None else problem,
    )


def _came_back(person: str, mine: Sequence[Told], patience: float) -> Item:
    answered = min((each.answered for each in mine if each.answered is not None), default=None)
    return Item(
        what=f"{person}: an answer came back",
        passed=answered is not None and answered <= patience,
        measured=answered,
        limit=patience,
        text="" if answered is not None else "no answer",
    )
