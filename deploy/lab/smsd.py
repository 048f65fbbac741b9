"""SMS on one node: the real smsd of smstools3, and a modem of our own behind which every text can be read."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.lab import network
from deploy.lab.errors import LabError
from deploy.lab.identity import Identity, agent_identity
from deploy.lab.node import INTERPRETER, SOURCE, Node
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until

SMSD = "/usr/sbin/smsd"
SPOOL = "/run/sms"  # what the channel of the agent has as `spool`
REPLIES = "/run/sms/hawatch"  # and as `replies`
CONF = "/run/sms/state/smsd.conf"
RECORD = "/run/sms/modem.jsonl"
HANDLER = "/run/sms/state/event"
USER = "smsd"
STAGES = ("outgoing", "checked", "incoming", "failed", "sent")
AT_PORT, CONTROL_PORT = 10115, 10116
CONTROL_TIMEOUT = 10.0  # seconds; hang guards
START_TIMEOUT = 30.0
SMS_TIMEOUT = 60.0

# The settings of deploy/smstools/smsd.conf, on this node's paths and with a modem on TCP that is soon tried again.
SETTINGS = f"""\
devices = GSM1
{"".join(f"{stage} = {SPOOL}/{stage}" + chr(10) for stage in STAGES)}\
infofile = {SPOOL}/state/working
pidfile = {SPOOL}/state/pid
logfile = 1
loglevel = 6
delaytime = 1
errorsleeptime = 1
blocktime = 5
receive_before_send = no
trust_outgoing = yes
autosplit = 3
incoming_utf8 = yes
keep_filename = yes
umask = 0007
eventhandler = {HANDLER}

[GSM1]
device = @127.0.0.1:{AT_PORT}
incoming = yes
messageids = 3
socket_connection_retries = -1
socket_connection_errorsleeptime = 1
"""
EVENT = f'#!/bin/sh\nHAWATCH_REPLIES={REPLIES} exec {SOURCE}/deploy/smstools/hawatch-smsd-event "$@"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """A text that has reached a telephone: `at` is CLOCK_MONOTONIC seconds, `alphabet` gsm or ucs2."""

    at: float
    to: str
    text: str
    parts: int
    alphabet: str


class Smsd:
    """smsd and its modem on a node. The agent reaches them as its own user, through a group they share."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._smsd: Process | None = None
        self._modem: Process | None = None

    # --- processes --------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._smsd is not None and self._smsd.running

    def start(self) -> None:
        """Start the modem, if it does not run, and smsd, and wait until smsd has talked to it."""
        if self.running:
            raise LabError(f"smsd runs already on {self.node.name}")
        self._prepare()
        if self._modem is None or not self._modem.running:
            ports = (str(AT_PORT), str(CONTROL_PORT))
            argv = [INTERPRETER, "-sS", "-m", "deploy.lab.modem", *ports, RECORD]
            self._modem = self.node.popen(argv, name="modem")
            self._modem.wait_output("^ready$", timeout=START_TIMEOUT)
        self._smsd = self.node.popen([SMSD, f"-c{CONF}", "-s", "-t"], name="smsd", identity=smsd_identity())
        self._smsd.wait_output("IMSI: ", timeout=START_TIMEOUT)

    def stop(self) -> int:
        """SIGTERM to smsd and wait; its exit code. The modem stays."""
        return self._process().stop()

    def kill(self) -> None:
        """SIGKILL to smsd and its children, which would run on without it."""
        process = self._process()
        self.node.run(
            ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "kill", "-KILL", "-1"],
            check=False,
        )
        process.wait()

    def log(self) -> str:
        """What smsd has written since its last start."""
        return self._process().output()

    def _process(self) -> Process:
        if self._smsd is None:
            raise LabError(f"smsd was not started on {self.node.name}")
        return self._smsd

    def _prepare(self) -> None:
        """The spool, as Debian and deploy/smstools/README.md make it: smsd's own, and the shared group's."""
        owner, shared = pwd.getpwnam(USER).pw_uid, agent_identity().gid
        self._path(SPOOL).mkdir(mode=0o755, exist_ok=True)
        for part in (*STAGES, "hawatch", "state"):
            path = self._path(f"{SPOOL}/{part}")
            path.mkdir(exist_ok=True)
            os.chown(path, owner, shared)
            path.chmod(0o2770)
        self.node.write(CONF, SETTINGS)
        self.node.write(HANDLER, EVENT)
        self._path(HANDLER).chmod(0o755)

    # --- telephones -------------------------------------------------------------------------------

    def messages(self) -> list[Sms]:
        """All that has reached a telephone, in order."""
        try:
            lines = self._path(RECORD).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        whole = lines[: lines.rfind("\n") + 1]
        return [Sms(**json.loads(line)) for line in whole.splitlines()]

    def await_sms(
        self, *, to: str | None = None, containing: str = "", after: float = 0.0, timeout: float = SMS_TIMEOUT
    ) -> str:
        """The first text that reaches a telephone after a moment of CLOCK_MONOTONIC. LabTimeout."""

        def look() -> str | None:
            for sms in self.messages():
                if sms.at > after and to in {None, sms.to} and containing in sms.text:
                    return sms.text
            return None

        return wait_until(
            look, what=f"a text to {to} with {containing!r} from {self.node.name}", timeout=timeout
        )

    def reply(self, sender: str, text: str) -> None:
        """A telephone sends a text to this node's modem."""
        self._order({"receive": text, "from": sender})

    def report_deliveries(self) -> None:
        """From now on the network confirms every message for which that is asked."""
        self._order({"reports": True})

    # --- trouble ----------------------------------------------------------------------------------

    def break_modem(self) -> None:
        """The modem goes away: its line is cut, and nobody answers there."""
        self._order({"trouble": "away"})

    def refuse_messages(self) -> None:
        """The network takes no message, and the modem says so."""
        self._order({"trouble": "refuse"})

    def slow_modem(self) -> None:
        """The modem needs seconds for every message."""
        self._order({"trouble": "slow"})

    def mend_modem(self) -> None:
        """All is well with it again."""
        self._order({"trouble": "none"})

    # --- files ------------------------------------------------------------------------------------

    def outgoing(self) -> list[str]:
        """The names of the messages that wait in outgoing/, drafts left out."""
        return self.listing("outgoing")

    def listing(self, stage: str) -> list[str]:
        """The names in one of smsd's directories."""
        names = (path.name for path in self._path(f"{SPOOL}/{stage}").iterdir())
        return sorted(name for name in names if not name.startswith(".") and not name.endswith(".LOCK"))

    def _path(self, inside: str) -> Path:
        return self.node.path(inside)

    def _order(self, order: Mapping[str, object]) -> None:
        line = json.dumps(order).encode() + b"\n"
        with network.connect(self.node.pid, "127.0.0.1", CONTROL_PORT, timeout=CONTROL_TIMEOUT) as control:
            control.sendall(line)
            if not control.recv(64):
                raise LabError(f"the modem of {self.node.name} did not obey {order}")


def smsd_identity() -> Identity:
    """smsd's user as Debian has it, in the agent's group too. SIGPIPE is ignored, as systemd does for its services."""
    entry = pwd.getpwnam(USER)
    prefix = (
        "env",
        "--ignore-signal=PIPE",
        "setpriv",
        f"--reuid={entry.pw_uid}",
        f"--regid={entry.pw_gid}",
        f"--groups={agent_identity().gid}",
    )
    return Identity(name=USER, uid=entry.pw_uid, gid=entry.pw_gid, prefix=prefix)
