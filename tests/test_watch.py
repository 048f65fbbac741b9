"""What `hawatch watch` shows: pictures made by hand, laid out for terminals of all sizes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hawatch.cli.watching.frame import frame
from hawatch.cli.watching.lanes import Slices
from hawatch.cli.watching.look import Look, Moment, Size, age
from hawatch.cli.watching.view import View
from hawatch.cli.watching.words import words_of
from hawatch.snapshot import Snapshot
from hawatch.verdict import Cause, VerdictKind
from tests import snapshots
from tests.snapshots import AT, EPOCH
from tests.watching import INCIDENT, LARGE, NOW, case, last_hour, lines, look, many, split_of_two, view


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_split_is_told_at_a_glance_in_80_columns_and_24_lines() -> None:
    shown = lines(view(split_of_two(), incidents=case()))
    assert shown[0] == "web, seen from lb01  ✖ CRITICAL split_brain (1 of 2)               00:00:00 live"
    assert shown[1:5] == [
        "    VERDICT       SINCE ROUTER  OWNERS    VIPS            CAUSE",
        "▶ ✖ split_brain     12s VI_1 51 lb01+lb02 192.168.136.100 vrrp_blocked_inb…@lb02",
        "  ✔ steady         1h00 VI_2 51 lb01      192.168.136.101",
        "─" * 80,
    ]
    assert shown[5:12] == [
        "VI_1  vrid 51, ipv4, eth0  ✖ split_brain  for 12s, since 23:59:48, rule SB1",
        "  lb01 and lb02 both hold 192.168.136.100 (preferred: lb01)",
        "✖ vrrp_blocked_inbound@lb02",
        "    VRRP is dropped inbound on lb02",
        "  remedy     nft insert rule inet filter input ip protocol vrrp accept",
        f"  incident   {INCIDENT}  open  codes: anna 47",
        "  vip        192.168.136.100  lb01: yes  lb02: yes",
    ]
    assert shown[-3:] == [
        "lb02: agent up, lan up 0.3 ms, serial down (100% lost)   gateway up",
        "nginx@lb01 up   nginx@lb02 unknown",
        "↑↓ select  a ack  r release  s snooze 30m  m more  / filter  q quit",
    ]


def test_a_large_terminal_shows_the_last_hour_both_nodes_and_the_evidence_too() -> None:
    shown = lines(view(split_of_two(), incidents=case(), history=last_hour()), LARGE)
    (nodes,) = [index for index, line in enumerate(shown) if line.split() == ["lb01", "lb02"]]
    assert shown[nodes + 2].count("advertising: yes") == 2
    assert shown[nodes + 3].count("holds 192.168.136.100: yes") == 2
    assert "    00:00:00 opened lb01: split_brain" in shown
    verdicts = next(line for line in shown if line.startswith("  VI_1 "))[23:]
    assert len(verdicts) == 177
    assert verdicts.startswith("░" * 28 + "─")
    assert "─FD▄" in verdicts
    assert verdicts.endswith("─X█")
    second = next(line for line in shown if line.startswith("  lb02 192.168.136.100 "))[23:]
    assert second[0] == "▁"
    assert second[-1] == "█"
    assert any("d▄▄▄" in line for line in shown if line.startswith("  serial to lb02"))
    assert "  evidence   own_vip=yes  peer_advert_age=unknown  heard_priority=100" in shown
    legend = (
        "  X split_brain   D degraded   F failover   d down   ─ as it should be   █ yes   ▁ no   ░ unknown"
    )
    assert sorted(legend.split()) == sorted(next(line for line in shown if "X split_brain " in line).split())


def test_a_span_shorter_than_a_slice_is_not_lost() -> None:
    slices = Slices.until(3600.0, 60)
    assert (
        slices.values([[0, 1800.0, "steady"], [1800.0, 1800.2, "split_brain"], [1800.2, 3600, "steady"]])[29]
        == "split_brain"
    )
    values = slices.values([[0, 1000, True], [1000, 1001, False], [1001, 3600, True]])
    assert values.count(False) == 0
    assert Slices.until(3601.0, 60) == Slices.until(3659.0, 60)


def test_nothing_of_the_picture_tells_by_colour_alone() -> None:
    """The text of a lane of each verdict differs from that of every other."""
    drawn = {}
    for kind in VerdictKind:
        history = last_hour()
        lane = {**history["lanes"][0], "spans": [[EPOCH - 3600, EPOCH, kind.value]]}
        shown = lines(view(split_of_two(), history={**history, "lanes": [lane]}), LARGE)
        drawn[kind] = next(line for line in shown if line.startswith("  VI_1 "))
    assert len(set(drawn.values())) == len(drawn)


def test_an_agent_that_does_not_answer_is_not_taken_for_a_calm_night() -> None:
    seen = view(snapshots.steady())
    assert lines(seen)[0].endswith("00:00:00 live")
    head = lines(seen, now=Moment(wall=EPOCH + 7, at=AT + 7))[0]
    assert "? last: OK steady" in head
    assert head.endswith("no answer for 7s")


def test_an_agent_whose_picture_stands_still_is_told_of() -> None:
    late = Moment(wall=EPOCH + 60, at=AT + 1)
    assert lines(view(snapshots.steady()), now=late)[0].endswith(" 60s old")


def test_a_comment_in_a_remedy_stays_a_comment_in_every_line() -> None:
    remedy = (
        "nft flush table inet filter\n# it comes back at the next load unless "
        + "the file " * 10
        + "loses it"
    )
    finding = replace(snapshots.BLOCKED_INBOUND, remedy=remedy)
    shown = lines(view(snapshots.snapshot(snapshots.router(findings=(finding,)))))
    start = next(index for index, line in enumerate(shown) if line.startswith("  remedy     nft"))
    rest = [line[13:] for line in shown[start + 1 :] if line.startswith(" " * 13)]
    assert len(rest) > 1
    assert all(line.startswith("# ") for line in rest)


def test_what_is_muted_stands_below_the_head() -> None:
    muted = replace(snapshots.steady(), maintenance=snapshots.MAINTENANCE, silences=(snapshots.SILENCE,))
    shown = lines(view(muted))
    assert shown[1:3] == [
        "maintenance until 06-01 03:40, by anna: kernel update",
        "silence VI_2 until 06-01 00:30, by bob",
    ]


def test_a_finding_worse_than_the_verdict_is_in_the_head() -> None:
    seen = snapshots.snapshot(snapshots.router(findings=(snapshots.STALE_ARP,)))
    shown = lines(view(seen))
    assert "✖ CRITICAL stale_arp" in shown[0]
    assert shown[2].startswith("▶ ✖ steady")
    blind = snapshots.snapshot(snapshots.router(), node_findings=(snapshots.BLIND,))
    shown = lines(view(blind))
    assert "! WARNING blind" in shown[0]
    assert "! blind@lb01: the capture on eth0 lost its socket" in shown[-3]


def test_255_virtual_routers_scroll_page_by_page() -> None:
    seen = view(snapshots.snapshot(*many(255)))
    shown = lines(seen)
    assert shown[1].endswith("1-14 of 255")
    assert shown[2].startswith("▶ ✔ steady")
    assert "VI_1 1" in shown[2]
    seen = replace(seen, chosen=("VI_255", 255, "ipv4"))
    shown = lines(seen)
    assert shown[1].endswith("242-255 of 255")
    assert any(line.startswith("▶ ✔ steady") and "VI_255" in line for line in shown)


def test_the_worst_stands_first_and_numbers_are_counted() -> None:
    split = split_of_two().routers[1]
    seen = snapshots.snapshot(*many(12), replace(split, instance="ZZ"))
    names = [row.key[0] for row in view(seen).rows()]
    assert names == ["ZZ", *(f"VI_{number}" for number in range(1, 13))]


def test_without_virtual_routers_it_says_what_is_missing() -> None:
    shown = lines(view(snapshots.snapshot()))
    assert shown[1] == "no virtual router is watched (does keepalived.conf have a vrrp_instance?)"


def test_more_than_fits_says_so_and_can_be_scrolled() -> None:
    seen = replace(view(split_of_two(), incidents=case(), history=last_hour()), more=True)
    assert any("more lines: m" in line for line in lines(seen))
    down = lines(replace(seen, scrolled=1000))
    assert any("evidence" in line for line in down)
    assert not any("more lines: m" in line for line in down)


def test_chinese_is_aligned_by_the_columns_that_it_takes() -> None:
    shown = lines(view(split_of_two(), incidents=case()), looks=look("zh"))
    assert shown[0].startswith("web，由lb01观察  ✖ 严重 裂脑 (1/2) ")
    assert cell_len(shown[0]) == 80
    rows = shown[2:4]
    assert rows[0].startswith("▶ ✖ 裂脑")
    offsets = {cell_len(row[: row.index("VI_")]) for row in rows}
    assert len(offsets) == 1
    assert f"  事件       {INCIDENT}  无人处理  编号: anna 47" in shown


def test_both_languages_say_the_same_things() -> None:
    english, chinese = words_of("en"), words_of("zh")
    assert english.phrases.keys() == chinese.phrases.keys()
    for key, phrase in english.phrases.items():
        assert _fields(phrase) == _fields(chinese.phrases[key]), key
    assert all(chinese.name("verdict", kind) != kind.value for kind in VerdictKind)
    assert all(chinese.name("cause", cause) != cause.value for cause in Cause)


def _fields(phrase: str) -> list[str]:
    return sorted(part.partition("}")[0] for part in phrase.split("{")[1:])


def test_a_terminal_without_such_letters_gets_ascii() -> None:
    for looks in (look(encoding="ascii"), look("zh", "ascii"), look(ascii_only=True)):
        seen = view(split_of_two(), incidents=case(), history=last_hour())
        assert all(line.isascii() for line in lines(seen, LARGE, looks=looks))
    assert look("zh", "latin-1").words.code == "en"
    assert look("zh", "gbk").words.code == "zh"


def test_names_with_control_characters_or_markup_stay_names() -> None:
    odd = replace(snapshots.steady(), pair="[red]we\nb[/red]")
    assert lines(view(odd))[0].startswith("[red]we b[/red], seen from lb01")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0s"), (8.9, "8s"), (119, "119s"), (240, "4m"), (12000, "3h20"), (270000, "3d3h"), (4e7, "462d")],
)
def test_an_age_takes_five_columns_at_most(seconds: float, expected: str) -> None:
    assert age(seconds) == expected
    assert len(expected) <= 5


PICTURES = st.sampled_from(
    [
        snapshots.steady(),
        split_of_two(),
        snapshots.isolated(),
        snapshots.indeterminate(),
        snapshots.unknown_peer(),
        snapshots.snapshot(),
        snapshots.snapshot(*many(40)),
        replace(snapshots.failover(), maintenance=snapshots.MAINTENANCE, silences=(snapshots.SILENCE,) * 9),
        replace(split_of_two(), node="裂脑" * 20, pair="w" * 300),
    ]
)
LOOKS = st.sampled_from([look(), look("zh"), look(ascii_only=True)])


@given(
    PICTURES,
    LOOKS,
    st.integers(1, 250),
    st.integers(1, 80),
    st.sampled_from([None, True, False]),
    st.integers(0, 50),
)
def test_any_picture_fits_any_terminal(
    snapshot: Snapshot, looks: Look, columns: int, rows: int, more: bool | None, scrolled: int
) -> None:
    seen: View = view(snapshot, incidents=case(), history=last_hour())
    seen = replace(seen, more=more, scrolled=scrolled)
    drawn = frame(seen, Size(columns=columns, lines=rows), NOW, looks)
    assert len(drawn) == rows
    assert all(cell_len(line.plain) <= columns for line in drawn)
    assert all("\n" not in line.plain for line in drawn)
