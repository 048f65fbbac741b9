"""What people read on their phones, in their language: pure.

    language = read_language("zh")
    compose(language, Occasion.FIRST, brief)                   # the message about an incident
    tell(language, "lab1", Phrase.RELEASED, code="47")         # an answer in the dialogue
    details(language, brief, summary, findings)                # the answer to `47 0`

Every message begins with our tag, by which `is_ours` knows it again.
"""

from __future__ import annotations

from hawatch.notification.text.brief import Brief, Occasion, Option
from hawatch.notification.text.carrier import carrier_word
from hawatch.notification.text.compose import compose
from hawatch.notification.text.details import details
from hawatch.notification.text.language import Language, parse_language, read_language
from hawatch.notification.text.length import Alphabet, alphabet_of, fits, segments, split, units
from hawatch.notification.text.menu import option_text
from hawatch.notification.text.phrase import PARAMETERS, Phrase
from hawatch.notification.text.saying import say, tell, tell_lines
from hawatch.notification.text.sentences import headline
from hawatch.notification.text.tag import is_ours, tag
from hawatch.refusal import Refusal

__all__ = [
    "PARAMETERS", "Alphabet", "Brief", "Language", "Occasion", "Option", "Phrase", "Refusal", "alphabet_of",
    "carrier_word", "compose", "details", "fits", "headline", "is_ours", "option_text", "parse_language",
    "read_language", "say", "segments", "split", "tag", "tell", "tell_lines", "units",
]  # fmt: skip
