"""The sentences about an incident: what, where, since when, who, why."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.notification.text.brief import Brief, Occasion
from hawatch.notification.text.language import Language
from hawatch.notification.text.room import Room, View, look
from hawatch.verdict import Cause, Severity


def headline(language: Language, brief: Brief) -> str:
    """What and where in a few words, for an answer or a line of a list: `SPLIT BRAIN VI_1`."""
    view = look(language, brief, Room(instances=1, vips=0, options=0, names=24, nodes=24))
    return " ".join([_verdict(view), *_place(view)])


def statement(view: View, occasion: Occasion) -> str:
    """Why one is told now, the verdict, where, who holds the VIPs, since when, and who looks after it."""
    brief, language = view.brief, view.language
    news = " ".join([_verdict(view), *_place(view)])
    if occasion is not Occasion.RESOLVED and brief.severity.badness > max(brief.verdict.severity.badness, 1):
        news = language.fill(f"severity.{brief.severity.value}", {"news": news})
    if occasion is not Occasion.FIRST:
        news = language.fill(f"lead.{occasion.value}", {"news": news})
    parts = [news, *_holders(view, occasion), _since(view, occasion)]
    if brief.who is not None:
        key = "given_back_by" if occasion is Occasion.RELEASED else "acked_by"
        parts.append(language.fill(f"message.{key}", {"who": view.name(brief.who)}))
    if view.room.teller:
        parts.append(language.fill("message.teller", {"node": view.node(brief.node)}))
    return language.phrases["join.parts"].join(parts)


def reason(view: View, cause: Cause, node: str | None) -> str:
    """A cause, with the node it lies on; beside a verdict that is well it is what was found."""
    language = view.language
    key = "found" if view.brief.verdict.severity is Severity.OK else "cause"
    values = {"cause": language.phrases[f"cause.{cause.value}"]}
    if node is None:
        return language.fill(f"message.{key}", values)
    return language.fill(f"message.{key}_on", {**values, "node": view.node(node)})


def sentences(language: Language, parts: Iterable[str]) -> str:
    """Sentences in a row, each with its full stop but the last."""
    return language.phrases["join.sentences"].join(parts)


def _verdict(view: View) -> str:
    values = {"node": view.node(view.brief.node)}
    return view.language.fill(f"verdict.{view.brief.verdict.value}", values)


def _place(view: View) -> list[str]:
    """The virtual routers and the VIPs, as many as there is room for."""
    brief, room = view.brief, view.room
    instances = [view.name(each) for each in brief.instances[: room.instances]]
    vips = [view.vip(each) for each in brief.vips[: room.vips]]
    listed = ((instances, len(brief.instances)), (vips, len(brief.vips)))
    return [_listed(view.language, shown, total) for shown, total in listed if shown]


def _listed(language: Language, shown: list[str], total: int) -> str:
    names = language.phrases["join.list"].join(shown)
    if len(shown) == total:
        return names
    return language.fill("message.more", {"first": names, "count": total - len(shown), "total": total})


def _holders(view: View, occasion: Occasion) -> list[str]:
    owners = view.brief.owners
    if not owners:
        return []
    key = "now_held_by" if occasion is Occasion.RESOLVED else "held_by"
    if len(owners) > 1:
        key = "held_by_all"
    names = view.language.phrases["join.owners"].join(map(view.node, owners))
    return [view.language.fill(f"message.{key}", {"owners": names})]


def _since(view: View, occasion: Occasion) -> str:
    """Of what is over, when it began: beside `now held by`, "since" would be misread."""
    alone, with_minutes = ("began", "lasted") if occasion is Occasion.RESOLVED else ("since", "since_minutes")
    values = {"since": view.brief.since, "minutes": view.brief.minutes}
    told = view.room.minutes and view.brief.minutes is not None
    return view.language.fill(f"message.{with_minutes if told else alone}", values)
