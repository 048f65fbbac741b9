"""Whose place is taken when there are too many."""

from __future__ import annotations

import pytest

from hawatch.exporter.places import Place, caller_of, gives_way


def place(caller: str, began: float = 0.0, unused_until: float | None = None) -> Place:
    return Place(caller=caller, began=began, unused_until=unused_until)


def test_who_has_waited_longest_of_those_who_have_most_gives_way() -> None:
    crowd = [place("crowd", unused_until=each) for each in (12.0, 11.0, 13.0)]
    prometheus = place("prometheus", unused_until=1.0)
    newcomer = place("plugin", unused_until=20.0)
    assert gives_way([*crowd, prometheus, newcomer], newcomer) is crowd[1]


def test_a_place_that_is_used_is_not_taken_while_another_is_not() -> None:
    used, unused = place("crowd", 5.0), place("prometheus", 1.0, unused_until=9.0)
    newcomer = place("plugin", 6.0, unused_until=16.0)
    assert gives_way([used, place("crowd", 4.0), unused, newcomer], newcomer) is unused


def test_where_all_are_used_the_one_with_most_gives_its_latest() -> None:
    crowd = [place("crowd", began) for began in (1.0, 3.0, 2.0)]
    newcomer = place("plugin", 4.0, unused_until=14.0)
    assert gives_way([*crowd, newcomer], newcomer) is crowd[1]


def test_where_all_are_used_and_nobody_has_more_the_newcomer_goes() -> None:
    newcomer = place("crowd", 4.0, unused_until=14.0)
    assert gives_way([place("crowd", 1.0), place("crowd", 2.0), newcomer], newcomer) is newcomer
    newcomer = place("plugin", 4.0, unused_until=14.0)
    assert gives_way([place("one", 1.0), place("other", 2.0), newcomer], newcomer) is newcomer


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_the_addresses_of_one_network_of_ipv6_are_one_caller(address: str, caller: str) -> None:
    assert caller_of(address) == caller
