"""A scene: a real pair in the lab with agents on it, what they said and when, held against the ground truth.

    with scene(Topology(), advert_int=1) as pair:
        pair.settle()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
        pair.await_verdict("steady")
        pair.must_have_said("steady split_brain steady", on=("lb01", "lb02"))

At the end of every scene: no verdict split_brain where the truth shows no overlap longer than the release allowance,
and a replay of every journal gives exactly the verdicts of the live run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.lab import InstanceConf, KeepalivedConf, Lab, LabError, Span, Topology, conf
from deploy.lab.waiting import wait_until
from hawatch.evidence import Evidence
from hawatch.journal import KEEP_FILES, change_record, findings_record, read_lines
from hawatch.judge import Judge

HANG_GUARD = 60.0
LOOKING_ON = 1.5
"""Seconds to look on after the last verdict, for one that should not come."""
OF_THE_MACHINE = frozenset(f"keepalived_starved@{node}" for node in ("lb01", "lb02", "lb03"))
"""True of a small machine with many labs on it, and no part of a story that does not ask for it."""
SCHEDULING = 0.3
"""Seconds by which a machine with many labs on it may delay what is due."""
OBSERVED_LATE = 0.4
"""Seconds by which a verdict may trail the end of the overlap that it is about."""


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict that an agent gave."""

    time: float
    node: str
    instance: str
    verdict: str
    rule: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blamed:
    """The causes that stood on one node from `time` on, each as `cause@node`; `info` ones are not blamed on anybody."""

    time: float
    causes: frozenset[str]


