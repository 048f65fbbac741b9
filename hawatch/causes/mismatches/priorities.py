"""Members with the same priority, and more than one owner of the addresses (priority 255)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.causes.finder import found, junior
from hawatch.causes.mismatches.telling import edit
from hawatch.causes.mismatches.word import Word
from hawatch.situation.node import Node
from hawatch.situation.ownership import talkers_of
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity

OWNER = 255
STEP = 50


def priorities(router: RouterState, node: Node, words: Sequence[Word]) -> Iterator[Finding]:
    """Whoever has this node's configured priority, too."""
    ours = router.config.priority
    seen: set[str] = set()
    for word in words:
        theirs = _priority(router, word)
        lies_on = junior(router, node, node.name, word.member.name) if theirs == ours else ""
        if lies_on and lies_on not in seen:
            seen.add(lies_on)
            yield _finding(router, node, word, lies_on)


def _priority(router: RouterState, word: Word) -> int | None:
    """The configured one; of a member without an agent, one that has been the same as long as it was heard."""
    if word.told is not None:
        return word.told.configured_priority
    if not word.sure or word.heard is None:
        return None
    talkers = talkers_of(router, word.member)
    advertised = {priority for talker in talkers for priority in (talker.priority, talker.highest)}
    return word.heard.priority if advertised == {word.heard.priority} else None


def _finding(router: RouterState, node: Node, word: Word, lies_on: str) -> Finding:
    other = word.member.name if lies_on == node.name else node.name
    priority = router.config.priority
    facts: dict[str, object] = {f"priority on {other}": priority, f"priority on {lies_on}": priority}
    told = word.told is not None
    facts[f"told by the agent on {word.member.name}"] = told
    if priority == OWNER:
        return found(
            Cause.DUPLICATE_ADDRESS_OWNER,
            lies_on,
            Severity.WARNING,
            f"{other} and {lies_on} both have priority {OWNER}, which says that the VIPs are a node's own addresses",
            edit(
                router,
                node,
                lies_on,
                f'write "priority 100" and write "state BACKUP", since {other} keeps {OWNER}',
            ),
            tell_apart="",
            **facts,
        )
    settings = word.told.settings if word.told is not None else None
    meant = settings is not None and settings.nopreempt and router.config.nopreempt
    facts["nopreempt on both"] = meant if settings is not None else None
    lower = max(priority - STEP, priority // 2, 1)
    return found(
        Cause.EQUAL_PRIORITY,
        lies_on,
        Severity.INFO if meant else Severity.WARNING,
        f"{other} and {lies_on} both have priority {priority}: whoever owns stays, and of two the higher address wins",
        edit(router, node, lies_on, f'write "priority {lower}"'),
        tell_apart=""
        if told
        else f"a weighted track_script on {word.member.name} may have lowered what it advertises",
        **facts,
    )
