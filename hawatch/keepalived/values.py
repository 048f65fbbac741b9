"""Numbers, switches and addresses of a keepalived.conf.

Text where a number belongs raises ConfigError; a number out of range is for the caller, since keepalived then falls
back to something of its own.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from hawatch.errors import ConfigError
from hawatch.keepalived.blocks import Statement
from hawatch.wire.family import Family

LONGEST_INTERFACE_NAME = 15
_WHOLE = re.compile(r"[ \t\n\r\f\v]*[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"\+?(?:[0-9]{1,12}(?:\.[0-9]*)?|\.[0-9]+)")
_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def whole_number(statement: Statement, index: int = 1) -> int:
    """The whole number at a word's index, which may be negative. ConfigError: missing, or not a number."""
    text = statement.parameter() if index == 1 else statement.words[index]
    if not _WHOLE.fullmatch(text):
        raise ConfigError(statement.where, f"{statement.keyword}: {text!r} is not a number")
    return int(text)


def seconds(statement: Statement) -> float:
    """A time in seconds with a fraction of up to microseconds. ConfigError: missing, or not a number."""
    text = statement.parameter()
    if not _DECIMAL.fullmatch(text):
        raise ConfigError(statement.where, f"{statement.keyword}: {text!r} is not a number of seconds")
    return round(float(text), 6)


def switch(statement: Statement) -> bool | None:
    """On, off, or None for anything else; the bare keyword means on."""
    return _SWITCH.get(statement.words[1]) if len(statement.words) > 1 else True


def address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as inet_pton reads it: no zone, no leading zeros; None for anything else."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def family_of(found: IPv4Address | IPv6Address) -> Family:
    """The family of an address."""
    return Family.IPV4 if found.version == 4 else Family.IPV6


def is_interface_name(text: str) -> bool:
    """Whether a network device can be called so (the kernel's dev_valid_name)."""
    return (
        0 < len(text.encode("utf-8", "surrogateescape")) <= LONGEST_INTERFACE_NAME
        and text not in {".", ".."}
        and not any(sign in "/:" or sign.isspace() for sign in text)
    )
