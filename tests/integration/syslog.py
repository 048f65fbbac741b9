"""A real rsyslogd on one node, behind a /dev/log of the node's own, that writes keepalived's log into a file."""

from __future__ import annotations

import signal
from pathlib import Path

from deploy.lab import Lab
from deploy.lab.identity import agent_identity
from deploy.lab.keepalived import INTO_SYSLOG
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until

LOG = "/run/keepalived.log"
_CONF = "/run/rsyslog.conf"
# The node has the host's /dev, in which all nodes would have one /dev/log.
_OWN_DEV = """
set -e
mkdir /run/dev
mount -t tmpfs -o mode=755 dev /run/dev
for device in null zero full random urandom tty; do
    touch /run/dev/$device
    mount --bind /dev/$device /run/dev/$device
done
mkdir /run/dev/shm /run/dev/pts
mount --rbind /run/dev /dev
"""


class Rsyslog:
    """Started before keepalived, which logs as local1 from then on."""

    def __init__(self, lab: Lab, name: str, *, template: str = "RSYSLOG_FileFormat") -> None:
        self._node = lab.node(name)
        self._node.run(["sh", "-c", _OWN_DEV])
        group = agent_identity().gid
        self._node.write(
            _CONF,
            '$WorkDirectory /run\nmodule(load="imuxsock" SysSock.Name="/dev/log")\n'
            f'local1.* action(type="omfile" file="{LOG}" template="{template}" fileCreateMode="0640"'
            f' fileGroupNum="{group}")\n',
        )
        self._process: Process = self._node.popen(
            ["rsyslogd", "-n", "-iNONE", "-f", _CONF], name=f"rsyslogd-{name}"
        )
        wait_until(
            lambda: (
                True
                if self._node.run(
                    ["logger", "-p", "local1.info", "-t", "lab", "ready"], check=False
                ).returncode
                == 0
                and self.path.exists()
                else None
            ),
            what=f"rsyslogd on {name}",
            timeout=30,
        )
        lab.keepalived(name).argv = INTO_SYSLOG

    @property
    def path(self) -> Path:
        """The log, as the host can open it."""
        return self._node.path(LOG)

    def rotate(self) -> None:
        """As logrotate does it: another name first, and rsyslogd told afterwards."""
        self.path.rename(self.path.with_suffix(".log.1"))
        self._process.signal(signal.SIGHUP)
