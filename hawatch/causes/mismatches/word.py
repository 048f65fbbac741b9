"""What is known of how another member is configured: by its agent's report, and by its advertisements."""

from __future__ import annotations

from typing import NamedTuple

from hawatch.evidence import AdvertisementHeard
from hawatch.situation.agreement import heard_as_configured, told_as_configured
from hawatch.situation.member import AgentState, HeardRouter, Member
from hawatch.situation.node import Node
from hawatch.situation.ownership import talkers_of
from hawatch.situation.refresh import longest_down_interval
from hawatch.situation.router import Owner, RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.timing import jitter_allowance
from hawatch.wire.report import ReportedRouter

SURE_AT = 2
"""One advertisement may be the last of settings that are just being changed."""


class Word(NamedTuple):
    """Both sources on one member: `told` by its agent, `heard` on the wire; each None where there is none that counts.

    `sure`: several advertisements in a row were like the one heard. `newer`: it was sent after the report had settled,
    so that it shows what keepalived runs, whatever the agent there believes. `splitting`: there have been two owners
    for longer than a handover takes. `agrees`: what both sources tell is as our own configuration has it.
    """

    member: Member
    told: ReportedRouter | None = None
    heard: AdvertisementHeard | None = None
    sure: bool = False
    newer: bool = False
    splitting: bool = False
    agrees: bool = False


def words_of(router: RouterState, node: Node, now: float) -> list[Word]:
    """A word on every member of which anything is known that counts now."""
    began = split_began(router)
    splitting = began is not None and (router.proof is not None or now - began > router.release())
    words = []
    for member in node.members.members:
        told = _report(router, node, member, now)
        talker = _voice(router, member)
        if talker is None or not speaks(router, node, talker, now, began):
            talker = None
        if told is None and talker is None:
            continue
        settled_at = told.settled_at if told is not None else 0.0
        catching_up = talker.interval + jitter_allowance(talker.interval) if talker is not None else 0.0
        words.append(
            Word(
                member=member,
                told=told.router if told is not None else None,
                heard=talker.last if talker is not None else None,
                sure=talker is not None and talker.alike >= SURE_AT,
                newer=talker is not None and (talker.heard_at or 0.0) > settled_at + catching_up,
                splitting=splitting,
                agrees=(told is None or told_as_configured(router, told))
                and (talker is None or heard_as_configured(router.config, talker)),
            )
        )
    return words


def _report(router: RouterState, node: Node, member: Member, now: float) -> HeardRouter | None:
    """Its agent's word, if that is about the same virtual router: one VRID may be in use on several networks."""
    if member.agent(now) is not AgentState.UP:
        return None
    config = router.config
    heard = router.word_of(member, now)
    if heard is None or not router.holdings.keys().isdisjoint(heard.addresses):
        return heard
    return heard if node.numbers[config.family, config.vrid] == 1 else None


def _voice(router: RouterState, member: Member) -> Talker | None:
    talkers = talkers_of(router, member)
    if len(talkers) < 2:
        return talkers[0] if talkers else None
    return max(talkers, key=lambda talker: talker.heard_at or 0.0)


def split_began(router: RouterState) -> float | None:
    """Since when there have been two owners, None while there is one."""
    if router.proof is None and router.ownership.owner is not Owner.BOTH:
        return None
    moments = (router.both_since, router.proof.at if router.proof is not None else None)
    return min(at for at in (*moments, float("inf")) if at is not None)


def speaks(router: RouterState, node: Node, talker: Talker, now: float, began: float | None) -> bool:
    """Whether the last advertisement still shows how its sender is configured.

    That is for as long as a backup would wait for the next; in a split, whose owners mute each other, to its end.
    """
    if talker.heard_at is None or talker.given_up or talker.last is None:
        return False
    silent = now - talker.heard_at
    if silent <= router.config.down_timer_adverts * talker.interval:
        return True
    longest = longest_down_interval(router, node) + router.jitter()
    if silent <= longest:
        return True
    return began is not None and talker.heard_at > began - 2 * longest
