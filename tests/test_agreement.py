"""What was seen to agree with the configuration is not compared again, until it or the configuration is another."""

from __future__ import annotations

from dataclasses import replace

from hawatch.evidence import ConfigRead
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.situation.agreement import heard_as_configured, told_as_configured
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause
from tests.bench.population import THEIRS, Population


def standby() -> tuple[Population, RouterState]:
    population = Population(1, owns=False)
    for _ in range(3):
        for evidence in population.second():
            population.judge.step(evidence)
    (router,) = population.judge.situation.routers.values()
    return population, router


def causes(population: Population) -> set[Cause]:
    (standing,) = population.judge.standing.values()
    return {finding.cause for finding in standing.findings}


def test_an_advertisement_of_another_form_no_longer_agrees_and_is_found() -> None:
    population, router = standby()
    talker = router.talkers[THEIRS]
    assert heard_as_configured(router.config, talker)
    for _ in range(3):
        population.now += 1.0
        advert = replace(population.advert(router.config), interval_seconds=2.0)
        population.judge.step(advert)
    assert not heard_as_configured(router.config, talker)
    assert Cause.ADVERT_INTERVAL_MISMATCH in causes(population)


def test_a_report_of_other_settings_no_longer_agrees_and_is_found() -> None:
    population, router = standby()
    (member,) = population.judge.situation.node.members.members
    (told,) = member.routers.values()
    assert told_as_configured(router, told)
    population.now += 1.0
    for report in population.reports():
        (said,) = report.report.routers
        changed = replace(report.report, routers=(replace(said, advert_interval=3.0),))
        population.judge.step(replace(report, report=changed))
    (told,) = member.routers.values()
    assert not told_as_configured(router, told)
    assert Cause.ADVERT_INTERVAL_MISMATCH in causes(population)


def test_a_configuration_of_our_own_that_becomes_another_agrees_no_longer() -> None:
    population, router = standby()
    (member,) = population.judge.situation.node.members.members
    (told,) = member.routers.values()
    other = replace(router.config, advert_interval=5.0)
    read = ConfigRead(at=population.now, config=KeepalivedConfig(virtual_routers=(other,), digest="2"))
    population.judge.situation.node.daemon = None
    population.judge.step(read)
    assert router.config is other
    assert not told_as_configured(router, told)
    assert not heard_as_configured(router.config, router.talkers[THEIRS])
