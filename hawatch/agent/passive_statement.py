"""What there is to push: the plugin's result for one target, as the picture gives it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hawatch.config import Passive, PassiveOf
from hawatch.exporter.check_items import Basis
from hawatch.exporter.check_question import CheckName, Question
from hawatch.exporter.check_text import check_text
from hawatch.passive.result import PassiveResult
from hawatch.snapshot import Snapshot

HEARTBEATS = 3
"""After as many without a result, one is out of date, and a target that took none is out of order."""
VERBOSITY = 1
# Ages, times and counts; an address or a name that has digits stays.
_NUMBER = re.compile(r"(?<![\w.:-])\d+(?:\.\d+)?(?![\w.:-]*[\w:-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One result; two of the same `shape` say the same but for numbers. `undecided`: it rests on too little."""

    result: PassiveResult
    shape: str
    undecided: bool


def statement(target: Passive, snapshot: Snapshot, now: float) -> Statement:
    """The result as of `now` (monotonic seconds), the same that the plugin would show."""
    question = Question(
        check=CheckName(target.check.value),
        instance=target.instance,
        moved_within=target.moved_within,
        verbosity=VERBOSITY,
    )
    header, first, *details = check_text(snapshot, question, now).splitlines()
    words = dict(word.partition("=")[::2] for word in header.split())
    output, _, numbers = first.partition(" | ")
    code = int(words["state"])
    owner = snapshot.pair if target.of is PassiveOf.PAIR else snapshot.node
    return Statement(
        result=PassiveResult(
            host=target.host or owner,
            service=target.service,
            code=code,
            output=output,
            perfdata=tuple(numbers.split()),
            details=tuple(details),
            source=snapshot.node,
            ttl=HEARTBEATS * target.every,
        ),
        shape=f"{code} {_NUMBER.sub('', output)}",
        undecided=words["basis"] == Basis.INDETERMINATE.name.lower(),
    )
