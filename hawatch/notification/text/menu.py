"""What each digit does: the menu at the end of a message, and the names of its lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hawatch.ability import FENCE
from hawatch.notification.text.brief import Option
from hawatch.notification.text.keys import READY_ACTIONS
from hawatch.notification.text.language import Language
from hawatch.notification.text.letters import shorten

LONGEST_LABEL = 40


def option_text(
    language: Language, option: Option, shown: Mapping[str, str] | None = None, longest: int = LONGEST_LABEL
) -> str:
    """What an option does, in words that name the node ("demote lb02").

    `shown` has shorter names for nodes; a site's own label is cut to `longest` characters.
    """
    names = shown or {}
    node = names.get(option.node, language.legible(option.node))
    if option.label is None and option.target is not None:
        action = "cut-power" if option.action.startswith(FENCE) else "power-on"
        target = names.get(option.target, language.legible(option.target))
        return language.fill(f"option.{action}", {"node": node, "target": target})
    if option.label is None and option.action in READY_ACTIONS:
        return language.fill(f"option.{option.action}", {"node": node})
    label = shorten(language.legible(option.label or option.action), longest)
    return language.fill("option.own", {"node": node, "label": label})


def menu(
    language: Language, code: str, options: tuple[Option, ...], shown: Mapping[str, str], longest: int
) -> str:
    """Acknowledge, the options, details: each with what to reply for it."""
    lines = [language.fill("message.ack", {"code": code})]
    lines += _lines(language, code, options, shown, longest)
    lines.append(language.fill("message.details", {"code": code}))
    return language.phrases["join.menu"].join(lines)


def choices(
    language: Language, code: str, options: tuple[Option, ...], shown: Mapping[str, str], longest: int
) -> str:
    """The options alone."""
    return language.phrases["join.menu"].join(_lines(language, code, options, shown, longest))


def _lines(
    language: Language, code: str, options: tuple[Option, ...], shown: Mapping[str, str], longest: int
) -> Iterator[str]:
    for option in options:
        what = option_text(language, option, shown, longest)
        yield language.fill("message.option", {"code": code, "number": option.number, "what": what})
