"""keepalived's dumps, for the counters in them: JSON in both of its versions, and the statistics as text.

What the counters do not say (keepalived 2.0 to 2.4; its vrrp.c, vrrp_json.c and vrrp_print.c):

- advert_interval_err is never incremented since 1.2.17: a wrong interval is dropped and only logged.
- Neither dump has the errors of version and checksum, nor those of the VRID.
- addr_list_err counts two things: another list of VIPs, and unicast where multicast is expected or the reverse.
- The counters begin at zero with every start of keepalived, and become smaller when somebody clears them.
- auth_ext_*, of the authentication that came with 2.4, are in JSON; the text has no names for them that are known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hawatch.errors import DecodeError

Counters = dict[str, dict[str, int]]
"""By vrrp_instance, and by keepalived's JSON name of each counter."""

NAMES = frozenset(
    {
        "advert_rcvd",
        "advert_sent",
        "become_master",
        "release_master",
        "packet_len_err",
        "advert_interval_err",
        "ip_ttl_err",
        "invalid_type_rcvd",
        "addr_list_err",
        "invalid_authtype",
        "authtype_mismatch",
        "auth_failure",
        "pri_zero_rcvd",
        "pri_zero_sent",
    }
)
EXTENSION = "auth_ext_"

_TEXT_NAMES = {
    ("Advertisements", "Received"): "advert_rcvd",
    ("Advertisements", "Sent"): "advert_sent",
    ("Advertisements", "Became master"): "become_master",
    ("Advertisements", "Released master"): "release_master",
    ("Packet Errors", "Length"): "packet_len_err",
    ("Packet Errors", "TTL"): "ip_ttl_err",
    ("Packet Errors", "Invalid Type"): "invalid_type_rcvd",
    ("Packet Errors", "Advertisement Interval"): "advert_interval_err",
    ("Packet Errors", "Address List"): "addr_list_err",
    ("Authentication Errors", "Invalid Type"): "invalid_authtype",
    ("Authentication Errors", "Type Mismatch"): "authtype_mismatch",
    ("Authentication Errors", "Failure"): "auth_failure",
    ("Priority Zero", "Received"): "pri_zero_rcvd",
    ("Priority Zero", "Sent"): "pri_zero_sent",
}
_LAST = "pri_zero_sent"
# 2.0.5 wrote all of it into one line, so line ends mean nothing here.
_HEAD = "VRRP Instance: "
_FIRST = "Advertisements:"
_ENTRY = re.compile(r"([A-Z][A-Za-z ]{0,40}):[ \t]*([0-9]{1,20}(?![0-9]))?")  # 64 bits have 20 digits


def read_json(dump: object) -> Counters:
    """The counters of a JSON dump: an array (json_version 1), or an object that has it as `vrrp` (2).

    DecodeError for anything else. An instance without statistics has none; a counter that is no number is left out.
    """
    instances = dump.get("vrrp") if isinstance(dump, Mapping) else dump
    if not isinstance(instances, list):
        raise DecodeError("not a dump of keepalived's")
    found: Counters = {}
    for instance in instances:
        if not isinstance(instance, Mapping) or not isinstance(instance.get("data"), Mapping):
            raise DecodeError("not a dump of keepalived's: an instance without data")
        name, stats = instance["data"].get("iname"), instance.get("stats")
        if not isinstance(name, str):
            raise DecodeError("not a dump of keepalived's: an instance without a name")
        found[name] = _known(stats) if isinstance(stats, Mapping) else {}
    return found


def _known(stats: Mapping[str, object]) -> dict[str, int]:
    return {
        name: value
        for name, value in stats.items()
        if (name in NAMES or name.startswith(EXTENSION)) and type(value) is int and value >= 0
    }


def read_text(dump: str) -> Counters:
    """The counters of a statistics dump. DecodeError for anything else, and for one that is not whole."""
    found: Counters = {}
    for part in dump.split(_HEAD)[1:]:
        name, first, text = part.partition(_FIRST)
        name = name.rstrip()
        if not name or not first:
            continue
        section, counters = "Advertisements", {}
        for label, value in _ENTRY.findall(text):
            if not value:
                section = label
            elif (section, label) in _TEXT_NAMES:
                counters[_TEXT_NAMES[section, label]] = int(value)
        if _LAST not in counters:
            raise DecodeError("a statistics dump of keepalived's that is not whole")
        found[name] = counters
    if not found:
        raise DecodeError("not a statistics dump of keepalived's")
    return found
