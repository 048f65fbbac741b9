"""The keys of hawatch.toml about monitoring systems: results pushed to them, acknowledgements shared with them."""

from __future__ import annotations

from hawatch.config.monitor import Monitor
from hawatch.config.passive import Passive, PassiveCheck, PassiveOf
from hawatch.config.reference.channels import CA_FILE
from hawatch.config.reference.key import DURATION, PATH, TEXT, Key, KeyTable, one_of, toml

_PASSIVE = Passive(name="")
_MONITOR = Monitor(name="")

_COMMAND_FILE = Key(
    name="command_file",
    form=PATH,
    meaning="the command file of a Nagios on this host",
    otherwise="another way",
    example='"/var/lib/nagios4/rw/nagios.cmd"',
)
_ICINGA2 = Key(
    name="icinga2",
    form="URL",
    meaning="the API of Icinga 2",
    otherwise="another way",
    example='"https://icinga.example.org:5665"',
)
_NAME = Key(name="name", form=TEXT, meaning="what it is called in metrics", needed=True, example='"nagios"')
_PASSWORD_FILE = Key(
    name="password_file",
    form=PATH,
    meaning="its first line; read anew each time",
    needed=True,
    example='"/etc/hawatch/icinga2.password"',
)
_HOST = Key(name="host", form=TEXT, meaning="the host there", otherwise="the pair's name", example='"web"')

PASSIVE = KeyTable(
    heading="[[passive]]",
    about="Finished plugin results, pushed (docs/passive.md): exactly one of `command_file`, `spool`, `icinga2`.",
    keys=(
        _NAME,
        _COMMAND_FILE,
        Key(
            name="spool",
            form=PATH,
            meaning="a directory for a file with each result, for NSCA",
            otherwise="another way",
            example='"/var/spool/hawatch/nsca"',
        ),
        _ICINGA2,
        Key(name="of", form=one_of(PassiveOf), meaning="whose result it is", default=toml(_PASSIVE.of)),
        Key(
            name="host",
            form=TEXT,
            meaning="the host there",
            otherwise="the pair's name, or the node's with `of = \"node\"`",
            example='"web"',
        ),
        Key(name="service", form=TEXT, meaning="the service there", default=toml(_PASSIVE.service)),
        Key(
            name="check", form=one_of(PassiveCheck), meaning="what is looked at", default=toml(_PASSIVE.check)
        ),
        Key(
            name="every",
            form=DURATION,
            meaning="the heartbeat; whatever changes goes at once",
            default=toml(_PASSIVE.every),
        ),
        Key(
            name="moved_within",
            form=DURATION,
            meaning="for so long a failover stays a warning; `0`: not at all",
            default=toml(_PASSIVE.moved_within),
        ),
    ),
)
PASSIVE_INSTANCE = KeyTable(
    heading="[[passive]]",
    only='with `check = "instance"`',
    about="One virtual router.",
    keys=(Key(name="instance", form=TEXT, meaning="its vrrp_instance", needed=True, example='"VI_1"'),),
)
PASSIVE_ICINGA2 = KeyTable(
    heading="[[passive]]",
    only="with `icinga2`",
    about="How one logs in there.",
    keys=(
        Key(name="user", form=TEXT, meaning="the API user", default=toml(_PASSIVE.user)),
        _PASSWORD_FILE,
        CA_FILE,
    ),
)
MONITOR = KeyTable(
    heading="[[monitor]]",
    about="Where acknowledgements are shared: exactly one of `command_file`, `icinga2`, `alertmanager`.",
    keys=(
        _NAME,
        _COMMAND_FILE,
        _ICINGA2,
        Key(
            name="alertmanager",
            form="URL",
            meaning="an Alertmanager, in which it is a silence",
            otherwise="another tool",
            example='"http://alertmanager.example.org:9093"',
        ),
    ),
)
MONITOR_NAGIOS = KeyTable(
    heading="[[monitor]]",
    only="with `command_file`",
    about="A Nagios on this host.",
    keys=(
        Key(
            name="status_file",
            form=PATH,
            meaning="its status.dat, where its own acknowledgements are seen",
            otherwise="what is acknowledged there is not seen",
            example='"/var/lib/nagios4/status.dat"',
        ),
        _HOST,
        Key(name="service", form=TEXT, meaning="the service there", default=toml(_MONITOR.service)),
    ),
)
MONITOR_ICINGA2 = KeyTable(
    heading="[[monitor]]",
    only="with `icinga2`",
    about="An Icinga 2.",
    keys=(
        _HOST,
        Key(name="service", form=TEXT, meaning="the service there", default=toml(_MONITOR.service)),
        Key(name="user", form=TEXT, meaning="the API user", default=toml(_MONITOR.user)),
        _PASSWORD_FILE,
        CA_FILE,
    ),
)
MONITOR_ALERTMANAGER = KeyTable(
    heading="[[monitor]]",
    only="with `alertmanager`",
    about="An Alertmanager; at most one of `password_file` and `bearer_file`.",
    keys=(
        Key(
            name="user",
            form=TEXT,
            meaning="who logs in, with `password_file`",
            otherwise=f"`{_MONITOR.user}`",
            example='"hawatch"',
        ),
        Key(
            name="password_file",
            form=PATH,
            meaning="its first line",
            otherwise="nobody logs in",
            example='"/etc/hawatch/alertmanager.password"',
        ),
        Key(
            name="bearer_file",
            form=PATH,
            meaning="a token instead",
            otherwise="no token",
            example='"/etc/hawatch/alertmanager.token"',
        ),
        CA_FILE,
    ),
)
MATCHERS = KeyTable(
    heading="[monitor.matchers]",
    about="What narrows silences down to the pair's alerts; without it: `pair` with the pair's name.",
    free="label and value",
)

TABLES = (
    PASSIVE,
    PASSIVE_INSTANCE,
    PASSIVE_ICINGA2,
    MONITOR,
    MONITOR_NAGIOS,
    MONITOR_ICINGA2,
    MONITOR_ALERTMANAGER,
    MATCHERS,
)
