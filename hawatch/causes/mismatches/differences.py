"""Every setting in which two members differ, and on which of them the difference lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.causes.finder import found, junior
from hawatch.causes.mismatches.comparison import COMPARISONS, Comparison, Pair
from hawatch.causes.mismatches.telling import EFFECTS, FOLLOWED, contrast, edit, show, what_to_write
from hawatch.causes.mismatches.word import Word
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.vrrp import ChecksumForm

Differing = tuple[Word, Pair]


def differences(router: RouterState, node: Node, words: Sequence[Word]) -> Iterator[Finding]:
    """One finding for each setting and node."""
    if all(word.agrees for word in words):
        return
    for comparison in COMPARISONS:
        differing: list[Differing] = []
        agreeing = False
        for word in words:
            pair = settle(comparison, router, node, word)
            if pair is not None and pair.differs:
                differing.append((word, pair))
            elif pair is not None:
                agreeing = True
        if differing:
            yield from _findings(comparison, router, node, differing, agreeing=agreeing)


def settle(comparison: Comparison, router: RouterState, node: Node, word: Word) -> Pair | None:
    """What the newest source that can be relied upon says; None when neither can tell."""
    told = comparison.by_report(router, node, word.told) if word.told is not None else None
    heard = comparison.by_advert(router, node, word.heard) if word.heard is not None else None
    if heard is None or not (word.sure or word.splitting):
        return told
    if told is None or (word.newer and (heard.differs or comparison.refutes)):
        return heard
    return told


def _findings(
    comparison: Comparison, router: RouterState, node: Node, differing: list[Differing], *, agreeing: bool
) -> Iterator[Finding]:
    """The odd one out of several is at fault; of two that differ, the less preferred is said to be."""
    alone = not agreeing and len({pair.theirs for _, pair in differing}) == 1
    if alone and len(differing) > 1:
        yield _finding(comparison, router, node, node.name, *differing[0])
        return
    seen: set[str] = set()
    for word, pair in differing:
        other = word.member.name
        lies_on = other if agreeing and len(differing) == 1 else junior(router, node, node.name, other)
        if lies_on not in seen:
            seen.add(lies_on)
            yield _finding(comparison, router, node, lies_on, word, pair)


def _finding(
    comparison: Comparison, router: RouterState, node: Node, lies_on: str, word: Word, pair: Pair
) -> Finding:
    ours = lies_on == node.name
    wrong, right = (pair.ours, pair.theirs) if ours else (pair.theirs, pair.ours)
    other = word.member.name if ours else node.name
    followed = comparison.cause is Cause.ADVERT_INTERVAL_MISMATCH and router.config.version == 3
    words = contrast(comparison.thing, other, right, lies_on, wrong)
    facts: dict[str, object] = {
        f"{comparison.thing} on {other}": show(right),
        f"{comparison.thing} on {lies_on}": show(wrong),
        f"told by the agent on {word.member.name}": word.told is not None,
        f"advertisements of {word.member.name} heard": word.heard is not None,
    }
    return found(
        comparison.cause,
        lies_on,
        Severity.INFO if followed else Severity.WARNING,
        f"{words}: {FOLLOWED if followed else EFFECTS[comparison.cause]}",
        edit(router, node, lies_on, what_to_write(router, node, comparison.cause, right, wrong, other)),
        tell_apart=_doubt(comparison, pair),
        **facts,
        **counted(router, node, comparison.counters),
    )


def _doubt(comparison: Comparison, pair: Pair) -> str:
    if comparison.cause is not Cause.CHECKSUM_FORM_MISMATCH or ChecksumForm.PLAIN not in pair:
        return ""
    return "keepalived up to 2.2 does not know v3_checksum_as_v2: journalctl -u keepalived then has Unknown keyword"


def counted(router: RouterState, node: Node, names: Sequence[str]) -> dict[str, object]:
    """What keepalived on this node has counted of it; nothing where its counters were not read."""
    read = node.host.counters
    counters = read.counters.get(router.config.instance, {}) if read is not None and read.counters else {}
    return {f"{name} on {node.name}": counters[name] for name in names if name in counters}
