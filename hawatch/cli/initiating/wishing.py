"""What is said on the command line or in answers, checked: names, peers, where to listen."""

from __future__ import annotations

from ipaddress import IPv6Address

from hawatch.config import Endpoint, Listen, checks
from hawatch.errors import HawatchError


def name_problem(text: str) -> str | None:
    """What is wrong with the name of a node or a pair."""
    if not text.strip() or not text.isprintable() or text != text.strip():
        return "is not a name"
    return "has a = or a comma in it" if "=" in text or "," in text else None


def listening(text: str) -> str:
    """HOST:PORT for an address alone, or with its port."""
    if checks.split_endpoint(text):
        return text
    return str(Endpoint(host=text, port=Listen().http.port))


def listen_problem(text: str) -> str | None:
    """What is wrong with an address to listen on."""
    if isinstance(checks.parse_address(text), IPv6Address) or not checks.host(text):
        return None
    return None if checks.split_endpoint(text) else "is neither an address nor ADDRESS:PORT"


def peer_of(text: str) -> tuple[str, tuple[str, ...]]:
    """NAME=ADDR[,ADDR…]. HawatchError says what is wrong with it."""
    name, equals, rest = text.partition("=")
    addresses = tuple(rest.split(","))
    if not equals or not name or not all(addresses):
        raise HawatchError(f"--peer {text}: is not NAME=ADDRESS")
    for problem in (name_problem(name), *(checks.host(each) for each in addresses)):
        if problem:
            raise HawatchError(f"--peer {text}: {problem}")
    if len(set(addresses)) < len(addresses):
        raise HawatchError(f"--peer {text}: has an address twice")
    return name, addresses