@dataclass
class Scene:
    """A lab with a running pair; `watched` are the nodes with agents."""

    lab: Lab
    confs: Mapping[str, str | InstanceConf | KeepalivedConf]
    watched: tuple[str, ...]
    vips: tuple[str, ...] = (conf.VIP,)
    interval: float = 1.0
    instance: str = "VI_1"
    marks: dict[str, int] = field(default_factory=dict)

    # --- what the agents said ---------------------------------------------------------------------

    def journal(self, node: str) -> Path:
        """The journal of the agent on a node, as seen from the host."""
        return self.lab.agent(node).state / "journal.jsonl"

    def journals(self, node: str) -> list[Path]:
        """All files of that journal, the oldest first; a new one is begun when one is full."""
        current = self.journal(node)
        older = [current.with_suffix(f".{number}.jsonl") for number in range(KEEP_FILES, 0, -1)]
        return [path for path in (*older, current) if path.exists()]

    def all_said(self, node: str) -> list[Said]:
        """Every change of verdict that the agent journalled, since the beginning."""
        return [
            Said(
                record["time"],
                node,
                record["instance"],
                record["verdict"],
                record["rule"],
                tuple(record["causes"]),
            )
            for record in self._records(node, "Change")
        ]

    def _records(self, node: str, kind: str) -> list[dict[str, Any]]:
        """The journal's records of this kind; the line in which an agent was killed is none."""
        found = []
        texts = (path.read_text(encoding="utf-8") for path in self.journals(node))
        for line in (line for text in texts for line in text.splitlines()):
            if line.startswith(f'{{"type":"{kind}"'):
                with suppress(ValueError):
                    found.append(json.loads(line))
        return found

    def said(self, node: str, instance: str | None = None) -> list[Said]:
        """What it said of one instance since the last `forget`, the verdict that stood then first."""
        wanted = instance or self.instance
        mark = self.marks.get(node, 0)
        everything = self.all_said(node)
        before = [s for s in everything[:mark] if s.instance == wanted]
        return before[-1:] + [s for s in everything[mark:] if s.instance == wanted]

    def verdicts(self, node: str, instance: str | None = None) -> list[str]:
        """The names of the verdicts in `said`."""
        return [s.verdict for s in self.said(node, instance)]

    def forget(self) -> None:
        """Begin the story here: what is said from now on counts, after the verdict that stands."""
        self.marks = {node: len(self.all_said(node)) for node in self.watched}

    # --- waiting ----------------------------------------------------------------------------------

    def await_verdict(
        self,
        verdict: str,
        *,
        on: Iterable[str] | None = None,
        instance: str | None = None,
        timeout: float = HANG_GUARD,
    ) -> None:
        """Wait until this verdict stands on these nodes (all that are watched)."""
        for node in on or self.watched:

            def stands(node: str = node) -> bool | None:
                return True if self.verdicts(node, instance)[-1:] == [verdict] else None

            try:
                wait_until(stands, what=f"{verdict} on {node}", timeout=timeout)
            except LabError as error:
                raise AssertionError(f"{error}\n{self.account()}") from None

    def await_story(
        self, story: str, *, on: Iterable[str] | None = None, instance: str | None = None
    ) -> None:
        """Wait until the verdicts since `settle` are these (see `must_have_said`), or can no longer become so."""
        words, nodes = story.split(), tuple(on or self.watched)

        def told_or_spoilt() -> bool | None:
            told = [self.verdicts(node, instance) for node in nodes]
            spoilt = any(not begins(said, words) for said in told)
            return True if spoilt or all(fits(said, words) for said in told) else None

        wait_until(told_or_spoilt, what=story, timeout=HANG_GUARD)

    def restart_agent(self, node: str) -> None:
        """Stop the agent in order, start it again after a moment, and wait for the first word of its new run."""
        self.lab.agent(node).stop()
        self.look_on()
        before = len(self.all_said(node))
        self.lab.agent(node).start()
        self.lab.agent(node).wait_ready()
        wait_until(
            lambda: len(self.all_said(node)) > before or None, what=f"a word of {node}", timeout=HANG_GUARD
        )

    def settle(self, verdict: str = "steady", *, owner: str | None = "lb01") -> None:
        """Wait until the owner holds, every agent says `verdict`; then begin the story."""
        if owner is not None:
            for vip in self.vips:
                self.lab.truth.wait_owner(vip, owner, timeout=HANG_GUARD)
        self.await_verdict(verdict)
        self.look_on()
        self.forget()

    def look_on(self, seconds: float = LOOKING_ON) -> None:
        """Let the agents say what they should not."""
        time.sleep(seconds)

    # --- claims -----------------------------------------------------------------------------------

    def must_have_said(
        self, story: str, *, on: Iterable[str] | None = None, instance: str | None = None
    ) -> None:
        """The verdicts since `settle`, in order and none other; a word with `?` may be missing, `a|b` is either.

        Waits for the last of them, and then looks on for one that should not come.
        """
        nodes = tuple(on or self.watched)
        with suppress(LabError):
            self.await_story(story, on=nodes, instance=instance)
        self.look_on()
        for node in nodes:
            told = self.verdicts(node, instance)
            assert fits(told, story.split()), f"{node}: wanted {story!r}, said {told}\n{self.account()}"

    def must_know(
        self, cause: str, *, on: str, instance: str | None = None, saying: str = ""
    ) -> dict[str, Any]:
        """The finding of this cause, with these words in its summary, in the status of a node.

        It may follow the verdict by a moment.
        """
        wanted = instance or self.instance

        def look() -> dict[str, Any] | None:
            routers = self.lab.agent(on).status()["virtual_routers"]
            found = [f for router in routers if router["instance"] == wanted for f in router["findings"]]
            known = [f for f in found if f["cause"] == cause and saying in f["summary"]]
            return dict(known[0]) if known else None

        try:
            return wait_until(look, what=f"{cause} {saying!r} on {on}", timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}\n{self.account()}") from None

    def must_forget(self, cause: str, *, on: str, instance: str | None = None) -> None:
        """No finding of this cause is left in the status of a node, after a moment at the latest."""
        wanted = instance or self.instance

        def look() -> bool | None:
            routers = self.lab.agent(on).status()["virtual_routers"]
            found = {
                f["cause"] for router in routers if router["instance"] == wanted for f in router["findings"]
            }
            return True if cause not in found else None

        try:
            wait_until(look, what=f"the end of {cause} on {on}", timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}\n{self.account()}") from None

    def blamed(self, node: str, instance: str | None = None) -> list[Blamed]:
        """Every change of findings that the agent journalled: what it blamed, since when; information left out."""
        wanted, found = instance or self.instance, []
        for record in self._records(node, "Findings"):
            if record["instance"] == wanted:
                told = {f"{cause}@{at}" for cause, at, severity in record["findings"] if severity != "info"}
                found.append(Blamed(record["time"], frozenset(told)))
        return found

    def must_blame(
        self, *causes: str, on: Iterable[str] | None = None, instance: str | None = None, also: str = ""
    ) -> None:
        """Exactly these causes, each as `cause@node`, stand now on these agents (all that are watched), and no other.

        They stand at the latest two intervals or 1 s after the verdict. `also` are those, separated by blanks, that may
        stand beside them for a named reason.
        """
        self.must_warn_of(*causes, on=on, instance=instance, also=also)
        for node in on or self.watched:
            self._must_have_blamed_in_time(node, set(causes), instance)

    def must_warn_of(
        self, *causes: str, on: Iterable[str] | None = None, instance: str | None = None, also: str = ""
    ) -> None:
        """The same of latent causes, which no verdict precedes: whenever they are found."""
        for node in on or self.watched:
            wanted, allowed = set(causes), set(also.split())

            def stand(
                node: str = node, wanted: set[str] = wanted, allowed: set[str] = allowed
            ) -> bool | None:
                told = self.blamed(node, instance)[-1:]
                stand_now = told[0].causes - (OF_THE_MACHINE - wanted) if told else frozenset()
                return True if wanted <= stand_now <= wanted | allowed else None

            try:
                wait_until(stand, what=f"{', '.join(causes)} on {node}", timeout=HANG_GUARD)
            except LabError as error:
                last = self.blamed(node, instance)[-1:]
                raise AssertionError(f"{error}; it blames {last}\n{self.account()}") from None

    def _must_have_blamed_in_time(self, node: str, causes: set[str], instance: str | None) -> None:
        verdict = self.said(node, instance)[-1]
        begun = [
            next((told.time for told in reversed(self._run_of(node, cause, instance))), 0.0)
            for cause in causes
        ]
        late = max(begun, default=0.0) - verdict.time
        assert late <= max(2 * self.interval, 1.0) + SCHEDULING, (
            f"{late:.3f} s late on {node}\n{self.account()}"
        )

    def _run_of(self, node: str, cause: str, instance: str | None) -> list[Blamed]:
        """The unbroken run of records, newest first, in which this cause stands."""
        run = []
        for told in reversed(self.blamed(node, instance)):
            if cause not in told.causes:
                break
            run.append(told)
        return run

    def overlaps(self) -> list[Span]:
        """Every time at which two nodes held one of the VIPs for longer than an orderly handover takes."""
        allowance = max(0.150, self.interval / 4)
        return [
            span for vip in self.vips for span in self.lab.truth.overlaps(vip) if span.seconds > allowance
        ]

    def must_not_have_cried_wolf(self) -> None:
        """No split_brain began where the truth shows no overlap beyond the allowance."""
        overlaps = self.overlaps()
        for node in self.watched:
            for said in self.all_said(node):
                if said.verdict == "split_brain":
                    founded = any(
                        span.start <= said.time
                        and (span.end is None or said.time <= span.end + OBSERVED_LATE)
                        for span in overlaps
                    )
                    assert founded, f"{node} cried split_brain at {said.time:.3f}\n{self.account()}"

    def must_replay(self) -> None:
        """Every journal, replayed, gives exactly the verdicts of the live run; several files have no beginning."""
        for node in self.watched:
            if len(self.journals(node)) > 1:
                continue
            live, replayed = replay(self.journal(node))
            assert replayed == live, f"{node}: the replay differs\n{self.account()}"

    def account(self) -> str:
        """For a failed scene: what was said when, and the ground truth."""
        lines = [
            f"{said.time:.3f} {node} {said.instance} {said.verdict} {said.rule} {','.join(said.causes)}"
            for node in self.watched
            for said in self.all_said(node)
        ]
        lines += [
            f"{told.time:.3f} {node} blames {' '.join(sorted(told.causes)) or 'nobody'}"
            for node in self.watched
            for told in self.blamed(node)
        ]
        return "\n".join([*lines, self.lab.report()])


