"""Watches beside hawatch: which processes run, and whether an agent shows in every place what its journal says."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from deploy.lab import Lab, LabError
from deploy.lab.process import children
from tests.campaign.record import Blamed, Compared, Lived, Said

PERIOD = 0.04
POLL_PERIOD = 0.3
TRIES = 3
GONE = ("gone", 0)
PLUGIN = "/opt/hawatch/nagios/check_hawatch"
CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
VERDICT = re.compile(r"^hawatch_verdict\{(.*)\} 1(?:\.0)?$", re.MULTILINE)
FINDING = re.compile(r"^hawatch_finding\{(.*)\} 1(?:\.0)?$", re.MULTILINE)


class Repeating:
    """Calls something every so often in a thread of its own, from `with` to its end."""

    def __init__(self, call: Callable[[], None], period: float) -> None:
        self._call, self._period = call, period
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="campaign-watch", daemon=True)

    def __enter__(self) -> Repeating:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._period):
            self._call()


class Pulse:
    """How long the machine gave nobody a turn, as a thread of ours sees it: no agent can be asked for more than it."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self.worst = 0.0

    def beat(self) -> None:
        """One turn; how late it is."""
        now = time.monotonic()
        self.worst = max(self.worst, now - self._last - PERIOD)
        self._last = now


class Lives:
    """In which state keepalived and the agents are, from looks at /proc."""

    def __init__(self, lab: Lab, agents: tuple[str, ...]) -> None:
        self._lab = lab
        self._agents = agents
        self._found: dict[tuple[str, str], list[tuple[float, str]]] = {}
        self._last: dict[tuple[str, str], tuple[str, int]] = {}

    def look(self) -> None:
        """One look at all."""
        for node in self._lab.topology.routers:
            self._note("keepalived", node, *self._keepalived(node))
        for node in self._agents:
            agent = self._lab.agent(node)
            self._note("agent", node, *((state_of(agent.pid), agent.pid) if agent.running else GONE))

    def until(self, end: float) -> tuple[Lived, ...]:
        """All that was seen."""
        lives = []
        for (what, node), changes in self._found.items():
            ends = [at for at, _ in changes[1:]] + [end]
            lives += [
                Lived(what=what, node=node, start=start, end=stop, state=state)
                for (start, state), stop in zip(changes, ends, strict=True)
            ]
        return tuple(lives)

    def _keepalived(self, node: str) -> tuple[str, int]:
        keepalived = self._lab.keepalived(node)
        if not keepalived.running:
            return GONE
        try:
            parent = keepalived.parent
        except LabError:
            return GONE
        offspring = children(parent)
        return (state_of(offspring[0]), offspring[0]) if offspring else GONE

    def _note(self, what: str, node: str, state: str, pid: int) -> None:
        """A new process is a new life, however quickly it followed."""
        changes = self._found.setdefault((what, node), [])
        if not changes or self._last[what, node] != (state, pid):
            changes.append((time.monotonic(), state))
        self._last[what, node] = state, pid


def state_of(pid: int) -> str:
    """`running`, `stopped` or `gone`."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"
    return {"T": "stopped", "t": "stopped", "Z": "gone", "X": "gone"}.get(letter, "running")


class Polled:
    """What an agent's status says, over and over: for one whose journal cannot be written."""

    def __init__(self, lab: Lab, node: str) -> None:
        self._lab, self._node = lab, node
        self.said: list[Said] = []
        self.blamed: list[Blamed] = []

    def look(self) -> None:
        """One look; a silent agent says nothing."""
        with suppress(OSError, LabError):
            for router in self._lab.agent(self._node).status()["virtual_routers"]:
                self._note(time.monotonic(), router)

    def _note(self, at: float, router: dict[str, Any]) -> None:
        node, instance = self._node, router["instance"]
        said = Said(time=at, node=node, instance=instance, verdict=router["verdict"], rule=router["rule"])
        self.said.append(said)
        hard, mild = split_findings([[f["cause"], f["node"], f["severity"]] for f in router["findings"]])
        self.blamed.append(Blamed(time=at, node=node, instance=instance, causes=hard, mild=mild))


