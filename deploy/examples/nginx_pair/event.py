"""An event as data: what is done, and what hawatch has to say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.examples.nginx_pair.stage import Stage
from deploy.lab import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must be said, once the deed is done.

    `stories` are the verdicts by virtual router, in order and none other, on every node or where the key is
    `INSTANCE@NODE` on that one; a word with `?` may be missing, `a|b` is either. `causes` have to be blamed, each as
    `cause@node`, `also` may be, and no other. `texts` are words that one text to the person on call has.
    """

    stories: Mapping[str, str]
    causes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def story(self, node: str, instance: str) -> list[str]:
        """The words for a virtual router on a node."""
        return self.stories.get(f"{instance}@{node}", self.stories.get(instance, "")).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A deed and its way back: each with what is expected. With `shown_back` both are numbered.

    `afresh`: before it the agents are started again, since they would rightly call one more move flapping: they call so
    the fourth in half an hour, and the third in ten Master_Down_Intervals.
    """

    key: str
    title: str
    back: str
    deed: Callable[[Stage], Fault]
    expected: Expected
    expected_back: Expected
    shown_back: bool = False
    afresh: bool = True


def fits(told: list[str], story: list[str]) -> bool:
    """Whether the verdicts told are the story's words in order."""
    if not story:
        return not told
    word, rest = story[0], story[1:]
    if told and told[0] in word.rstrip("?").split("|") and fits(told[1:], rest):
        return True
    return word.endswith("?") and fits(told, rest)
