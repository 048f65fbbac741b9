"""This host, examined: one file for each thing that makes a pair fail, and each with a remedy that lasts.

for line in examine_all(gather(config=config, status=status)):
    print(line.outcome, line.name, line.sentence, line.remedy)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hawatch.doctor import (
    agent_rights,
    clock_offset,
    confinement,
    direct_routing,
    duplicate_detection,
    fencing,
    hawatch_toml,
    keepalived_conf,
    keepalived_version,
    membership,
    nonlocal_bind,
    packet_filter,
    peer_links,
    reverse_path,
    serial_lines,
    virtual_mac,
)
from hawatch.doctor.case import Case
from hawatch.doctor.gathering import gather
from hawatch.doctor.line import Line, Outcome, worst

__all__ = ["EXAMINATIONS", "Case", "Line", "Outcome", "examine_all", "gather", "worst"]

Examination = Callable[[Case], Iterator[Line]]

EXAMINATIONS: tuple[Examination, ...] = (
    keepalived_conf.examine,
    keepalived_version.examine,
    packet_filter.examine,
    membership.examine,
    reverse_path.examine,
    virtual_mac.examine,
    nonlocal_bind.examine,
    direct_routing.examine,
    duplicate_detection.examine,
    clock_offset.examine,
    confinement.examine,
    hawatch_toml.examine,
    agent_rights.examine,
    peer_links.examine,
    serial_lines.examine,
    fencing.examine,
)


def examine_all(case: Case) -> tuple[Line, ...]:
    """Every line of every examination; none of them raises for what a host may be like."""
    return tuple(line for examine in EXAMINATIONS for line in examine(case))