def split_findings(findings: list[list[str]]) -> tuple[frozenset[str], frozenset[str]]:
    """Findings as `cause@node`: those that blame, and those that inform."""
    hard = frozenset(f"{cause}@{node}" for cause, node, severity in findings if severity != "info")
    mild = frozenset(f"{cause}@{node}" for cause, node, severity in findings if severity == "info")
    return hard, mild


def read_journal(path: Path, node: str) -> tuple[list[Said], list[Blamed]]:
    """Every verdict and every set of causes that an agent journalled; torn lines are none.

    A new run blames nobody until it says so.
    """
    said: list[Said] = []
    blamed: list[Blamed] = []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    for line in lines:
        if not line.startswith(('{"type":"Change"', '{"type":"Findings"', '{"type":"Started"')):
            continue
        with suppress(ValueError, KeyError):
            record = json.loads(line)
            if record["type"] == "Started":
                blamed += [
                    Blamed(time=record["at"], node=node, instance=each, causes=frozenset())
                    for each in sorted({each.instance for each in blamed})
                ]
                continue
            at, instance = record["time"], record["instance"]
            if record["type"] == "Change":
                verdict, rule = record["verdict"], record["rule"]
                said.append(Said(time=at, node=node, instance=instance, verdict=verdict, rule=rule))
            else:
                hard, mild = split_findings(record["findings"])
                blamed.append(Blamed(time=at, node=node, instance=instance, causes=hard, mild=mild))
    return said, blamed


def compare(lab: Lab, node: str, journal: Path) -> Compared | None:
    """Status, metrics and plugin beside the journal; None when it never stood still, or the agent does not answer."""
    for _ in range(TRIES):
        before = read_journal(journal, node)
        try:
            status, metrics = lab.agent(node).status(), lab.agent(node).get("/metrics")
        except (OSError, LabError):
            return None
        argv = [sys.executable, PLUGIN, "-v", "--moved-within", "0"]
        plugin = lab.node(node).run(argv, check=False)
        again = lab.agent(node).status()
        if read_journal(journal, node) == before and again["severity"] == status["severity"]:
            found = differences(before, status, metrics, plugin.returncode, plugin.stdout)
            return Compared(time=time.monotonic(), node=node, differences=tuple(found))
    return None


def differences(
    journal: tuple[list[Said], list[Blamed]], status: dict[str, Any], metrics: str, code: int, text: str
) -> list[str]:
    """Where one of them shows something else than the judge said. Pure."""
    said = {each.instance: each.verdict for each in journal[0]}
    blamed = {each.instance: each.causes | each.mild for each in journal[1]}
    found = []
    shown = {router["instance"]: router["verdict"] for router in status["virtual_routers"]}
    if shown != said:
        found.append(f"the judge said {said}, status shows {shown}")
    counted = {label(text, "vrrp_instance"): label(text, "verdict") for text in VERDICT.findall(metrics)}
    if counted != said:
        found.append(f"the judge said {said}, metrics show {counted}")
    for router in status["virtual_routers"]:
        instance = router["instance"]
        told = {f"{f['cause']}@{f['node']}" for f in router["findings"]}
        judged = blamed.get(instance, frozenset())
        if told != judged:
            found.append(f"{instance}: the judge blames {sorted(judged)}, status {sorted(told)}")
        causes = {each.partition("@")[0] for each in told}
        measured = {
            label(each, "cause")
            for each in FINDING.findall(metrics)
            if label(each, "vrrp_instance") == instance
        }
        if causes != measured:
            found.append(f"{instance}: status blames {sorted(causes)}, metrics {sorted(measured)}")
    if code != CODES[status["severity"]]:
        found.append(f"status is {status['severity']}, the plugin exits with {code}: {text.splitlines()[0]}")
    unsaid = [
        f"{instance} {verdict}" for instance, verdict in shown.items() if not says(text, instance, verdict)
    ]
    if unsaid:
        found.append(f"the plugin does not say {unsaid}")
    return found


def says(text: str, instance: str, verdict: str) -> bool:
    """Whether the plugin's lines name this verdict of this instance."""
    return re.search(rf"^{instance} .*\b{verdict}\b", text, re.MULTILINE) is not None


def label(labels: str, name: str) -> str:
    """The value of one label of a metric."""
    match = re.search(rf'(?:^|,){name}="([^"]*)"', labels)
    return match.group(1) if match else ""
