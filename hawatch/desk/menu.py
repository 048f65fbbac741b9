"""What an incident's message can offer to do: abilities of the nodes that fit what is wrong now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hawatch.ability import REMOVE_VIP, STOP_KEEPALIVED, Ability
from hawatch.codes import Choice, Half
from hawatch.config.oncall import Permission
from hawatch.desk.around import Around
from hawatch.desk.briefing import option
from hawatch.desk.records import NodeAbilities
from hawatch.incident import Incident, Part
from hawatch.notification.text.language import Language
from hawatch.notification.text.menu import option_text
from hawatch.snapshot import RouterView
from hawatch.verdict import Cause

FIRST_NUMBER = 2
LAST_NUMBER = 8
"""1 acknowledges, 9 gives back, 0 tells more."""
FENCE_TAKES = 2
"""People without whom no fence is offered."""


def offers(
    incident: Incident, known: Iterable[NodeAbilities], around: Around, language: Language
) -> tuple[Choice, ...]:
    """The numbered actions that fit the incident as it stands: what the verdict calls for, then what the causes do."""
    abilities = sorted(known, key=lambda each: each.id)
    found: dict[tuple[str, str, str | None], Choice] = {}
    for part in incident.parts:
        view = around.view(part.instance)
        if part.calm_since is None and view is not None:
            for choice in [*_for_verdict(part, view, abilities), *_for_causes(part, view, abilities)]:
                if _makes_sense(choice, view, abilities, around):
                    found.setdefault((choice.action, choice.node, choice.vip), choice)
    room = LAST_NUMBER - FIRST_NUMBER + 1
    return tuple(
        replace(_named(choice, abilities, language.code), number=number)
        for number, choice in enumerate(list(found.values())[:room], start=FIRST_NUMBER)
    )


def extended(menu: Sequence[Choice], more: Iterable[Choice], half: Half) -> tuple[Choice, ...]:
    """The menu with what is not on it yet, as long as there is room: a number never changes its meaning.

    Each node takes numbers of its own half, so that two nodes never mean two things by one number.
    """
    taken = {each.number for each in menu}
    numbers = [n for n in range(FIRST_NUMBER, LAST_NUMBER + 1) if n in half and n not in taken]
    new = [each for each in more if not still_offered(each, menu)]
    added = [replace(each, number=number) for number, each in zip(numbers, new, strict=False)]
    return tuple(sorted((*menu, *added), key=lambda each: each.number))


def ability_of(known: Iterable[NodeAbilities], choice: Choice) -> Ability | None:
    """The ability that a choice would run; None when its node allows it no longer."""
    for each in known:
        if each.id == choice.node:
            return next((ability for ability in each.abilities if ability.name == choice.action), None)
    return None


def in_words(choice: Choice, known: Iterable[NodeAbilities], language: Language) -> str:
    """What a choice does, in words for anybody: the site's label is the reader's own, whoever has chosen."""
    return option_text(language, option(_named(choice, known, language.code)))


def still_offered(choice: Choice, now: Sequence[Choice]) -> bool:
    """Whether the same action, by whatever number, is on a menu."""
    place = (choice.action, choice.node, choice.vip)
    return any((each.action, each.node, each.vip) == place for each in now)


def may_fence(around: Around) -> int:
    """How many people there are now whose replies may fence."""
    return sum(Permission.FENCE in each.permissions for each in around.roster.contacts)


def _makes_sense(choice: Choice, view: RouterView, known: Sequence[NodeAbilities], around: Around) -> bool:
    """Power is cut by one owner of the other, where two people may agree on it; everything else always does."""
    ability = ability_of(known, choice)
    if ability is None or not ability.cuts_power:
        return True
    return {choice.node, ability.target} <= set(view.owners) and may_fence(around) >= FENCE_TAKES


def _for_verdict(part: Part, view: RouterView, known: Sequence[NodeAbilities]) -> Iterator[Choice]:
    """To give up the VIP is offered of its owners, the one that should not have it first."""
    word = part.verdict.value
    owners = sorted(view.owners, key=lambda node: (node == view.preferred_owner, node))
    for node in owners:
        for ability in _of(node, known):
            if word in ability.offer and (ability.name != STOP_KEEPALIVED or len(owners) > 1):
                yield from _choices(ability, node, view)
    for each in known:
        for ability in each.abilities if each.id not in owners else ():
            if word in ability.offer and ability.name not in {STOP_KEEPALIVED, REMOVE_VIP}:
                yield from _choices(ability, each.id, view)


def _for_causes(part: Part, view: RouterView, known: Sequence[NodeAbilities]) -> Iterator[Choice]:
    for place in part.causes:
        cause, _, node = place.partition("@")
        for ability in _of(node, known):
            if cause not in ability.offer:
                continue
            if cause == Cause.SERVICE_DOWN.value and not _is_about(ability, view, node):
                continue
            yield from _choices(ability, node, view)


def _is_about(ability: Ability, view: RouterView, node: str) -> bool:
    """Whether it is the ability's own service that is down there."""
    return any(
        finding.cause is Cause.SERVICE_DOWN
        and finding.node == node
        and (ability.service is None or dict(finding.evidence).get("check") == ability.service)
        for finding in view.findings
    )


def _choices(ability: Ability, node: str, view: RouterView) -> Iterator[Choice]:
    """One, or one for each VIP of the virtual router that the node holds."""
    if not ability.vips:
        yield Choice(number=0, action=ability.name, node=node)
        return
    for vip in view.vips:
        if vip.address in ability.vips and dict(vip.held_by).get(node) is True:
            yield Choice(number=0, action=ability.name, node=node, vip=vip.address)


def _of(node: str, known: Sequence[NodeAbilities]) -> Iterator[Ability]:
    return (ability for each in known if each.id == node for ability in each.abilities)


def _named(choice: Choice, known: Iterable[NodeAbilities], language: str) -> Choice:
    """With what its node calls it now, in a language, and the node that it is about."""
    ability = ability_of(known, choice)
    if ability is None:
        return replace(choice, label=None)
    return replace(choice, label=ability.label(language), target=ability.target)
