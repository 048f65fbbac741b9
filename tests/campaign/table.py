"""The table of a campaign: how much was judged, what was wrong, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.campaign.errors import Category, Score
from tests.campaign.record import Record
from tests.campaign.score import score

HARD = (Category.FALSE_SPLIT, Category.MISSED_SPLIT)
CAUSES_AIM = 0.95


def scored(records: Sequence[Record]) -> list[tuple[Record, Score]]:
    """Every record with its score, by number."""
    ordered = sorted(records, key=lambda record: (record.episode.seed, record.episode.index))
    return [(record, score(record)) for record in ordered]


def table(results: Sequence[tuple[Record, Score]]) -> list[str]:
    """All in lines."""
    scores = [each for _, each in results]
    played = [each for each in scores if Category.UNFIT not in each.categories]
    kinds = Counter(error.category for each in scores for error in each.errors)
    episodes = Counter(category for each in scores for category in each.categories)
    causes, named = sum(each.causes for each in scores), sum(each.named for each in scores)
    lines = [
        f"episodes            {len(scores)}, of which {len(played)} could be played",
        f"without an error    {sum(not each.errors for each in played)}",
        f"splits to be told   {sum(each.splits for each in scores)} (by each agent that could know)",
        f"not to be told      {sum(each.undecidable for each in scores)} quiet moments, said to be so",
        f"quiet moments       {sum(each.moments for each in scores)}",
        f"causes to be named  {causes}, of which {named} were: {share(named, causes)}",
        f"places compared     {sum(each.compared for each in scores)}",
        "",
        f"{'error':<32} errors  episodes",
    ]
    return lines + [
        f"{category.value:<32} {kinds[category]:6}  {episodes[category]:8}" for category in Category
    ]


def share(part: int, whole: int) -> str:
    """A part in percent; of nothing there is none."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def accounts(results: Sequence[tuple[Record, Score]]) -> list[str]:
    """Every error, under its episode."""
    lines = []
    for record, each in results:
        if each.errors:
            lines.append(record.episode.line())
            lines += [f"    {error.category.value}: {error.node}: {error.text}" for error in each.errors]
    return lines


def passed(results: Sequence[tuple[Record, Score]]) -> bool:
    """The aim: nothing false, nothing missed, and the right cause in at least 95 of 100."""
    scores = [each for _, each in results]
    causes, named = sum(each.causes for each in scores), sum(each.named for each in scores)
    return not any(set(HARD) & each.categories for each in scores) and named >= CAUSES_AIM * causes
