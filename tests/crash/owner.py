"""The owner of a telephone at night: reads, answers, sends the same again if nothing comes, and does not give up."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.lab.smsd import Sms
from deploy.lab.waiting import wait_until
from tests.lab.night import BOTH, Phone

PATIENCE = 6.0
"""Seconds without an answer after which the owner sends the same again."""
RESULT_PATIENCE = 45.0
LOST_PATIENCE = 90.0
MOST_TRIES = 12
LOOK_EVERY = 0.05
VOID = r"That number is used or too old"
UNDER_WAY = r"Under way: "
ENDED = r"Done: {0} lb02|FAILED: {0} lb02|UNCLEAR.*{0} lb02|Not done: (?:{0} )?lb02"


class LostError(AssertionError):
    """What the owner waited for did not come."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that the owner sent to a node's modem; `at` is CLOCK_MONOTONIC."""

    text: str
    to: str
    at: float


@dataclass
class Owner:
    """One person with a telephone, from the first message of a split to the last."""

    phone: Phone
    rng: random.Random
    sent: list[Sent] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)

    def reads(self, *patterns: str, since: float, patience: float) -> re.Match[str] | None:
        """The first text since a moment that matches one of these."""
        deadline = time.monotonic() + patience
        while True:
            found = self._find(patterns, since)
            if found is not None or time.monotonic() > deadline:
                return found
            time.sleep(LOOK_EVERY)

    def must_read(self, *patterns: str, since: float, patience: float = LOST_PATIENCE) -> re.Match[str]:
        """The same; LostError if nothing of the kind comes."""
        found = self.reads(*patterns, since=since, patience=patience)
        if found is None:
            raise LostError(f"no text like {' or '.join(patterns)} in {patience:g} s")
        return found

    def says(self, text: str, *patterns: str) -> re.Match[str]:
        """Send a text until an answer comes that matches one of these."""
        since = time.monotonic()
        for _ in range(MOST_TRIES):
            to = self.rng.choice(BOTH)
            self.sent.append(Sent(text, to, time.monotonic()))
            self.phone.replies(text, to=to)
            found = self.reads(*patterns, since=since, patience=PATIENCE)
            if found is not None:
                return found
        raise LostError(f"no answer to {text!r}, sent {MOST_TRIES} times, like {' or '.join(patterns)}")

    # --- the dialogue -----------------------------------------------------------------------------

    def is_woken(self, since: float) -> tuple[str, str]:
        """The first message: its code, and what to answer for a demotion of lb02."""
        told = self.must_read(r"SPLIT BRAIN(?s:.*?)\b(\d{2,3})=ack(?s:.*)\b\1 (\d)=demote lb02", since=since)
        return told[1], f"{told[1]} {told[2]}"

    def acknowledges(self, code: str) -> None:
        self.says(code, rf"\b{code} is yours")

    def has_demoted(self, choice: str, is_so: Callable[[], bool]) -> str | None:
        """Choose it, confirm it, until it is done; what to reply to take it back, None if nobody has said so."""
        since = time.monotonic()
        done = r"Done: demote lb02"
        for _ in range(MOST_TRIES):
            asked = self.says(
                choice,
                rf"{choice} = demote lb02\. Reply (?P<nonce>\d{{4}})",
                done,
                r"Not done: (demote )?lb02",
            )
            if nonce := asked.groupdict().get("nonce"):
                self.nonces.append(nonce)
                confirmed_at = time.monotonic()
                ended = ENDED.format("demote")
                answer = self.says(nonce, ended, UNDER_WAY + "demote", VOID)
                if re.search(ended, answer.string) is None:
                    self.reads(ended, since=confirmed_at, patience=RESULT_PATIENCE)
            if self._find((done,), since) is not None:
                back = self.must_read(r"Done: demote lb02(?s:.*)until you reply (\d+ \d)", since=since)
                return back[1]
            if is_so():
                return None
            time.sleep(1.0)
        raise LostError(f"lb02 was not demoted, though asked for {MOST_TRIES} times")

    def tries_again(self, nonce: str) -> None:
        """Digits that were used are worth nothing."""
        self.says(nonce, VOID)

    def has_restored(self, choice: str, is_so: Callable[[], bool]) -> None:
        """Take it back, until it is so."""
        since = time.monotonic()
        for _ in range(MOST_TRIES):
            ended = ENDED.format("restore") + r"| is over since"
            answer = self.says(choice, ended, UNDER_WAY + "restore")
            if re.search(ended, answer.string) is None:
                self.must_read(ended, since=since, patience=RESULT_PATIENCE)
            if is_so():
                return
            time.sleep(1.0)
        raise LostError(f"lb02 was not restored, though asked for {MOST_TRIES} times")

    def _find(self, patterns: tuple[str, ...], since: float) -> re.Match[str] | None:
        """The latest text that matches."""
        for sms in reversed(self.texts(since)):
            for pattern in patterns:
                if (found := re.search(pattern, sms.text)) is not None:
                    return found
        return None

    def texts(self, since: float) -> list[Sms]:
        return [sms for _, sms in self.phone.texts() if sms.at > since]


def wait(look: Callable[[], bool], *, what: str, patience: float) -> None:
    """Wait until something is so."""
    wait_until(lambda: look() or None, what=what, timeout=patience)
