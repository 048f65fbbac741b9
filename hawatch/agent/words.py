"""What the judge says of every virtual router, in the words that incidents are made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hawatch.agent.outages import remarks_of
from hawatch.incident import Word
from hawatch.judge import Judge, Standing
from hawatch.situation.router import RouterState


@dataclass(slots=True)
class Words:
    """What stands for every virtual router, as incidents want to hear it.

    Of one that was not judged since, it is the same object as the last time: hundreds may change one after the other.
    """

    judge: Judge
    _known: dict[str, tuple[Standing, Word]] = field(default_factory=dict)

    def now(self) -> tuple[Word, ...]:
        """All of them."""
        routers, known = self.judge.situation.routers, self._known
        self._known = {
            instance: before
            if (before := known.get(instance)) is not None and before[0] is standing
            else (standing, self._of(routers[instance], standing))
            for instance, standing in self.judge.standing.items()
            if instance in routers
        }
        words = tuple(word for _, word in self._known.values())
        return tuple(map(self._remarked, words)) if self.judge.situation.node.witnesses else words

    def _of(self, router: RouterState, standing: Standing) -> Word:
        config = router.config
        return Word(
            instance=config.instance,
            verdict=standing.verdict.kind,
            summary=standing.verdict.summary,
            findings=standing.findings,
            sync_group=config.sync_group,
            down_interval=router.own_down_interval(),
            router=f"{config.vrid}/{config.family.value}",
        )

    def _remarked(self, word: Word) -> Word:
        """With what a witness measured, which may come long after the last judging."""
        situation = self.judge.situation
        remarks = remarks_of(situation.routers[word.instance], situation.node)
        return replace(word, remarks=remarks) if remarks else word


def words_of(words: Words) -> tuple[Word, ...]:
    """What stands now."""
    return words.now()
