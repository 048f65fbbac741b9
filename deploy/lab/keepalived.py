"""The real keepalived of one node: started in the foreground, stopped, killed, frozen, reloaded."""

from __future__ import annotations

import signal
from pathlib import Path

from deploy.lab.conf import HEALTHY, InstanceConf, KeepalivedConf, render
from deploy.lab.errors import LabError
from deploy.lab.fault import Fault
from deploy.lab.membership import leave_group
from deploy.lab.node import Node
from deploy.lab.process import Process, children, send_signal
from deploy.lab.waiting import wait_until

CONF = "/etc/keepalived/keepalived.conf"
START_TIMEOUT = 20.0  # seconds; hang guards
ARGV = ("keepalived", "--dont-fork", "--log-console", "--log-detail", "--no-syslog", "--use-file", CONF)
INTO_SYSLOG = (
    "keepalived",
    "--dont-fork",
    "--log-console",
    "--log-detail",
    "--log-facility=1",
    "--use-file",
    CONF,
)
"""For a node with a /dev/log of its own."""


class Keepalived:
    """keepalived on one node. It logs into a file of its own for every start, and not into syslog (`argv`)."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._process: Process | None = None
        self.argv = ARGV

    # --- configuration ----------------------------------------------------------------------------

    def write_conf(self, conf: str | InstanceConf | KeepalivedConf) -> None:
        """Write keepalived.conf, readable by root alone as Debian has it; running processes are not told."""
        path = self._node.path(CONF)
        path.write_text(render(conf))
        path.chmod(0o640)

    def mark_healthy(self) -> None:
        """The default vrrp_script succeeds from now on."""
        self._node.path(HEALTHY).touch()

    def mark_unhealthy(self) -> None:
        """The default vrrp_script fails from now on."""
        self._node.path(HEALTHY).unlink(missing_ok=True)

    # --- processes --------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Does the parent run?"""
        return self._process is not None and self._process.running

    @property
    def process(self) -> Process:
        if self._process is None:
            raise LabError(f"keepalived was not started on {self._node.name}")
        return self._process

    @property
    def parent(self) -> int:
        """The parent's id on the host."""
        return self.process.pid

    @property
    def child(self) -> int | None:
        """The VRRP child's id on the host; None while there is none."""
        for pid in children(self.parent):
            return pid
        return None

    def start(self) -> None:
        """Start it and wait until the VRRP child runs (which says nothing about any election)."""
        self.launch()
        self.wait_child()

    def launch(self) -> None:
        """Start it without waiting for anything."""
        if self.running:
            raise LabError(f"keepalived runs already on {self._node.name}")
        self._process = self._node.popen(self.argv, name="keepalived")

    def wait_child(self, *, other_than: int | None = None) -> int:
        """Wait for a VRRP child that has come up (has read its configuration)."""

        def look() -> int | None:
            if not self.running:
                raise LabError(f"keepalived ended on {self._node.name}: {self.log()[-2000:]}")
            child = self.child
            return child if child not in {None, other_than} and _has_come_up(self.log()) else None

        return wait_until(
            look, what=f"the VRRP child of keepalived on {self._node.name}", timeout=START_TIMEOUT
        )

    def stop(self) -> None:
        """SIGTERM and wait: it resigns with priority 0 and removes its VIPs."""
        self.process.stop()

    def kill_parent(self) -> None:
        """SIGKILL the parent, and wait for the child, to which the kernel sends SIGTERM: it resigns."""
        child = self.child
        self.process.kill()
        wait_gone(child)

    def kill_child(self) -> None:
        """SIGKILL the VRRP child; the parent starts another."""
        if (child := self.child) is not None:
            send_signal(child, signal.SIGKILL)

    def kill_both(self) -> None:
        """SIGKILL to both before either can act: the VIPs stay behind."""
        parent, child = self.parent, self.child
        self.freeze()
        for pid in (child, parent):
            if pid is not None:
                send_signal(pid, signal.SIGKILL)
        self.process.kill()
        wait_gone(child)

    def freeze(self) -> None:
        """SIGSTOP to both."""
        for pid in (self.parent, self.child):
            if pid is not None:
                send_signal(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT to both."""
        if (child := self.child) is not None:
            send_signal(child, signal.SIGCONT)
        self.process.thaw()

    def reload(self) -> None:
        """SIGHUP: read keepalived.conf again."""
        send_signal(self.parent, signal.SIGHUP)

    def leave_group(self, group: str = "224.0.0.18", *, index: int = 2) -> Fault:
        """The VRRP child's sockets leave the group on the node's device with this index (eth0 is the second)."""
        child = self.child
        if child is None:
            raise LabError(f"keepalived has no VRRP child on {self._node.name}")
        return leave_group(child, group, index)

    # --- its log ----------------------------------------------------------------------------------

    @property
    def log_file(self) -> Path:
        return self.process.log

    def log(self) -> str:
        """What it has logged since its last start."""
        return self.process.output()

    def wait_log(self, pattern: str, *, after: int = 0, timeout: float = 30.0) -> None:
        """Wait for a line that matches, counted from character `after` of the log (len(log()) is now)."""
        self.process.wait_output(pattern, after=after, timeout=timeout)

    def wait_state(self, instance: str, state: str, *, after: int = 0, timeout: float = 30.0) -> None:
        """Wait until an instance has entered MASTER, BACKUP or FAULT."""
        self.wait_log(rf"\({instance}\) Entering {state} STATE", after=after, timeout=timeout)


def wait_gone(pid: int | None) -> None:
    """Wait until a process that was told to end is gone."""
    if pid is not None:
        wait_until(
            lambda: None if Path(f"/proc/{pid}").exists() else True,
            what=f"process {pid} to end",
            timeout=START_TIMEOUT,
        )


def _has_come_up(log: str) -> bool:
    """Since 2.2 it says so; before that its instances do, and one in FAULT as well."""
    return "Startup complete" in log or " STATE" in log
