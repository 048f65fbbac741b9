"""Whether the site's own mail server has verified whom a mail is from, as its Authentication-Results tell (RFC 8601).

Anybody can write that field. The one that counts stands above all others of the server's name, since a server puts its
own on top, and above every Received of a server that is not of the site: what is below came with the mail.
"""

from __future__ import annotations

import re
from email.message import Message

import authres

from hawatch.replies.mail.header import every_field

_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]+)", re.IGNORECASE)
_PASS = "pass"  # noqa: S105 - a word of RFC 8601
_LONGEST = 8192


def verified(mail: Message, address: str, authserv_id: str) -> bool:
    """Whether the server `authserv_id` says that DMARC, or DKIM for the domain of `address`, has passed."""
    value = _own_results(mail, authserv_id.casefold())
    results = None if value is None else _read(value)
    if results is None:
        return False
    domain = address.rpartition("@")[2]
    return any(_shows(each, domain) for each in results.results)


def _own_results(mail: Message, authserv_id: str) -> str | None:
    """The topmost field of the server, as long as the mail was in the site's own hands."""
    for name, value in every_field(mail):
        match name:
            case "authentication-results" if _server(value) == authserv_id:
                return value
            case "received" if _is_foreign(value, authserv_id):
                return None
            case _:
                pass
    return None


def _server(value: str) -> str:
    """The name before the first semicolon, without a version that may stand behind it."""
    words = value.partition(";")[0].split()
    return words[0].casefold() if words else ""


def _is_foreign(received: str, authserv_id: str) -> bool:
    """Whether it was written by a named host outside of the server's own domain; an address names nobody."""
    found = _BY.search(received)
    host = found[1].casefold().rstrip(".") if found else ""
    if "." not in host or ":" in host or host.startswith("["):
        return False
    parent = authserv_id.partition(".")[2]
    own = parent if "." in parent else authserv_id
    return host not in {authserv_id, own} and not host.endswith(f".{own}")


def _read(value: str) -> authres.AuthenticationResultsHeader | None:
    if len(value) > _LONGEST:
        return None
    try:
        return authres.all_features().parse(f"Authentication-Results: {value}")
    except (authres.AuthResError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _shows(result: object, domain: str) -> bool:
    if not isinstance(result, authres.AuthenticationResult) or str(result.result).casefold() != _PASS:
        return False
    named = {each.name: str(each.value).casefold() for each in result.properties if each.type == "header"}
    if result.method == "dmarc":
        return named.get("from", "").rpartition("@")[2] == domain
    if result.method == "dkim":
        signer = named.get("d") or named.get("i", "").rpartition("@")[2]
        return "." in signer and (domain == signer or domain.endswith(f".{signer}"))
    return False
