"""What the agents said of an episode against what was so. Pure: a record in, a score out."""

from __future__ import annotations

from collections.abc import Iterator

from tests.campaign.blame import judge_causes
from tests.campaign.episode import NODES
from tests.campaign.errors import Category, Error, Score
from tests.campaign.moments import disagreements, judge_moments, remembered
from tests.campaign.record import Record
from tests.campaign.splits import false_splits, missed_splits

END = 0.01


def score(record: Record) -> Score:
    """All errors of one episode. One that the lab could not play gives UNFIT and nothing else."""
    problem = record.problem or not_healed(record)
    if problem:
        return Score(errors=(Error(category=Category.UNFIT, node="", text=problem),))
    errors: list[Error] = []
    splits = undecidable = moments = 0
    for instance in record.vips:
        errors += false_splits(record, instance)
        missed, judged = missed_splits(record, instance)
        quiet = judge_moments(record, instance)
        errors += [*missed, *quiet.errors, *disagreements(record, instance), *not_steady(record, instance)]
        splits, undecidable, moments = (
            splits + judged,
            undecidable + quiet.undecidable,
            moments + quiet.judged,
        )
    blame = judge_causes(record)
    errors += [*blame.errors, *differing_surfaces(record)]
    return Score(
        errors=tuple(dict.fromkeys(errors)),
        splits=splits,
        undecidable=undecidable,
        moments=moments,
        causes=blame.judged,
        named=blame.named,
        compared=len(record.compared),
    )


def not_healed(record: Record) -> str:
    """Why the pair itself was not whole at the end, so that nothing can be asked of a judge; empty: it was."""
    at = record.ended - END
    for instance in record.vips:
        holders = record.holders(instance, at)
        if len(holders) != 1:
            return f"{instance} was on {'+'.join(sorted(holders)) or 'nobody'} when all had been undone"
    down = [node for node in NODES if record.state("keepalived", node, at) != "running"]
    return f"no keepalived on {'+'.join(down)} when all had been undone" if down else ""


def not_steady(record: Record, instance: str) -> Iterator[Error]:
    """Agents that had not come back to `steady` at the end, though all was well."""
    for node in record.episode.pair.agents:
        standing = record.verdict(node, instance, record.ended)
        said = standing.verdict if standing else "nothing"
        right = {"steady"} | remembered(record, instance, record.ended - END)
        if said not in right:
            text = f"{instance}: {said} when all had been undone"
            yield Error(category=Category.NOT_STEADY, node=node, text=text)


def differing_surfaces(record: Record) -> Iterator[Error]:
    """What status, metrics and plugin showed otherwise than the judge."""
    for each in record.compared:
        for difference in each.differences:
            text = f"at {each.time - record.settled:.2f} s: {difference}"
            yield Error(category=Category.SURFACES, node=each.node, text=text)
