"""Texts that a provider has approved beforehand: which one fits a message, and what goes into its variables.

Chinese carriers take a text only if its form was approved. Variables may be short, must not be empty, and must hold
neither links nor the brackets that a signature is written in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hawatch.config.provider import Wording
from hawatch.errors import DeliveryError
from hawatch.notification.outgoing import Outgoing

NOTHING = "-"
_LINK = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_TAG = re.compile(r"\s*\[hawatch[^\]]*\]\s*", re.IGNORECASE)
_UNWELCOME = str.maketrans({"【": " ", "】": " ", "\n": " ", "\r": " ", "\t": " "})


def wording_for(wordings: Sequence[Wording], outgoing: Outgoing) -> Wording | None:
    """The first that fits the message's occasion; None where its own text goes out. DeliveryError: none fits."""
    if not wordings:
        return None
    occasion = dict(outgoing.data).get("occasion", "")
    found = next((each for each in wordings if not each.occasions or occasion in each.occasions), None)
    if found is None:
        raise DeliveryError(f"no template of the channel is for the occasion {occasion!r}", temporary=False)
    return found


def variables_of(wording: Wording, outgoing: Outgoing, sender: str) -> dict[str, str]:
    """Every variable with its value, in the order of hawatch.toml."""
    values = {
        **dict(outgoing.data),
        "text": plain(outgoing.text),
        "body": plain(body_of(outgoing.text)),
        "person": outgoing.person,
        "from": sender,
    }
    values = {name: plain(value) for name, value in values.items()}
    return {name: value.fill(values).strip() or NOTHING for name, value in wording.variables}


def body_of(text: str) -> str:
    """A message without our sign at its head: a provider writes a signature there itself."""
    return _TAG.sub("", text, count=1)


def plain(value: str) -> str:
    """A value without what carriers refuse."""
    return " ".join(_LINK.sub("", value).translate(_UNWELCOME).split())
