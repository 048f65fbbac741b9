"""Virtual routers with several VIPs: an address that the other never had shows nothing of those that he holds."""

from __future__ import annotations

from tests.story import Story, standby

SECOND = "10.0.0.101"


def took_over_while_the_other_kept_the_first_vip() -> Story:
    """We take over a VIP that lb01 answers for, and one that it does not know."""
    story = standby(vips=("10.0.0.100", SECOND), agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.changes.clear()
    asked(story)
    return story


def asked(story: Story) -> None:
    """One round for each VIP, the unknown one last."""
    story.probed("lb01", control="lb01")
    story.now += 0.001
    story.probed(control="lb01", vip=SECOND)


def test_an_address_that_nobody_else_has_does_not_show_that_the_other_let_go() -> None:
    story = took_over_while_the_other_kept_the_first_vip()
    story.now += 0.11
    assert "switchover" not in story.verdicts
    assert "failover" not in story.verdicts


def test_its_empty_rounds_do_not_disprove_the_split_over_the_other_address() -> None:
    story = took_over_while_the_other_kept_the_first_vip()
    for _ in range(4):
        story.wait(0.3)
        asked(story)
    assert story.verdict.value == "split_brain"
    for _ in range(4):
        story.wait(0.3)
        story.gateway(replied=True)
        asked(story)
    assert story.verdicts == ["split_brain"]


def test_the_split_is_over_when_nobody_answers_for_any_of_them() -> None:
    story = took_over_while_the_other_kept_the_first_vip()
    for _ in range(4):
        story.wait(0.3)
        asked(story)
    for _ in range(4):
        story.wait(0.3)
        story.advert("lb02")
        story.gateway(replied=True)
        story.probed(control="lb01")
        story.probed(control="lb01", vip=SECOND)
    assert story.verdicts[0] == "split_brain"
    assert story.verdict.value != "split_brain"
