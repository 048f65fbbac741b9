"""The PromQL that several panels share.

An agent that does not answer has no series, and no series is not zero: what is counted here is 0 only while at least
one agent answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from grafana.style import AGENT_STATES, FINDINGS, SEVERITIES, VERDICTS


def selector(pair: str, **labels: str) -> str:
    """The label matchers of a pair and of these labels; `pair` is a matcher, like `pair="web"`."""
    return "{" + ",".join([pair, *(f'{name}="{value}"' for name, value in labels.items())]) + "}"


def heard(pair: str) -> str:
    """1 if any agent of the pair answers; else nothing."""
    return f"max(hawatch_build_info{{{pair}}})"


def or_none(count: str, pair: str) -> str:
    """A count, or 0 if there is nothing to count and an agent answers."""
    return f"({count})\nor on () 0 * {heard(pair)}"


def or_zero(expression: str, pair: str) -> str:
    """An expression by agent, or 0 for each agent that answers if it gives nothing."""
    return f"({expression})\nor on () 0 * max by (instance) (hawatch_build_info{{{pair}}})"


def or_nan(expression: str, by: str, pair: str) -> str:
    """An expression by virtual router, or NaN for each router that it lacks, so that a table's row is whole."""
    return f"{expression}\nor on ({by}) NaN * {since(by, pair)}"


def since(by: str, pair: str) -> str:
    """When a verdict changed last, in epoch seconds."""
    return f"max by ({by}) (hawatch_verdict_since_timestamp_seconds{{{pair}}})"


def placed(metric: str, label: str, values: Iterable[str], pair: str) -> list[tuple[int, str]]:
    """A 0/1 metric's series by the place of its label's value; the first place is 0 and adds nothing."""
    return [
        (place, f"{metric}{selector(pair, **{label: value})}") for place, value in enumerate(values) if place
    ]


def union(by: str, terms: list[str]) -> str:
    """The greatest of the terms by labels."""
    return f"max by ({by}) (\n  " + "\n  or ".join(terms) + "\n)"


def worst(by: str, metric: str, label: str, values: Iterable[str], pair: str) -> str:
    """The place of the value that holds now, the worst of all agents."""
    return union(by, [f"{place} * {series}" for place, series in placed(metric, label, values, pair)])


def worst_over_time(by: str, metric: str, label: str, values: Iterable[str], pair: str) -> str:
    """The same for a range: the worst within each step, so that seconds of trouble show in a picture of a month.

    Where a step is shorter than the scrape interval, the last sample stands.
    """
    terms = [
        f"{place} * (max_over_time({series}[$__interval]) or {series})"
        for place, series in placed(metric, label, values, pair)
    ]
    return union(by, terms)


def verdict(by: str, pair: str) -> str:
    """The number of the verdict that holds now, as in `style.VERDICTS`."""
    return worst(by, "hawatch_verdict", "verdict", VERDICTS, pair)


def verdict_over_time(by: str, pair: str) -> str:
    """The number of the worst verdict within each step."""
    return worst_over_time(by, "hawatch_verdict", "verdict", VERDICTS, pair)


def severity_over_time(by: str, pair: str) -> str:
    """The number of the worst overall severity within each step, as in `style.SEVERITIES`."""
    return worst_over_time(by, "hawatch_severity", "severity", SEVERITIES, pair)


def peer_agent_over_time(by: str, pair: str) -> str:
    """The number of the worst state of the peers' agents within each step, as in `style.AGENT_STATES`."""
    return worst_over_time(by, "hawatch_peer_agent", "state", AGENT_STATES, pair)


def count_of_findings(pair: str) -> str:
    """How many findings are critical or warnings; each counts once, whoever tells it."""
    return f'count(max by (pair, vrrp_instance, cause, node) (hawatch_finding{{{pair},severity=~"warning|critical"}}))'


def findings(pair: str) -> str:
    """Every finding once, whoever tells it, with its severity as in `style.FINDINGS`; or 0 with the cause `none`."""
    by = "pair, vrrp_instance, cause, node"
    terms = [
        f"{number} * max by ({by}) (hawatch_finding{selector(pair, severity=severity)})"
        for number, severity in reversed(list(enumerate(FINDINGS, start=1)))
    ]
    none = f'label_replace(0 * {heard(pair)}, "cause", "none", "", "")'
    return "\nor ".join(terms) + f"\nor on () {none}"


def owners(pair: str, by: str = "pair, vrrp_instance, vip") -> str:
    """How many nodes hold each VIP, by what the agents know together."""
    return f"sum by ({by}) (max by ({by}, node) (hawatch_vip_held{{{pair}}}))"


def owners_by_name(pair: str, by: str = "pair, vrrp_instance, vip") -> str:
    """The number of owners, one series for each owner by name; a VIP without one has the owner `nobody`."""
    held = f"max by ({by}, node) (hawatch_vip_held{{{pair}}} == 1)"
    count = owners(pair, by)
    return (
        f"{held}\n  * on ({by}) group_left () {count}\n"
        f'or label_replace({count} == 0, "node", "nobody", "", "")'
    )


def of_agents(expression: str, pair: str) -> str:
    """What a process tells, of hawatch's agents alone."""
    return f"({expression}) and on (job, instance) hawatch_build_info{{{pair}}}"


def answering(pair: str) -> str:
    """1 or 0 for each agent that Prometheus knows: by the job's and the pair's name, or heard within a day."""
    return (
        f'(up{{job="hawatch",{pair}}}\n'
        f"or up and on (job, instance) last_over_time(hawatch_build_info{{{pair}}}[1d]))"
    )


def quantile(share: float, histogram: str, by: str, pair: str) -> str:
    """So much of what was counted in the dashboard's time took at most this long; NaN where nothing was."""
    buckets = f"{histogram}_bucket{{{pair}}}"
    labels = ", ".join(part for part in (by, "le") if part)
    return f"histogram_quantile({share:g}, sum by ({labels}) (increase({buckets}[$__range])))"
