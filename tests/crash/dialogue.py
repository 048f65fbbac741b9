"""One night after the other on the same pair: a split, the whole dialogue, peace, while agents are being killed."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.lab import LabError, conf
from hawatch.journal import change_record, findings_record, read_lines
from hawatch.judge import Judge
from tests.crash.acting import allow
from tests.crash.claims import Evening, read_books
from tests.crash.killing import Killer, draw_points
from tests.crash.owner import Owner, Sent, wait
from tests.lab.night import BOTH, CONFIG, OnCall, Person, Phone, night

SPARE = 3
"""Points beyond those that are wanted: in some nights a step does not come often enough."""
# Whoever could not be told at once what can be done is told again before long.
SETTINGS = CONFIG.replace("[oncall]", '[oncall]\nrepeat_every = "30s"')
PEACE_PATIENCE = 90.0
BOOKS_PATIENCE = 30.0


def person_of(night_number: int) -> Person:
    """Whoever is on call that night: nobody is asked for more than a person is let to ask for in an hour."""
    return Person(f"anna{night_number}", f"+8613800000{night_number:03d}")


@dataclass
class Result:
    """What came of some nights on one pair."""

    seed: str
    nights: int = 0
    kills: int = 0
    helper_kills: int = 0
    copies: Counter[int] = field(default_factory=Counter)
    at_steps: Counter[str] = field(default_factory=Counter)
    replies: int = 0
    repeated: int = 0
    unclear: int = 0
    violations: list[str] = field(default_factory=list)
    account: str = ""


@dataclass
class Nights:
    """A pair with modems and agents, and all that its nights have left."""

    on_call: OnCall
    killer: Killer
    result: Result
    rng: random.Random
    sent: list[Sent] = field(default_factory=list)

    def pass_one(self, kills: int) -> list[str]:
        """One night with so many kills aimed at; what did not hold."""
        number = self.result.nights
        self._hand_over_to(person_of(number))
        owner = Owner(Phone(person_of(number), self.on_call.modems), self.rng)
        points = draw_points(self.rng, kills)
        self.killer.aim(points)
        problems: list[str] = []
        try:
            self._dialogue(owner)
        except (AssertionError, LabError) as error:
            problems.append(f"the dialogue did not end: {error}")
        finally:
            self.killer.rest()
        self.sent += owner.sent
        self.result.nights += 1
        problems += self._who_ended()
        return problems or self._what_does_not_hold(number)

    def _who_ended(self) -> list[str]:
        """Whoever has ended without having been killed."""
        lab = self.on_call.pair.lab
        services = [service for node in BOTH for service in (lab.agent(node), lab.helper(node))]
        return [
            f"{each.name} of {each.node.name} ended by itself: {each.log()[-1000:]}"
            for each in services
            if not each.running
        ]

    def _hand_over_to(self, person: Person) -> None:
        for node in BOTH:
            agent = self.on_call.pair.lab.agent(node)
            agent.stop()
            agent.write_config(SETTINGS + person.toml)
            agent.start()
        for node in BOTH:
            self.on_call.pair.lab.agent(node).wait_ready()
        self._await_peace()

    def _dialogue(self, owner: Owner) -> None:
        lab = self.on_call.pair.lab
        begun = time.monotonic()
        with lab.firewall.drop_vrrp_inbound("lb02"):
            code, choice = owner.is_woken(begun)
            owner.acknowledges(code)
            undo = owner.has_demoted(choice, lambda: not self._holds("lb02"))
            lab.truth.wait_owner(conf.VIP, "lb01")
            if owner.nonces and undo is not None:
                owner.tries_again(owner.nonces[-1])
        if undo is not None:
            owner.has_restored(undo, lambda: self._runs("lb02"))
        else:
            # Nobody could say what came of it, since the helper died in the middle: then a person looks by hand.
            self.result.unclear += 1
        if not self._runs("lb02"):
            lab.node("lb02").run(["/usr/sbin/keepalived", "--no-syslog", "--use-file", KEEPALIVED])
        self._await_peace()
        # The split itself may have been over, and told so, before redundancy was back.
        owner.must_read(r"OVER: ", since=begun)

    def _holds(self, node: str) -> bool:
        """Whether the node's kernel has the VIP."""
        found = self.on_call.pair.lab.node(node).run(["ip", "-o", "address", "show", "dev", "eth0"]).stdout
        return f" {conf.VIP}/" in found

    def _runs(self, node: str) -> bool:
        """Whether keepalived runs there, whoever started it."""
        found = self.on_call.pair.lab.node(node).run(["pgrep", "--exact", "keepalived"], check=False)
        return found.returncode == 0

    def _await_peace(self) -> None:
        def look() -> bool:
            return set(self.killer.verdicts.values()) == {"steady"}

        wait(look, what=f"steady on both nodes ({self.killer.verdicts})", patience=PEACE_PATIENCE)

    def _what_does_not_hold(self, number: int) -> list[str]:
        """Whatever is still wrong after a few seconds of patience."""
        for node in BOTH:
            self.on_call.pair.lab.agent(node).wait_ready()
        senders = frozenset(person_of(each).number for each in range(number + 1))
        deadline = time.monotonic() + BOOKS_PATIENCE
        while True:
            books = {node: read_books(self.on_call, node) for node in BOTH}
            evening = Evening(self.on_call, books, tuple(self.sent), senders)
            found = evening.violations()
            if not found or time.monotonic() > deadline:
                self.result.copies = evening.copies()
                return found
            time.sleep(0.5)


