"""The keys of hawatch.toml about what the VIPs are there for: services, and who restarts them."""

from __future__ import annotations

from hawatch.config.records import ServicePlace
from hawatch.config.reference.key import DURATION, NAMES, NUMBER, TEXT, Key, KeyTable, one_of, toml

SERVICE = KeyTable(
    heading="[[service]]",
    about="What the VIP is there for: exactly one of `http`, `tcp`, `process`, `plugin`, `unit` and `command`.",
    keys=(
        Key(
            name="name",
            form=TEXT,
            meaning="what it is called",
            otherwise="what is looked at",
            example='"nginx"',
        ),
        Key(
            name="http",
            form="URL",
            meaning="answers without an error",
            otherwise="not looked at",
            example='"http://127.0.0.1:80/"',
        ),
        Key(
            name="tcp",
            form="`HOST:PORT`",
            meaning="takes connections",
            otherwise="not looked at",
            example='"127.0.0.1:5432"',
        ),
        Key(
            name="process",
            form=TEXT,
            meaning="a process of this name runs",
            otherwise="not looked at",
            example='"nginx"',
        ),
        Key(
            name="plugin",
            form="command",
            meaning="a Nagios plugin, which says so by its exit code",
            otherwise="not looked at",
            example='"/usr/lib/nagios/plugins/check_ssh localhost"',
        ),
        Key(
            name="unit",
            form="systemd unit",
            meaning="is active, as systemd says",
            otherwise="not looked at",
            example='"nginx.service"',
        ),
        Key(
            name="command",
            form=NAMES,
            meaning="a program with its arguments, no shell: 0 is up, every other exit code down",
            otherwise="not looked at",
            example='["/usr/bin/redis-cli", "ping"]',
        ),
        Key(name="every", form=DURATION, meaning="how often it is looked at", default='"5s"'),
        Key(
            name="on",
            form=one_of(ServicePlace),
            meaning="where it ought to be up",
            default=toml(ServicePlace.OWNER),
        ),
    ),
)
GUARD = KeyTable(
    heading="[service.guard]",
    about="Who restarts the `[[service]]` above it when it fails, and gives the VIP up when that does not help"
    " (docs/guard.md).",
    keys=(
        Key(
            name="restart",
            form="action",
            meaning="what starts the service anew, an action of root's actions.toml",
            otherwise="`restart-` and the service's name",
            example='"restart-nginx"',
        ),
        Key(name="attempts", form=NUMBER, meaning="restarts in a row; at most 10", default=toml(3)),
        Key(
            name="patience",
            form=DURATION,
            meaning="how long it must have failed before anything",
            default='"5s"',
        ),
        Key(
            name="backoff",
            form=DURATION,
            meaning="the pause after the first restart; twice as long after each other one",
            default='"10s"',
        ),
        Key(
            name="give_up",
            form="action",
            meaning="what gives the VIP up: `give-up-NAME` of a `[give_up.NAME]`, or `stop-keepalived`",
            otherwise="never given up",
            example='"give-up-web"',
        ),
        Key(
            name="instances",
            form=NAMES,
            meaning="the virtual routers that are given up with it",
            otherwise="all of this node",
            example='["VI_1"]',
        ),
        Key(
            name="hold",
            form=DURATION,
            meaning="how long it must have worked before the VIP is taken back",
            default='"5m"',
        ),
        Key(
            name="per_hour", form=NUMBER, meaning="give-ups in an hour at the most; 1 to 12", default=toml(2)
        ),
    ),
)

TABLES = (SERVICE, GUARD)
