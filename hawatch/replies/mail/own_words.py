"""What somebody wrote in answer: the first line of their own, above, below or between what they quote."""

from __future__ import annotations

import re

from mailparser_reply import EmailReplyParser

MOST_LINES = 200
LONGEST_LINE = 200
"""More is not looked at: one line counts, and nothing that is quoted of ours is longer."""
_LANGUAGES = ["en", "zh", "de", "fr", "es", "it", "nl", "pl", "ja", "ko"]
_QUOTED = re.compile(r"\s*[>＞|]")
_BLANK = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff\ufffc]*")
_WORDS = (
    r"(?:original(?: message| appointment)?|forwarded message"
    r"|原始邮件|原邮件|邮件原件|回复的原邮件|原始郵件|转发的?邮件)"
)
# What stands between an answer and what it answers, with nothing else on its line.
_ENDS = re.compile(
    rf"\s*(?:[-_=—*]{{10,}}|[-_=—*]{{2,}}\s*{_WORDS}\s*[-_=—*]{{2,}}|{_WORDS}\s*[:：]?|(?:from|发件人|寄件者)\s*[:：].*)\s*",
    re.IGNORECASE,
)
_SAID = re.compile(r".*(?:wrote|schrieb|写道|寫道)\s*[:：]\s*", re.IGNORECASE)
_SIGNATURE = re.compile(r"\s*--\s*")


def own_words(text: str) -> str:
    """One line; empty if there is nothing but what was quoted."""
    lines = [each[:LONGEST_LINE] for each in text.splitlines()[:MOST_LINES]]
    above, below = _apart("\n".join(lines))
    return _first(above) or _below_a_quotation(above) or _below_a_quotation(below)


def _apart(text: str) -> tuple[list[str], list[str]]:
    """What stands above the first header of something quoted, and what follows it, if it says who wrote.

    Below other headers nothing counts: there, older mails stand without a mark at their lines.
    """
    lines = text.split("\n")
    read = EmailReplyParser(languages=list(_LANGUAGES)).read(text)
    header = next((each.headers for each in read.replies if each.headers), "")
    first = header.strip().split("\n")[0].strip() if header else ""
    for place, line in enumerate(lines):
        if _ENDS.fullmatch(line):
            return lines[:place], []
        if _SAID.fullmatch(line) or (first and line.strip() == first):
            said = _SAID.fullmatch(line) or header.rstrip().endswith((":", "："))
            return lines[:place], lines[place:] if said else []
    return lines, []


def _first(lines: list[str]) -> str:
    """The first line that is neither blank nor quoted, if nothing quoted stands before it."""
    for line in lines:
        if not _BLANK.fullmatch(line):
            return "" if _QUOTED.match(line) or _SIGNATURE.fullmatch(line) else line.strip()
    return ""


def _below_a_quotation(lines: list[str]) -> str:
    """The same behind the first lines that are quoted; nothing, unless they are marked as such one by one."""
    quoted = False
    for line in lines:
        if _QUOTED.match(line):
            quoted = True
        elif quoted and not _BLANK.fullmatch(line):
            return "" if _SIGNATURE.fullmatch(line) or _ENDS.fullmatch(line) else line.strip()
    return ""
