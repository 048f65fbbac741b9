"""What an agent remembers of the drill's time: the lanes of `/api/v1/history`, as spans of one thing each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawatch.errors import DecodeError

Span = tuple[float, float, str | bool | None]


@dataclass(frozen=True, slots=True)
class Lanes:
    """The spans of each thing, by kind, instance and node, in order of time (epoch seconds)."""

    spans: Mapping[tuple[str, str, str], tuple[Span, ...]]

    def verdicts(self, instance: str) -> tuple[Span, ...]:
        """What was said of a virtual router."""
        return self.spans.get(("verdict", instance, ""), ())

    def advertised(self, instance: str, node: str) -> tuple[Span, ...]:
        """When a node was heard advertising."""
        return self.spans.get(("advertiser", instance, node), ())


def read_lanes(answer: object) -> Lanes:
    """The lanes in an answer of the agent. DecodeError."""
    lanes = answer.get("lanes") if isinstance(answer, dict) else None
    if not isinstance(lanes, list):
        raise DecodeError("history: no lanes")
    try:
        return Lanes(dict(_read(lanes)))
    except (KeyError, TypeError, ValueError):
        raise DecodeError("history: not understood") from None


def _read(lanes: Sequence[dict[str, object]]) -> Iterator[tuple[tuple[str, str, str], tuple[Span, ...]]]:
    for lane in lanes:
        kind = str(lane["kind"])
        if kind in {"verdict", "advertiser"}:
            spans = lane["spans"]
            if not isinstance(spans, list):
                raise DecodeError("history: no spans")
            yield (
                (kind, str(lane["instance"]), str(lane.get("node", ""))),
                tuple((float(begin), float(end), value) for begin, end, value in spans),
            )


def begins(spans: Sequence[Span], value: object, after: float) -> float | None:
    """When a value first began at or after a moment."""
    return next((begin for begin, _, held in spans if held == value and begin >= after), None)


def ends(spans: Sequence[Span], value: object, after: float) -> float | None:
    """When a value that held first ended, at or after a moment; None if it holds still."""
    return next((end for _, end, held in spans[:-1] if held == value and end >= after), None)


def said_between(spans: Sequence[Span], begin: float, end: float) -> tuple[tuple[float, str], ...]:
    """What was said in a time, what held at its beginning first: since when, and the word."""
    return tuple(
        (max(at, begin), str(value))
        for at, until, value in spans
        if until > begin and at < end and value is not None
    )
