"""The text of a mail: its plain part, or what is legible in an HTML one, whatever the parts claim to be."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser

QUOTE = "> "
RULE = "_" * 32
_SILENT = frozenset({"script", "style", "head", "title", "template", "object"})
_LINES = frozenset({"br", "p", "div", "li", "tr", "table", "h1", "h2", "h3", "h4", "ul", "ol", "pre", "body"})
_VOID = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "wbr", "area", "base", "col", "embed", "source"}
)
_QUOTING = (
    "gmail_quote",
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "ntes-mailmaster-quote",
    "origbody",
    "isreplycontent",
    "qqmail_quote",
)
# Pages of a CJK letter set that its name leaves out, and programs write all the same.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-cn": "gb18030",
    "ks_c_5601-1987": "cp949",
    "us-ascii": "utf-8",
}


def text_of(mail: Message) -> str:
    """What its writer has written with everything that is quoted below it; empty if there is no text."""
    html = ""
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "text/plain" and (text := _decoded(part)).strip():
            return text
        if kind == "text/html" and not html:
            html = _decoded(part)
    return _legible(html) if html else ""


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that are shown, from the outside in, without what is attached."""
    waiting = [mail]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting = [each for each in payload if isinstance(each, Message)] + waiting
        elif not isinstance(payload, list) and part.get_content_disposition() != "attachment":
            yield part


def _decoded(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    named = str(part.get_param("charset", "utf-8")).strip("'\" ").lower()
    try:
        name = codecs.lookup(_WIDER.get(named, named)).name
        return raw.decode(name, "replace")
    except (LookupError, ValueError):  # also what is a codec of Python and no letter set
        return raw.decode("utf-8", "replace")


def _legible(html: str) -> str:
    reader = _Legible()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Legible(HTMLParser):
    """Lines of text; a quotation's begin like those of a plain mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = [""]
        self._open: list[tuple[str, bool, bool]] = []

    def text(self) -> str:
        """All that was legible."""
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A new line, a silent part or a quotation may begin."""
        if tag == "hr":
            self._lines += [self._begin() + RULE, ""]
        elif tag in _LINES or tag == "blockquote":
            self._lines.append("")
        if tag not in _VOID:
            marks = " ".join(value.lower() for name, value in attrs if name in {"class", "id"} and value)
            quotes = tag in {"blockquote", "includetail"} or any(each in marks for each in _QUOTING)
            self._open.append((tag, tag in _SILENT, quotes))

    def handle_endtag(self, tag: str) -> None:
        """What it closes, and what was left open in it."""
        if any(each[0] == tag for each in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag in _LINES or tag == "blockquote":
            self._lines.append("")

    def handle_data(self, data: str) -> None:
        """Blanks and line ends of the source are one blank."""
        if any(silent for _, silent, _ in self._open):
            return
        words = " ".join(data.split())
        if words:
            self._lines[-1] = f"{self._lines[-1] or self._begin()}{words} "

    def _begin(self) -> str:
        return QUOTE if any(quotes for _, _, quotes in self._open) else ""
