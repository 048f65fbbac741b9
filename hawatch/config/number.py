"""Telephone numbers: many spellings, one E.164 form (+8613800000001)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_WRITTEN = re.compile(r"\+?[0-9][0-9 ()./-]*|\(?[0-9][0-9 ()./-]*")
_INTERNATIONAL = re.compile(r"^(?:\+|00)(?=[1-9])")
_SHORTEST = 8  # digits; what is shorter is a carrier's service number, not a person
_NO_NUMBER, _POSSIBLE, _VALID, _MOBILE = range(4)


def is_region(text: str) -> bool:
    """Whether the text names a region in the way numbers need it: CN, DE, US."""
    from phonenumbers import SUPPORTED_REGIONS

    return text in SUPPORTED_REGIONS


def is_international(text: str) -> bool:
    """Whether a number says its country itself, by + or 00."""
    return _INTERNATIONAL.match(text.strip()) is not None


def to_e164(text: str, region: str | None) -> str | None:
    """A number as people write it, in E.164; a national one is taken as of `region`. None: no such number."""
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        return None
    number = _parse(_INTERNATIONAL.sub("+", text), region)
    return _e164(number) if number is not None and _rank(number) else None


def normalise_sender(text: str, region: str | None) -> str:
    """A sender as a gateway gives it, in E.164; the stripped text itself where it is no number.

    A gateway may leave out the + of an international number, so that bare digits are read both ways. The likelier
    reading counts: a mobile's before any other that exists; of equals the national one, unless the digits begin with
    the region's own country code.
    """
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        return text
    if is_international(text):
        return to_e164(text, region) or text
    if len(re.sub(r"\D", "", text)) < _SHORTEST:
        return text
    candidates = [number for number in (_parse(f"+{text}", None), _parse(text, region)) if number is not None]
    if not candidates:
        return text
    if not _begins_with_own_code(text, region):
        candidates.reverse()
    best = max(candidates, key=_rank)  # the first of equals
    return _e164(best) if _rank(best) else text


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    from phonenumbers import NumberParseException, parse

    try:
        return parse(text, region)
    except NumberParseException:
        return None


def _rank(number: PhoneNumber) -> int:
    """How likely it is that somebody texts from this number."""
    from phonenumbers import PhoneNumberType, is_possible_number, is_valid_number, number_type

    if not is_valid_number(number):
        return _POSSIBLE if is_possible_number(number) else _NO_NUMBER
    mobile = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return _MOBILE if number_type(number) in mobile else _VALID


def _begins_with_own_code(text: str, region: str | None) -> bool:
    from phonenumbers import country_code_for_region

    return region is not None and text.startswith(str(country_code_for_region(region)))


def _e164(number: PhoneNumber) -> str:
    from phonenumbers import PhoneNumberFormat, format_number

    return format_number(number, PhoneNumberFormat.E164)
