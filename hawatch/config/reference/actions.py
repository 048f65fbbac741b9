"""The keys of actions.toml, root's list of what may be done; hawatch/helper reads it."""

from __future__ import annotations

from hawatch.config.reference.key import NAMES, NUMBER, PATH, TEXT, Key, KeyTable

_LABELS = (
    Key(
        name="label",
        form=TEXT,
        meaning="what a message calls it, at most 40 characters",
        otherwise="its name",
        example='"drain the cache"',
    ),
    Key(
        name="label_zh",
        form=TEXT,
        meaning="the same in Chinese; `label_XX` in the language XX",
        otherwise="`label`",
        example='"停缓存"',
    ),
)

ACTION = KeyTable(
    heading="[action.NAME]",
    about="A command that may be run when a person asks for it. For ready names `command` is all that is needed.",
    keys=(
        Key(
            name="command",
            form=NAMES,
            meaning="its words, the first an absolute path; places: `{vip}`, `{prefix}`, `{device}`, `{instance}`",
            needed=True,
            example='["/usr/bin/systemctl", "stop", "keepalived"]',
        ),
        Key(
            name="command6",
            form=NAMES,
            meaning="the same for IPv6 VIPs",
            otherwise="`command`",
            example='["/usr/local/bin/drain", "{vip}"]',
        ),
        Key(name="seconds", form=NUMBER, meaning="how long it may take; at most 600", default="30"),
        Key(
            name="danger",
            form="`restart`, `demote`, `fence`",
            meaning="how much it takes: at once, a confirmation, a second person's",
            otherwise="`demote`, or what a ready name has",
            example='"restart"',
        ),
        Key(
            name="undo",
            form=TEXT,
            meaning="the action that takes it back",
            otherwise="none, or what a ready name has",
            example='"fill-cache"',
        ),
        Key(
            name="offer",
            form=NAMES,
            meaning="the verdicts and causes on which it is offered",
            otherwise="none, or what a ready name has",
            example='["split_brain"]',
        ),
        Key(
            name="service",
            form=TEXT,
            meaning="the service check that it belongs to",
            otherwise="none, or what a ready name has",
            example='"nginx"',
        ),
        *_LABELS,
    ),
)
FENCE = KeyTable(
    heading="[fence.NODE]",
    about="The fence device of another node, by its `[node] name` (docs/fencing.md).",
    keys=(
        Key(
            name="agent",
            form=PATH,
            meaning="the fence agent",
            needed=True,
            example='"/usr/sbin/fence_ipmilan"',
        ),
        Key(
            name="options",
            form="table",
            meaning="the agent's own options by their long names",
            otherwise="none",
            example='{ ip = "10.0.0.112", username = "admin" }',
        ),
        Key(
            name="password_file",
            form=PATH,
            meaning="one line; root's, and closed to everybody else",
            otherwise="no password",
            example='"/etc/hawatch/fence-lb02.password"',
        ),
        Key(name="action", form="`off`, `reboot`", meaning="what is done", default='"off"'),
        Key(
            name="seconds",
            form=NUMBER,
            meaning="how long switching may take; at most 600",
            default="60",
        ),
        *_LABELS,
    ),
)
GIVE_UP = KeyTable(
    heading="[give_up.NAME]",
    about="A file by which keepalived on this node gives the VIP up, and takes it back: the actions `give-up-NAME` and"
    " `take-back-NAME` (docs/guard.md). One of `track_file` and `fault_file`.",
    keys=(
        Key(
            name="track_file",
            form=PATH,
            meaning="the file of a `track_file` in keepalived.conf; `value` is written into it, and 0 to take back",
            otherwise="`fault_file` is used",
            example='"/var/lib/hawatch-helper/web.track"',
        ),
        Key(
            name="fault_file",
            form=PATH,
            meaning="a file that a `vrrp_script` looks for; it is there while the VIP is given up",
            otherwise="`track_file` is used",
            example='"/run/hawatch-web.fault"',
        ),
        Key(
            name="value",
            form=NUMBER,
            meaning="what a track_file says while it is given up; 1 to 254",
            default="1",
        ),
        *_LABELS,
    ),
)

TABLES = (ACTION, FENCE, GIVE_UP)