KEEPALIVED = "/etc/keepalived/keepalived.conf"


@contextmanager
def nights(seed: str) -> Iterator[Nights]:
    """A pair with a modem on each node, actions that write what they do, and somebody who kills."""
    with night(person_of(0)) as on_call:
        for node in BOTH:
            allow(on_call.pair.lab, node)
        with Killer(on_call.pair.lab) as killer:
            made = Nights(on_call, killer, Result(seed), random.Random(seed))
            yield made
        on_call.pair.must_not_have_cried_wolf()
        for node in BOTH:
            on_call.pair.lab.agent(node).stop()
            assert not (told := untrue(on_call.pair.journal(node))), f"{node}: the replay differs: {told}"
        on_call.pair.watched = ()  # all that a scene asks of its agents at the end has been asked


def untrue(journal: Path) -> list[str]:
    """Where the verdicts of an agent's lives differ from what its inputs give; the last one's words may be missing."""
    lives: list[tuple[list[str], list[str]]] = [([], [])]
    judge = Judge()
    with journal.open(encoding="utf-8") as lines:
        for record in read_lines(lines, journal.name):
            if isinstance(record, dict):
                lives[-1][0].append(
                    json.dumps({key: value for key, value in record.items() if key != "type"})
                )
                continue
            if type(record).__name__ == "Started":
                judge = Judge()
                lives.append(([], []))
            outcome = judge.step(record)
            said = [change_record(each) for each in outcome.changes]
            said += [findings_record(each) for each in outcome.findings]
            lives[-1][1].extend(json.dumps(each) for each in said)
    return [f"{live} is not {again}" for live, again in lives if live != again[: len(live)]]


def run(seed: str, kills: int, *, each_night: int = 7, most_nights: int = 8) -> Result:
    """Nights until so many agents were killed, or something does not hold."""
    made: Nights | None = None
    try:
        with nights(seed) as made:
            while made.killer.kills < kills and made.result.nights < most_nights:
                problems = made.pass_one(min(each_night, kills - made.killer.kills + SPARE))
                if problems:
                    _conclude(made)
                    made.result.violations = problems
                    made.result.account = _account(made)
                    break
            _conclude(made)
    except (AssertionError, LabError) as error:
        if made is None:
            return Result(seed, violations=[f"no pair came about: {error}"])
        made.result.violations.append(f"the scene did not end as it must: {error}")
        made.result.account = made.result.account or "\n".join(made.killer.account)
    return made.result


def run_share(share: tuple[str, int], *, each_night: int) -> Result:
    """One lab's nights, in a process of its own."""
    seed, kills = share
    return run(seed, kills, each_night=each_night)


def _conclude(made: Nights) -> None:
    result, killer = made.result, made.killer
    result.kills, result.helper_kills = killer.kills, killer.helper_kills
    result.at_steps = killer.at_steps
    result.replies = len(made.sent)


def _account(made: Nights) -> str:
    """What was killed when, what was said, and what is on disk."""
    lines = ["kills:", *made.killer.account, "texts sent by the owners:"]
    lines += [f"{each.at:.3f} to {each.to}: {each.text}" for each in made.sent]
    lines.append("texts that reached a telephone:")
    arrived = [(sms.at, node, sms) for node in BOTH for sms in made.on_call.modems[node].messages()]
    lines += [
        f"{at:.3f} {node} to {sms.to}: {sms.text}"
        for at, node, sms in sorted(arrived, key=lambda one: one[0])
    ]
    for node in BOTH:
        books = read_books(made.on_call, node)
        lines.append(f"{node} has on disk:")
        lines += [
            f"  {kind} {name}: {record}" for kind in books.records for name, record in books.of(kind).items()
        ]
        lines += [f"  own incident {name}: {record}" for name, record in books.incidents.items()]
        lines += [f"  owes {each}" for each in books.owed]
        for path in sorted(made.on_call.pair.lab.node(node).directory.glob("log/*-[ah][ge][el]*.log")):
            lines += [f"== {node} {path.name}", path.read_text(errors="replace")[-6000:]]
    return "\n".join(lines)
