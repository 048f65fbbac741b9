"""What a client lost: requests without an answer in time, and for how long there was none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request, sent at `at` (epoch seconds), and whether it was answered in time."""

    at: float
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From the first request that was lost to the first after it that was answered; both in epoch seconds."""

    begin: float
    end: float
    lost: int

    @property
    def seconds(self) -> float:
        """Its length, as exact as the requests were close."""
        return self.end - self.begin


def outages(samples: Iterable[Sample]) -> tuple[Outage, ...]:
    """Every run of lost requests, in the order of sending; one that never ended, ends with the last request."""
    found: list[Outage] = []
    begin, lost, last = 0.0, 0, 0.0
    for sample in sorted(samples, key=lambda each: each.at):
        last = sample.at
        if sample.answered and lost:
            found.append(Outage(begin=begin, end=sample.at, lost=lost))
            lost = 0
        elif not sample.answered:
            begin, lost = (begin, lost + 1) if lost else (sample.at, 1)
    if lost:
        found.append(Outage(begin=begin, end=last, lost=lost))
    return tuple(found)


def between(samples: Sequence[Sample], begin: float, end: float) -> tuple[Sample, ...]:
    """The requests sent in a time."""
    return tuple(each for each in samples if begin <= each.at < end)
