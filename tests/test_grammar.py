"""What a reply's text is read as, and above all what is not read into it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hawatch.reply.command import (
    Acknowledge,
    Choose,
    Command,
    Confirm,
    Details,
    Drop,
    List,
    Misfit,
    NotUnderstood,
    Release,
    Snooze,
    Understood,
)
from hawatch.reply.grammar import FORMS, MOST_CHARACTERS, Form, form, read, table

ACK = Acknowledge(code=47)
BARE_ACK = Acknowledge(code=None)
TWO = Choose(code=47, number=2)
HALF_AN_HOUR = Snooze(code=47, seconds=1800)
NOTHING = NotUnderstood()

CODES = st.integers(10, 999)
COMMANDS: st.SearchStrategy[Understood] = st.one_of(
    st.builds(Acknowledge, code=CODES | st.none()),
    st.builds(Choose, code=CODES, number=st.integers(1, 8)),
    st.builds(Details, code=CODES),
    st.builds(Release, code=CODES),
    st.builds(Snooze, code=CODES, seconds=st.integers(1, 7 * 24 * 60).map(lambda minutes: minutes * 60)),
    st.builds(Confirm, nonce=st.from_regex(r"[0-9]{4}|[0-9]{6}", fullmatch=True).filter(str.isascii)),
    st.just(Drop()),
    st.just(List()),
)
SMALL_ALPHABET = st.text(
    "0123456789 ?>.,-#、。47okack收到好的不nomhd分时天０１２３４７²٤\n\u3000\u200b", max_size=12
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("47", ACK),
        ("472", Acknowledge(code=472)),
        ("10", Acknowledge(code=10)),
        ("999", Acknowledge(code=999)),
        ("47 2", TWO),
        ("47 1", Choose(code=47, number=1)),
        ("47 8", Choose(code=47, number=8)),
        ("472 3", Choose(code=472, number=3)),
        ("47 0", Details(code=47)),
        ("47 9", Release(code=47)),
        ("47 30m", HALF_AN_HOUR),
        ("47 30 min", HALF_AN_HOUR),
        ("47 30分", HALF_AN_HOUR),
        ("47 30分钟", HALF_AN_HOUR),
        ("47 2h", Snooze(code=47, seconds=7200)),
        ("47 2时", Snooze(code=47, seconds=7200)),
        ("47 2小时", Snooze(code=47, seconds=7200)),
        ("47 1d", Snooze(code=47, seconds=86400)),
        ("47 1天", Snooze(code=47, seconds=86400)),
        ("8316", Confirm(nonce="8316")),
        ("0042", Confirm(nonce="0042")),
        ("831642", Confirm(nonce="831642")),
        *((text, BARE_ACK) for text in ("1", "ok", "OK", "Okay", "ack", "收到", "好", "好的", "确认")),
        *(
            (text, ACK)
            for text in ("ack 47", "ok47", "确认47", "收到 47", "47 收到", "47收到", "47 ok", "47,ok")
        ),
        *((text, Drop()) for text in ("no", "No", "n", "取消", "不")),
        *((text, List()) for text in ("?", "？", "list", "列表")),
    ],
)
def test_every_form_means_what_people_are_told(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    "text",
    ["４７　２", "\ufeff47 2", "47\u00a02", " 47 \t 2 ", "4\u200b7 2", "“47 2”", "「47 2」", "'47 2'.", "。47 2。",
     "47 2！", "47 2；", ": 47 2", "47 2\r\n", "\u200f47 2\u200e", "４７，２", "47 2…"],
)  # fmt: skip
def test_width_quotes_and_what_cannot_be_seen_do_not_matter(text: str) -> None:
    assert read(text) == TWO


@pytest.mark.parametrize("gap", [*" ,，、.．。｡#＃-－", " , ", "- ", " #", "   "])
def test_a_telephone_that_hides_the_blank_has_other_signs_for_it(gap: str) -> None:
    assert read(f"47{gap}2") == TWO
    assert read(f"472{gap}3") == Choose(code=472, number=3)
    assert read(f"47{gap}30m") == HALF_AN_HOUR


@pytest.mark.parametrize("gap", ["+", "/", "*", "_", ";", ":", "--", ", ,", "$", "=", "&", "|"])
def test_no_other_sign_parts_a_code_from_its_number(gap: str) -> None:
    assert read(f"47{gap}2") == NOTHING


@given(code=st.integers(10, 99), number=st.integers(0, 9))
def test_digits_that_run_on_are_one_code_and_never_a_code_and_a_number(code: int, number: int) -> None:
    assert read(f"{code}{number}") == Acknowledge(code=10 * code + number)


@given(code=st.integers(100, 999), number=st.integers(0, 9))
def test_digits_that_run_on_after_three_are_a_confirmation(code: int, number: int) -> None:
    assert read(f"{code}{number}") == Confirm(nonce=f"{code}{number}")


@pytest.mark.parametrize(
    "text", ["4730m", "472h", "47 2 3", "47 10", "47 22", "8316 2", "83160", "8316427", "831 642"]
)
def test_digits_that_fit_nothing_are_not_cut_until_they_do(text: str) -> None:
    assert read(text) == NOTHING


@pytest.mark.parametrize(
    "text", ["0", "2", "9", "07", "047", "00", "-47", "+47", "47 x", "#47", "47?", "yes", "end"]
)
def test_what_is_almost_a_form_is_not_understood(text: str) -> None:
    assert read(text) == NOTHING


@pytest.mark.parametrize("text", ["٤٧", "४७ २", "47²", "47①", "⒋", "㏠", "𝟒𝟕", "4½", "47⑵", "47 ㏠", "₄₇"])
def test_digits_of_other_scripts_and_raised_or_encircled_ones_are_not_digits(text: str) -> None:
    assert read(text) == NOTHING


@pytest.mark.parametrize("text", ["47 0m", "47 10081m", "47 169h", "47 8d", "47 99999d"])
def test_a_snooze_is_from_one_minute_to_seven_days(text: str) -> None:
    assert read(text) == NotUnderstood(reason=Misfit.SNOOZE_SPAN)


def test_the_shortest_and_the_longest_snooze() -> None:
    assert read("47 1m") == Snooze(code=47, seconds=60)
    assert read("47 7d") == read("47 168h") == read("47 10080m") == Snooze(code=47, seconds=604800)


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office until 47 March. For urgent matters call 8316.",
        "Automatic reply: 47 2",
        "我正在休假，47 号回来",
        "自动回复：收到，稍后联系",
        "Out of office",
        "1 am out of office",
        "No longer with the company",
        "On Tue, 3 Nov, hawatch wrote: 47 2",
        "[HAW]lab1裂脑 VRID51:r2,r3均MASTER 03:12。回47确认,47 2降级r3,47 0详情",
        "OK, who is on call?",
        "好的，马上看",
        "list of people",
        "not me",
    ],
)
def test_a_machine_that_answers_and_a_person_who_chats_command_nothing(text: str) -> None:
    assert read(text) == NOTHING


@pytest.mark.parametrize(
    "text",
    ["47; rm -rf /", "47 $(x)", "47 `id`", "47 2; reboot", "47 2 && reboot", "47 2|sh", "47\x002", "47 2\x00", "47%202",
     "47 2 --force", "47' OR '1'='1", "47 ../../etc", "[0000] ACKNOWLEDGE_SVC_PROBLEM;a;b", "47 2 <script>", "47\\n2"],
)  # fmt: skip
def test_what_is_made_for_a_shell_or_a_pipe_is_not_understood(text: str) -> None:
    assert read(text) == NOTHING


@given(code=CODES, prose=st.text(st.characters(whitelist_categories=["L"]), min_size=3))
def test_a_code_that_prose_follows_is_not_understood(code: int, prose: str) -> None:
    assert read(f"{code} {prose} and so on") == NOTHING


@pytest.mark.parametrize(
    "text", ["47 minutes ago", "47好吧", "47 m", "47 okay then", "47 no", "47. I am on it", "47 2 pls"]
)
def test_a_code_that_a_few_words_follow_is_not_understood(text: str) -> None:
    assert read(text) == NOTHING


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("47 2\n\nSent from my telephone", TWO),
        ("\n \u200b\n47 2", TWO),
        ("> [HAW] answer 47 0\n> or 47 9\n47 2", TWO),
        ("＞ 47 9\n  > 47 0\n47 2", TWO),
        ("47 2\n> 47 9", TWO),
        (">" * 500 + "\n47 2", TWO),
        ("47 2\rno", TWO),
        ("hello\n47 2", NOTHING),
        ("...\n47 2", NOTHING),
    ],
)
def test_the_first_line_that_is_neither_empty_nor_quoted_decides(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b", "\ufeff", "> 47\n> 47 2", "\u3000"])
def test_a_text_in_which_nobody_says_anything_is_empty(text: str) -> None:
    assert read(text) == NotUnderstood(reason=Misfit.EMPTY)


def test_a_long_line_is_not_cut_until_it_fits() -> None:
    filler = "\u200b" * MOST_CHARACTERS
    for text in (
        f"47{' ' * MOST_CHARACTERS}is not mine",
        f"47{filler}2",
        f"{filler}no\n47",
        f"47{'.' * MOST_CHARACTERS}",
    ):
        assert read(text) == NotUnderstood(reason=Misfit.TOO_LONG)
    assert read(f"47{' ' * (MOST_CHARACTERS - 3)}2") == TWO
    assert read(f"{' ' * 9999}47 2{' ' * 9999}") == TWO


@given(st.text() | SMALL_ALPHABET)
@example("\ud800")
@example("\ufdfa" * 160)
def test_any_text_is_read_as_one_command_and_nothing_fails(text: str) -> None:
    command = read(text)
    assert isinstance(command, Command)
    if not isinstance(command, NotUnderstood):
        assert read(form(command)) == command


@given(COMMANDS)
def test_what_people_are_told_to_answer_reads_back_as_what_was_meant(command: Understood) -> None:
    assert read(form(command)) == command


@given(st.one_of(*(st.from_regex(each.pattern, fullmatch=True) for each in FORMS)))
def test_no_text_fits_two_rows_of_the_table(line: str) -> None:
    assert sum(1 for each in FORMS if each.pattern.fullmatch(line)) == 1


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.example)
def test_every_row_has_an_example_that_it_reads_itself(row: Form) -> None:
    match = row.pattern.fullmatch(row.example)
    assert match
    assert read(row.example) == row.make(match) != NOTHING


def test_the_table_for_the_documentation_has_all_rows_and_would_stand_in_markdown() -> None:
    lines = table().splitlines()
    assert len(lines) == len(FORMS) + 2
    assert all(line.count("|") == 3 for line in lines)
    assert "| `47 2` | number 2 of the menu of 47 (1 to 8; 1 acknowledges) |" in lines


def test_nothing_that_people_are_told_is_a_word_that_carriers_keep_for_themselves() -> None:
    carriers = {
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "start",
        "yes",
        "unstop",
        "t",
        "td",
    }
    assert not any(each.pattern.fullmatch(word) for each in FORMS for word in carriers)
