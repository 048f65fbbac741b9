"""A fence on the node that does it: the device is asked first, and its word afterwards is not taken for the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.ability import Ability, Danger, Power
from hawatch.actions.runner import HelperActions, Outcome, OutcomeState
from hawatch.agent import performing
from hawatch.desk.deed import DeedState
from hawatch.errors import HelperError, HelperFault
from hawatch.permit import Gone, Trace
from hawatch.refusal import Refusal
from tests.test_incident import THREE
from tests.test_oncall import Shift
from tests.test_performing import DEED, Helper, begun, ended

CUT = Ability(name="fence-lb02", danger=Danger.FENCE, offer=("split_brain",), target="lb02")
FENCE = replace(DEED, id="fence-lb02-1", action="fence-lb02", second="bo")
GONE = Gone(target="lb02", node="lb01", vips=("10.0.0.100",), silent=1.2)


class Device(Helper):
    """A helper with a fence device that is asked first."""

    def __init__(
        self, shift: Shift, *outcomes: OutcomeState, power: Power = Power.ON, text: str = ""
    ) -> None:
        super().__init__(shift, *outcomes, ability=CUT)
        self.looked: list[str] = []
        self._power = power
        self._text = text

    async def power(self, ability: str) -> tuple[Power, str]:
        self.looked.append(ability)
        return self._power, "" if self._power is not Power.UNKNOWN else "Connection timed out"

    async def run(self, ability: str, vip: str | None, id: str, until: float | None = None) -> Outcome:  # noqa: A002
        return replace(await super().run(ability, vip, id, until), text=self._text)


class Evidence:
    """What is seen of the node, one look after the other, the last for ever; a second passes with each."""

    def __init__(self, shift: Shift, *seen: Gone | Trace) -> None:
        self.looks: list[float] = []
        self._shift = shift
        self._seen = list(seen)

    def __call__(self, *_: object, since: float, **__: object) -> Gone | Trace:
        self.looks.append(since)
        self._shift.clock.now += 1.0
        return self._seen.pop(0) if len(self._seen) > 1 else self._seen[0]


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shift:
    for name in ("BUSY_PAUSE", "LOOK_EVERY", "HOLD", "EVIDENCE_EVERY"):
        monkeypatch.setattr(performing, name, 0.0)
    monkeypatch.setattr(performing, "refusal", lambda *_, **__: None)
    return Shift(monkeypatch, tmp_path / "incidents.db")


def test_it_is_done_when_the_node_is_seen_to_be_gone_and_not_before(
    monkeypatch: pytest.MonkeyPatch, shift: Shift
) -> None:
    evidence = Evidence(shift, Trace.HEARD, Trace.SPEAKS, Trace.UNCLEAR, GONE)
    monkeypatch.setattr(performing, "gone", evidence)
    helper = Device(shift, OutcomeState.DONE)
    after = ended(shift, helper, FENCE)
    assert (after.state, after.gone, after.trace) == (DeedState.DONE, GONE, None)
    assert after.text == "seen to be gone: no advertisement for 1.2 s, and only lb01 answers"
    assert helper.looked == ["fence-lb02"]
    assert len(helper.asked) == 1
    assert len(evidence.looks) == 4


def test_the_device_s_word_without_the_evidence_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, shift: Shift
) -> None:
    evidence = Evidence(shift, Trace.ANSWERS)
    monkeypatch.setattr(performing, "gone", evidence)
    helper = Device(shift, OutcomeState.DONE)
    after = ended(shift, helper, FENCE)
    assert (after.state, after.gone, after.trace) == (DeedState.FAILED, None, Trace.ANSWERS)
    assert after.text == "the fence device says that it is done, but evidence against it: answers"
    assert len(evidence.looks) >= performing.SEEN_WITHIN
    assert len(helper.asked) == 1


def test_a_fence_agent_that_fails_is_not_run_again_and_no_evidence_makes_it_done(
    monkeypatch: pytest.MonkeyPatch, shift: Shift
) -> None:
    monkeypatch.setattr(performing, "gone", Evidence(shift, GONE))
    helper = Device(shift, OutcomeState.FAILED, text="Failed: Timed out waiting to power OFF")
    after = ended(shift, helper, FENCE)
    assert (after.state, after.text) == (DeedState.FAILED, "Failed: Timed out waiting to power OFF")
    assert after.gone is None
    assert len(helper.asked) == 1


def test_an_agent_that_was_killed_in_the_middle_goes_on_looking_since_it_was_begun(
    monkeypatch: pytest.MonkeyPatch, shift: Shift
) -> None:
    evidence = Evidence(shift, Trace.HEARD, GONE)
    monkeypatch.setattr(performing, "gone", evidence)
    helper = Device(shift, OutcomeState.DONE)
    after = ended(shift, helper, begun(FENCE))
    assert (after.state, after.gone) == (DeedState.DONE, GONE)
    assert helper.looked == []
    assert evidence.looks == [THREE, THREE]


def test_what_the_device_says_is_part_of_the_last_look_and_why_it_says_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, shift: Shift
) -> None:
    told: list[object] = []

    def refusal(*_: object, power: Power) -> Refusal:
        told.append(power)
        return Refusal.NO_POWER

    monkeypatch.setattr(performing, "refusal", refusal)
    helper = Device(shift, OutcomeState.DONE, power=Power.UNKNOWN)
    after = ended(shift, helper, FENCE)
    assert (after.state, after.refusal, after.text) == (
        DeedState.REFUSED,
        Refusal.NO_POWER,
        "Connection timed out",
    )
    assert told == [Power.UNKNOWN]
    assert helper.asked == []


def test_an_answer_of_the_helper_that_is_no_power_is_unknown() -> None:
    async def ask(verb: str, /, *, patience: float | None = None, **fields: object) -> dict[str, object]:
        del patience
        assert (verb, fields) == ("power", {"name": "fence-lb02"})
        return dict(answers.pop(0))

    async def absent(verb: str, /, *, patience: float | None = None, **fields: object) -> dict[str, object]:
        raise HelperError("hawatch-helper does not run", HelperFault.ABSENT)

    answers: list[dict[str, object]] = [
        {"power": "on", "problem": ""},
        {"power": "off", "problem": ""},
        {"power": "maybe"},
        {},
        {"power": "unknown", "problem": "no\nroute"},
    ]
    wanted = [Power.ON, Power.OFF, Power.UNKNOWN, Power.UNKNOWN, Power.UNKNOWN]
    actions = HelperActions(ask)
    assert [asyncio.run(actions.power("fence-lb02"))[0] for _ in wanted] == wanted
    assert asyncio.run(HelperActions(absent).power("fence-lb02")) == (
        Power.UNKNOWN,
        "hawatch-helper does not run",
    )
