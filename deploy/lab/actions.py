"""What root allows on a node of the lab: the ready actions, with commands that do without systemd."""

from __future__ import annotations

from deploy.lab.keepalived import CONF

ACTIONS = "/etc/hawatch/actions.toml"
# Like `systemctl stop`, it returns when keepalived has ended.
STOP = "pkill --oldest --exact keepalived; while pgrep --exact keepalived >/dev/null; do sleep 0.05; done"
LAB_ACTIONS = f"""\
[action.stop-keepalived]
command = ["/bin/sh", "-c", "{STOP}"]
[action.start-keepalived]
command = ["/usr/sbin/keepalived", "--no-syslog", "--use-file", "{CONF}"]
[action.thaw-keepalived]
command = ["/usr/bin/pkill", "-CONT", "-x", "keepalived"]
[action.remove-vip]
command = ["/usr/sbin/ip", "address", "del", "{{vip}}/{{prefix}}", "dev", "{{device}}"]
[action.announce-vip]
command = ["/usr/bin/arping", "-q", "-A", "-c", "3", "-I", "{{device}}", "{{vip}}"]
"""
