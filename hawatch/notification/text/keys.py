"""Every phrase a language has: its section and key in the language's file, and what may stand in it in braces."""

from __future__ import annotations

from collections.abc import Mapping

from hawatch.notification.text.brief import Occasion
from hawatch.notification.text.phrase import PARAMETERS
from hawatch.refusal import Refusal
from hawatch.verdict import Cause, Severity, VerdictKind

READY_ACTIONS = (
    "restart-service",
    "stop-keepalived",
    "start-keepalived",
    "thaw-keepalived",
    "remove-vip",
    "announce-vip",
)
POWER_ACTIONS = ("cut-power", "power-on")
"""What a fence device does to `target`, asked by `node`."""
VITAL = frozenset({"body", "code", "label", "news", "nonce", "undo_code"})
"""What a phrase must not leave out, if it may stand there at all: without it a person could not answer."""

_MESSAGE = {
    "more": "first count total",
    "held_by": "owners",
    "held_by_all": "owners",
    "now_held_by": "owners",
    "since": "since",
    "since_minutes": "since minutes",
    "began": "since",
    "lasted": "since minutes",
    "teller": "node",
    "acked_by": "who",
    "given_back_by": "who",
    "cause": "cause",
    "cause_on": "cause node",
    "found": "cause",
    "found_on": "cause node",
    "remedy": "remedy",
    "ack": "code",
    "option": "code number what",
    "details": "code",
    "closed": "code",
}
_MAIL = {"answer": "code", "try": "", "one_way": ""}
_CHAT = {"elsewhere": "ways", "shell": ""}
_JOIN = ("list", "owners", "parts", "sentences", "menu")

SECTIONS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "verdict": {kind.value: frozenset({"node"}) for kind in VerdictKind},
    "severity": {each.value: frozenset({"news"}) for each in (Severity.WARNING, Severity.CRITICAL)},
    "cause": {cause.value: frozenset() for cause in Cause},
    "lead": {each.value: frozenset({"news"}) for each in Occasion if each is not Occasion.FIRST},
    "option": {
        **{name: frozenset({"node"}) for name in READY_ACTIONS},
        **{name: frozenset({"node", "target"}) for name in POWER_ACTIONS},
        "own": frozenset({"node", "label"}),
    },
    "message": {key: frozenset(names.split()) for key, names in _MESSAGE.items()},
    "mail": {key: frozenset(names.split()) for key, names in _MAIL.items()},
    "chat": {key: frozenset(names.split()) for key, names in _CHAT.items()},
    "join": {key: frozenset() for key in _JOIN},
    "say": {phrase.value: frozenset(names.split()) for phrase, names in PARAMETERS.items()},
    "refusal": {refusal.value: frozenset() for refusal in Refusal},
}


def vital(section: str, key: str) -> frozenset[str]:
    """What a phrase must hold in braces. A menu names nodes, and says what each digit does."""
    allowed = SECTIONS[section][key]
    if section == "option":
        return allowed
    return allowed & (VITAL | {"what", "number"} if (section, key) == ("message", "option") else VITAL)
