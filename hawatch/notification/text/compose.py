"""The message about an incident: what, where, why, and which digit does what."""

from __future__ import annotations

from hawatch.notification.text.brief import Brief, Occasion
from hawatch.notification.text.language import Language
from hawatch.notification.text.length import fits
from hawatch.notification.text.letters import shorten
from hawatch.notification.text.menu import LONGEST_LABEL, menu
from hawatch.notification.text.room import View, look, rooms
from hawatch.notification.text.sentences import reason, sentences, statement
from hawatch.notification.text.tag import LONGEST_PAIR, tag


def compose(language: Language, occasion: Occasion, brief: Brief, segments: int = 2) -> str:
    """The text for one person, at most `segments` messages long; what does not fit is given up in the order of `rooms`.

    The tag, the code and how to acknowledge are never given up.
    """
    views = [look(language, brief, room) for room in rooms(brief)]
    texts = (_text(view, occasion) for view in views)
    fitting = next((text for text in texts if fits(text, segments)), None)
    return fitting if fitting is not None else _cut(views[-1], occasion, segments)


def _text(view: View, occasion: Occasion) -> str:
    told = [statement(view, occasion)]
    if view.brief.cause is not None:
        told.append(reason(view, view.brief.cause, view.brief.cause_node))
    ending = _ending(view, occasion)
    body = sentences(view.language, [*told, ending] if ending else told)
    return f"{_tag(view)} {body}"


def _ending(view: View, occasion: Occasion) -> str:
    """The menu; of what is over, only that its code is."""
    code = view.brief.code
    if code is None:
        return ""
    if occasion is Occasion.RESOLVED:
        return view.language.fill("message.closed", {"code": code})
    return menu(view.language, code, view.options, view.nodes, min(view.room.names, LONGEST_LABEL))


def _tag(view: View) -> str:
    return tag(view.language, view.brief.pair, min(view.room.names, LONGEST_PAIR))


def _cut(view: View, occasion: Occasion, segments: int) -> str:
    """The last resort, when even the shortest names are too much: the sentence is cut, how to acknowledge is not."""
    language, body, code = view.language, statement(view, occasion), view.brief.code
    key = "closed" if occasion is Occasion.RESOLVED else "ack"
    ending = [language.fill(f"message.{key}", {"code": code})] if code is not None else []
    text = ""
    for limit in range(len(body), 0, -1):
        text = f"{_tag(view)} {sentences(language, [shorten(body, limit), *ending])}"
        if fits(text, segments):
            break
    return text
