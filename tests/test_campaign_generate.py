"""Episodes come from their seed alone, and are of all kinds that a pair can have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.campaign.differing import DIFFERENCES
from tests.campaign.doing import DOINGS
from tests.campaign.episode import NODES, Episode, Family, Wire
from tests.campaign.expected import ALSO, IN_A_NODE, OF_EVERYBODY, expect
from tests.campaign.generate import generate
from tests.campaign.kinds import AGENT_KINDS, FROM_START, KINDS
from tests.campaign.stage import confs_of, topology_of
from tests.campaign.turns import turns_of

MANY = tuple(generate(7, index) for index in range(1500))


def test_the_same_seed_gives_the_same_episodes_and_another_seed_others() -> None:
    assert [generate(7, index) for index in range(50)] == list(MANY[:50])
    assert [generate(8, index).line().partition(":")[2] for index in range(50)] != [
        episode.line().partition(":")[2] for episode in MANY[:50]
    ]


def test_an_episode_survives_its_json_and_fits_one_line() -> None:
    for episode in MANY[:200]:
        assert Episode.from_json(episode.to_json()) == episode
        assert "\n" not in episode.line()


def test_every_kind_of_trouble_comes_up() -> None:
    drawn = Counter(trouble.kind for episode in MANY for trouble in episode.troubles)
    assert set(drawn) == set(KINDS)


def test_every_kind_of_pair_comes_up() -> None:
    pairs = [episode.pair for episode in MANY]
    assert {pair.version for pair in pairs} == {2, 3}
    assert {pair.family for pair in pairs} == set(Family)
    assert {pair.wire for pair in pairs} == set(Wire)
    assert {pair.auth for pair in pairs} == {"", "PASS", "AH"}
    assert {pair.agents for pair in pairs} == {NODES, NODES[:1], NODES[1:]}
    assert {min(pair.interval for pair in pairs), max(pair.interval for pair in pairs)} == {0.1, 2.0}
    assert max(pair.vips for pair in pairs) == 50
    for flag in ("unicast", "vmac", "nopreempt", "tracked", "sync_group", "witness"):
        assert {getattr(pair, flag) for pair in pairs} == {True, False}


def test_every_pair_can_be_written_down_for_keepalived() -> None:
    for episode in MANY[:300]:
        pair = episode.pair
        confs = confs_of(pair, topology_of(pair))
        for node in NODES:
            text = confs[node].render()
            assert text.count("vrrp_instance") == pair.instances
            assert ("sync_group" in text) is pair.sync_group


def test_troubles_befall_agents_only_where_there_are_any() -> None:
    for episode in MANY:
        for trouble in episode.troubles:
            assert trouble.kind not in AGENT_KINDS or trouble.node in episode.pair.agents


def test_every_kind_can_be_done_and_has_a_cause_or_has_none_on_purpose() -> None:
    assert set(DOINGS) | {f"{each}{end}" for each in DIFFERENCES for end in ("", FROM_START)} >= set(KINDS)
    assert {name.removesuffix(FROM_START) for name in KINDS} >= set(ALSO) | set(IN_A_NODE) | set(OF_EVERYBODY)
    named = {
        trouble.kind
        for episode in MANY
        for trouble in episode.troubles
        if any(expect(episode.pair, trouble, owner).named for owner in NODES)
    }
    by_chance = {"loss_random", "loss_regular", "delay", "duplicate", "cable_noise"}
    nobodys_fault = {"reload", "kill_child", "stranger", "reference_down"}
    of_agents = {"agent_killed", "agent_restarted", "disk_full"}
    assert set(KINDS) - named == by_chance | nobodys_fault | of_agents


def test_an_episode_is_short() -> None:
    for episode in MANY:
        assert max(trouble.end for trouble in episode.troubles) < 60
    middle = sorted(max(t.end for t in episode.troubles) for episode in MANY)[len(MANY) // 2]
    assert middle < 10


def test_an_episode_with_many_vips_takes_several_turns_and_never_more_than_there_are() -> None:
    few = replace(generate(1, 0).pair, vips=1, instances=1, family=Family.FOUR, interval=0.1)
    many = replace(few, vips=50, family=Family.BOTH)
    assert (turns_of(few, 7), turns_of(many, 7), turns_of(many, 2)) == (1, 6, 2)
    assert turns_of(replace(many, interval=1.0), 7) == 3