def replay(journal: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The changes that a journal records, and those that its inputs give again; each run starts with a new judge.

    What follows from the last input of a run may be missing in the journal if the agent was killed over it: it is left
    out of both.
    """
    live: list[dict[str, Any]] = []
    replayed: list[dict[str, Any]] = []
    with journal.open(encoding="utf-8") as lines:
        for run in runs(read_lines(lines, journal.name)):
            recorded, given, lately = run_again(run)
            missing = len(given) - len(recorded)
            if 0 < missing <= lately:
                given = given[:-missing]
            live += recorded
            replayed += given
    return live, replayed


Record = Evidence | dict[str, Any]


def runs(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records of a journal, run by run: a run of the agent begins with Started."""
    run: list[Record] = []
    for record in records:
        if type(record).__name__ == "Started" and run:
            yield run
            run = []
        run.append(record)
    if run:
        yield run


def run_again(run: Iterable[Record]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """The changes that a run records, those that its inputs give, and how many of these the last input gives."""
    recorded: list[dict[str, Any]] = []
    given: list[dict[str, Any]] = []
    lately = 0
    judge = Judge()
    for record in run:
        if isinstance(record, dict):
            recorded.append({key: value for key, value in record.items() if key != "type"})
            continue
        outcome = judge.step(record)
        new = [change_record(change) for change in outcome.changes]
        new += [findings_record(change) for change in outcome.findings]
        given += new
        lately = len(new)
    return recorded, given, lately


def fits(told: list[str], story: list[str]) -> bool:
    """Whether the verdicts told are the story's words in order."""
    if not story:
        return not told
    word, rest = story[0], story[1:]
    optional = word.endswith("?")
    if told and told[0] in word.rstrip("?").split("|") and fits(told[1:], rest):
        return True
    return optional and fits(told, rest)


def begins(told: list[str], story: list[str]) -> bool:
    """Whether the verdicts told may still become the story."""
    if not told:
        return True
    return bool(story) and (
        (told[0] in story[0].rstrip("?").split("|") and begins(told[1:], story[1:]))
        or (story[0].endswith("?") and begins(told, story[1:]))
    )


def start_in_order(lab: Lab, confs: Mapping[str, str | InstanceConf | KeepalivedConf], instance: str) -> None:
    """Start the first node's keepalived, and the others when it is MASTER: no election is part of the story."""
    first, *others = confs
    lab.start_keepalived({first: confs[first]})
    lab.keepalived(first).wait_state(instance, "MASTER", timeout=HANG_GUARD)
    lab.start_keepalived({name: confs[name] for name in others})


@contextmanager
def scene(
    topology: Topology | None = None,
    *,
    confs: Mapping[str, str | InstanceConf | KeepalivedConf] | None = None,
    agents: tuple[str, ...] | None = None,
    agent_config: str | Mapping[str, str] | None = None,
    start_keepalived: bool = True,
    start_agents: bool = True,
    vips: tuple[str, ...] = (conf.VIP,),
    instance: str = "VI_1",
    **common: Any,
) -> Iterator[Scene]:
    """A pair of real keepalived nodes with agents on them; `common` are fields of InstanceConf for both."""
    with Lab(topology) as lab:
        common.setdefault("advert_int", 1)
        chosen = confs if confs is not None else conf.pair(lab.topology, **common)
        watched = agents if agents is not None else lab.topology.routers
        for name in watched:
            if agent_config is not None:
                text = agent_config if isinstance(agent_config, str) else agent_config[name]
                lab.agent(name).write_config(text)
        made = Scene(lab, chosen, watched, vips=vips, interval=float(common["advert_int"]), instance=instance)
        if start_keepalived:
            start_in_order(lab, chosen, instance)
        if start_agents:
            lab.start_agents(*watched)
        yield made
        made.must_not_have_cried_wolf()
        for name in watched:
            if lab.agent(name).running:
                lab.agent(name).stop()
        made.must_replay()
