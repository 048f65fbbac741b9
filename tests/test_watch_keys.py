"""The keys of `hawatch watch`: what a terminal sends, and what each does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.cli.watching.keys import Keys
from hawatch.cli.watching.pressing import pressed
from hawatch.cli.watching.view import Deed, View, Wish
from tests import snapshots
from tests.watching import INCIDENT, lines, look, many, split_of_two, view

WORDS = look().words


def after(seen: View, *keys: str, more: bool = False) -> View:
    """The view after these keys, none of which wished for anything."""
    for key in keys:
        seen, wish = pressed(seen, key, WORDS, more=more)
        assert wish is None
    return seen


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"jk", ["j", "k"]),
        (b"\x1b[A\x1b[B", ["up", "down"]),
        (b"\x1bOA\x1bOB", ["up", "down"]),
        (b"\x1b[5~\x1b[6~", ["page-up", "page-down"]),
        (b"\x1b[1~\x1b[F\x1b[H", ["home", "end", "home"]),
        (b"\r\n\x7f", ["enter", "enter", "erase"]),
        ("裂".encode(), ["裂"]),
        (b"\x1b[1;5Aj", ["j"]),
        (b"\x1b[<0;3;4Mq", ["q"]),
        (b"\x1bj", ["escape", "j"]),
        (b"\x00\x01\x1c", []),
    ],
)
def test_what_terminals_send_is_understood_in_one_piece_and_in_many(sent: bytes, expected: list[str]) -> None:
    keys = Keys()
    assert keys.feed(sent) + keys.end() == expected
    keys = Keys()
    slowly = [key for byte in sent for key in keys.feed(bytes([byte]))]
    assert slowly + keys.end() == expected


def test_an_escape_alone_is_the_key() -> None:
    keys = Keys()
    assert keys.feed(b"\x1b") == []
    assert keys.begun
    assert keys.end() == ["escape"]
    assert not keys.begun


@given(st.binary())
def test_any_bytes_give_keys_that_are_one_letter_or_a_name(sent: bytes) -> None:
    keys = Keys()
    for key in keys.feed(sent) + keys.end():
        assert len(key) == 1 or key.replace("-", "").isalpha()


def test_the_chosen_one_follows_the_arrows_and_stays_when_the_order_changes() -> None:
    calm = view(snapshots.snapshot(*many(5)))
    seen = after(calm, "j", "down")
    assert seen.chosen == ("VI_3", 3, "ipv4")
    assert after(seen, "k").chosen == ("VI_2", 2, "ipv4")
    assert after(seen, "up", "up", "up", "up").chosen == ("VI_1", 1, "ipv4")
    assert after(seen, "G").chosen == ("VI_5", 5, "ipv4")
    worse = snapshots.router(split_of_two().routers[1].verdict, instance="VI_9")
    later = replace(seen, picture=view(snapshots.snapshot(*many(5), worse)).picture)
    assert later.rows()[later.index(later.rows())].key == ("VI_3", 3, "ipv4")
    assert after(later, "g").chosen is None
    assert later.rows()[after(later, "home").index(later.rows())].key[0] == "VI_9"


def test_an_acknowledgement_asks_first_and_means_the_incident_that_was_seen() -> None:
    seen = after(view(split_of_two()), "a")
    assert lines(seen)[-1] == f"Acknowledge {INCIDENT}: you look after it? y/n"
    healed = replace(seen, picture=view(snapshots.steady()).picture)
    done, wish = pressed(healed, "y", WORDS, more=False)
    assert wish == Wish(deed=Deed.ACK, incident=INCIDENT)
    assert done.asking is None


@pytest.mark.parametrize("key", ["n", "escape", "enter", "a", "q"])
def test_any_other_answer_does_nothing(key: str) -> None:
    seen = after(view(split_of_two()), "a", key)
    assert seen.asking is None
    assert lines(seen)[-1] == "nothing done"
    assert lines(after(seen, "x"))[-1].endswith("q quit")


@pytest.mark.parametrize(("key", "deed"), [("r", Deed.RELEASE), ("s", Deed.SNOOZE)])
def test_giving_back_and_keeping_quiet_ask_too(key: str, deed: Deed) -> None:
    _, wish = pressed(after(view(split_of_two()), key), "y", WORDS, more=False)
    assert wish == Wish(deed=deed, incident=INCIDENT)


def test_where_no_incident_is_open_there_is_nothing_to_acknowledge() -> None:
    seen = after(view(snapshots.steady()), "a")
    assert seen.asking is None
    assert lines(seen)[-1] == "VI_1: no incident is open"
    assert after(view(snapshots.snapshot()), "a", "j", "k").asking is None


def test_a_filter_narrows_while_it_is_typed_and_stays_until_escape() -> None:
    seen = after(
        view(snapshots.snapshot(*many(30), *split_of_two().routers)), "/", "s", "p", "l", "q", "erase"
    )
    assert seen.typing == "spl"
    assert lines(seen)[-1].startswith("filter: spl_")
    assert [row.key[0] for row in seen.rows()] == ["VI_1"]
    kept = after(seen, "enter")
    assert (kept.filter, kept.typing) == ("spl", None)
    assert lines(kept)[-1].startswith("filter /spl  ")
    assert len(after(kept, "escape").rows()) == 32
    assert lines(after(kept, "/", "?"))[1] == "nothing matches /?"
    assert [row.key[0] for row in after(view(split_of_two()), "/", *"lb02").rows()] == ["VI_1"]


def test_m_shows_more_and_less_and_pages_scroll_what_is_shown() -> None:
    seen = after(view(split_of_two()), "m")
    assert seen.more is True
    assert after(seen, "page-down", more=True).scrolled == 10
    assert after(seen, "page-down", "b", "b", more=True).scrolled == 0
    assert after(seen, "m", more=True).more is False
