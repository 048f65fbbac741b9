"""What makes a string of hawatch.toml an address, a host, a path or a URL; each says what is wrong, or None."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\.?$){_LABEL}(?:\.{_LABEL})*\.?")
_INTERFACE = re.compile(r"[^\s/:]{1,15}")
_ENDPOINT = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:]+)):([0-9]{1,5})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,2}")
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,240}\.(?:service|socket|target|mount|timer|path|slice|scope)")
_URL = re.compile(r"https?://(?:\[([^\[\]/]+)\]|([^\[\]/:?#@]+))(?::([0-9]{1,5}))?(?:[/?#].*)?")


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text, an IPv6 one also with a zone (fe80::1%eth0); None if it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def address(text: str) -> str | None:
    """An IPv4 or IPv6 address."""
    return None if parse_address(text) else "is not an address"


def host(text: str) -> str | None:
    """An address or a host name; something of digits and dots alone is meant as an address."""
    if parse_address(text):
        return None
    if not _HOST_NAME.fullmatch(text) or text.rstrip(".").rpartition(".")[2].isdigit():
        return "is neither an address nor a host name"
    return None


def address_or_interface(text: str) -> str | None:
    """An address of this host, or a network interface."""
    if parse_address(text):
        return None
    if not _INTERFACE.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
        return "is neither an address nor an interface"
    return None


def interface(text: str) -> str | None:
    """A network interface."""
    return None if _INTERFACE.fullmatch(text) else "is not an interface"


def absolute_path(text: str) -> str | None:
    """A path that means the same wherever a program is started."""
    return None if text.startswith("/") else "is not an absolute path"


def unit(text: str) -> str | None:
    """A systemd unit by its whole name; one that begins with a - would be an option."""
    fits = _UNIT.fullmatch(text) and not text.startswith("-")
    return None if fits else "is no unit's name, such as nginx.service"


def keepalived_log(text: str) -> str | None:
    """A log file by its path, or a word for where keepalived's log is."""
    known = text in {"auto", "journal", "off"} or absolute_path(text) is None
    return None if known else 'is neither "auto", "journal", "off" nor an absolute path'


def path_or_url(text: str) -> str | None:
    """An absolute path, or an http or https URL."""
    return url(text) if text.startswith(("http://", "https://")) else absolute_path(text)


def time_zone(text: str) -> str | None:
    """A time zone of the zone database."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "is not a time zone, like Asia/Shanghai"
    return None


def language(text: str) -> str | None:
    """A language's short name, which also is the name of a file."""
    return None if _LANGUAGE.fullmatch(text) else "is not a language's short name, like zh or en"


def split_endpoint(text: str) -> tuple[str, int] | None:
    """Host and port of HOST:PORT, where an IPv6 address is in brackets; None if it is not of that form."""
    found = _ENDPOINT.fullmatch(text)
    if found is None or not 1 <= int(found[3]) <= 65535:
        return None
    if found[1] is not None:
        return (found[1], int(found[3])) if isinstance(parse_address(found[1]), IPv6Address) else None
    return None if host(found[2]) else (found[2], int(found[3]))


def endpoint(text: str) -> str | None:
    """HOST:PORT."""
    if split_endpoint(text):
        return None
    if isinstance(parse_address(text.rpartition(":")[0]), IPv6Address):
        return "is not HOST:PORT; an IPv6 address goes into brackets, like [::1]:10112"
    return "is not HOST:PORT, like 127.0.0.1:10112"


def url(text: str) -> str | None:
    """An http or https URL."""
    found = _URL.fullmatch(text)
    if found is None or (found[3] is not None and not 1 <= int(found[3]) <= 65535):
        return "is not a URL, like http://127.0.0.1:80/"
    if found[1] is not None:
        return None if isinstance(parse_address(found[1]), IPv6Address) else "has no proper host"
    return "has no proper host" if host(found[2]) else None


def family(text: str) -> int | None:
    """4 or 6 for an address, None for anything else."""
    found = parse_address(text)
    return found.version if found else None
