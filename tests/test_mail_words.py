"""The one line that somebody wrote, in the mails of the programs that people really use."""

from __future__ import annotations

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.replies.mail.bodies import text_of
from hawatch.replies.mail.own_words import LONGEST_LINE, own_words
from tests.mails import GMAIL, mail

OURS = "[hawatch web] SPLIT BRAIN VI_1. 47=ack, 47 2=demote lb02"
OUTLOOK = f"""

Anna Doe
Operations

________________________________
From: hawatch@example.org <hawatch@example.org>
Sent: Friday, November 27, 2026 3:12 AM
To: Anna Doe <anna@example.org>
Subject: [hawatch web] SPLIT BRAIN VI_1

{OURS}
"""
OUTLOOK_WITHOUT_RULE = OUTLOOK.replace("_" * 32 + "\n", "").replace("Anna Doe\nOperations\n", "")
APPLE = (
    f"\n\nSent from my iPhone\n\n> On 27 Nov 2026, at 03:12, hawatch@example.org wrote:\n> \n> \ufeff{OURS}\n"
)
GMAIL_WRAPPED = f"\n\nOn Fri, Nov 27, 2026 at 3:12 AM hawatch\n<hawatch@example.org> wrote:\n\n> {OURS}\n"
GMAIL_CHINESE = (
    f"\n\nhawatch@example.org <hawatch@example.org> 于2026年11月27日周五 03:12写道：\n\n> {OURS}\n"
)
QQ = f"""



------------------ 原始邮件 ------------------
发件人: "hawatch" <hawatch@example.org>;
发送时间: 2026年11月27日(星期五) 凌晨3:12
收件人: "anna"<anna@qq.com>;
主题: [hawatch web] 裂脑 VI_1

{OURS}
"""
QQ_APP = QQ.replace("原始邮件", "Original").replace("\n\n\n\n", "\n\n发自我的iPhone\n\n", 1)
NETEASE = f"\n\n\n\n\nAt 2026-11-27 03:12:00, hawatch@example.org wrote:\n>{OURS}\n"
NETEASE_CHINESE = f'\n\n在 2026-11-27 03:12:00，"hawatch" <hawatch@example.org> 写道：\n>{OURS}\n'
NETEASE_APP = (
    "\n\n\n| |\nanna\n|\n|\nanna@163.com\n|\n---- 回复的原邮件 ----\n| 发件人 | hawatch |\n| 主题 | x |\n"
)
FOXMAIL = f"\n\n\n\n发件人： hawatch\n发送时间： 2026-11-27 03:12\n收件人： anna\n主题： [hawatch web] 裂脑\n{OURS}\n"
GERMAN = f"\n\nAm 27.11.2026 um 03:12 schrieb hawatch@example.org:\n> {OURS}\n"
PROGRAMS = {
    "nothing": "",
    "gmail": GMAIL,
    "gmail wrapped": GMAIL_WRAPPED,
    "gmail in Chinese": GMAIL_CHINESE,
    "outlook": OUTLOOK,
    "outlook without a rule": OUTLOOK_WITHOUT_RULE,
    "apple": APPLE,
    "qq": QQ,
    "qq app": QQ_APP,
    "163": NETEASE,
    "163 in Chinese": NETEASE_CHINESE,
    "163 app": NETEASE_APP,
    "foxmail": FOXMAIL,
    "thunderbird in German": GERMAN,
}
MARKED = ("gmail", "gmail wrapped", "gmail in Chinese", "163", "163 in Chinese", "thunderbird in German")
UNMARKED = ("outlook", "outlook without a rule", "qq", "foxmail")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("words", ["47", "47 2", "收到", "47 30分"])
def test_an_answer_above_the_quotation_is_its_first_line(program: str, words: str) -> None:
    assert own_words(f"{words}{PROGRAMS[program]}") == words
    assert own_words(f"\n \u200b\n{words} \nthank you\n{PROGRAMS[program]}".replace("\n", "\r\n")) == words


@pytest.mark.parametrize("program", MARKED)
def test_an_answer_below_what_is_marked_as_quoted_counts_too(program: str) -> None:
    assert own_words(f"{PROGRAMS[program].strip()}\n\n47 9\n\n--\nAnna\n") == "47 9"


@pytest.mark.parametrize("program", [*MARKED, *UNMARKED])
def test_what_is_quoted_is_no_answer(program: str) -> None:
    quoted = PROGRAMS[program].replace("Anna Doe\nOperations\n", "").replace(OURS, "47 2")
    assert own_words(quoted) == ""


@pytest.mark.parametrize("program", UNMARKED)
def test_an_older_answer_of_the_same_conversation_is_not_given_again(program: str) -> None:
    """Below a header without marks at its lines nothing is somebody's own, whatever is quoted there."""
    header = PROGRAMS[program].replace("Anna Doe\nOperations\n", "").replace(OURS, f"> {OURS}\n\n47 2")
    assert own_words(header) == ""


@pytest.mark.parametrize("text", ["", "\n\n", "> 47 2\n", "\n--\n47\n", "\ufeff\u200b\n"])
def test_nothing_of_ones_own_is_nothing(text: str) -> None:
    assert own_words(text) == ""


HTML = {
    "gmail": '<div dir="ltr">47 2</div><br><div class="gmail_quote"><div class="gmail_attr">On Fri wrote:<br></div>'
    "<blockquote>[hawatch web] 47 9</blockquote></div>",
    "outlook": "<html><head><style>p {color: red}</style></head><body><p>47&nbsp;2</p><p>Anna</p>"
    '<hr><div id="divRplyFwdMsg"><b>From:</b> hawatch</div><div>[hawatch web] 47 9</div></body></html>',
    "qq": "<div>47 2</div><div><includetail><div>---原始邮件---</div><div>47 9</div></includetail></div>",
    "below": "<blockquote>[hawatch web] 47=ack</blockquote><p>47 2</p>",
    "script": "<script>47 9</script><title>47 8</title><div><span>47</span> <b>2</b></div>",
    "broken": "<p>47 2<div></span></b><blockquote>47 9",
}


@pytest.mark.parametrize("program", HTML)
def test_of_a_mail_in_html_what_can_be_read_counts(program: str) -> None:
    raw = mail(HTML[program], Content_Type="text/html; charset=utf-8")
    assert own_words(text_of(message_from_bytes(raw))) == "47 2"


def test_an_outlook_answer_with_nothing_of_ones_own_is_nothing() -> None:
    html = '<p>&nbsp;</p><hr><div id="divRplyFwdMsg">From: hawatch</div><div>47 2</div>'
    assert own_words(text_of(message_from_bytes(mail(html, Content_Type="text/html")))) == ""


def multipart(*parts: str, kind: str = "mixed") -> str:
    body = "".join(f"--x\n{part}\n" for part in parts)
    return own_words(
        text_of(message_from_bytes(mail(f"{body}--x--\n", Content_Type=f'multipart/{kind}; boundary="x"')))
    )


def test_the_plain_text_counts_and_what_is_attached_does_not() -> None:
    plain, html = "Content-Type: text/plain\n\n47", "Content-Type: text/html\n\n<p>48</p>"
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n49"
    forwarded = "Content-Type: message/rfc822\n\nSubject: x\n\n50"
    assert multipart(plain, html, kind="alternative") == "47"
    assert multipart(html, plain, kind="alternative") == "47"
    assert multipart("Content-Type: text/plain\n\n \n", html, kind="alternative") == "48"
    assert multipart(attached, forwarded, plain) == "47"
    assert multipart(attached, forwarded) == ""


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("gb2312", "收到".encode("gb18030")),
        ("gbk", "收到".encode("gbk")),
        ('"GB18030"', "收到".encode("gb18030")),
        ("big5", "收到".encode("big5")),
        ("utf-8", "收到".encode()),
        ("no-such-thing", "收到".encode()),
        ("us-ascii", "收到".encode()),
        ("rot13", "收到".encode()),
        ("base64", "收到".encode()),
    ],
)
def test_a_letter_set_of_any_name_is_read_as_well_as_can_be(charset: str, raw: bytes) -> None:
    whole = mail("", Content_Type=f"text/plain; charset={charset}") + raw
    assert own_words(text_of(message_from_bytes(whole))) == "收到"


@given(st.text(max_size=500))
def test_no_text_breaks_it_and_never_more_than_a_line_comes_out(text: str) -> None:
    line = own_words(text)
    assert "\n" not in line
    assert len(line) <= LONGEST_LINE


@given(st.text(max_size=300))
def test_no_html_breaks_it(text: str) -> None:
    own_words(
        text_of(message_from_bytes(mail(text.encode("utf-8", "replace").decode(), Content_Type="text/html")))
    )


@pytest.mark.parametrize(
    "line", ["On " * 60, "On " + "a " * 90, "From: x", "> " * 90, "-" * 31, "2026年1月1日" + "a" * 180]
)
def test_a_text_made_to_keep_us_busy_does_not(line: str) -> None:
    """It ends: without the limits of lines and letters, the patterns of the library would take hours."""
    own_words(f"{line * 50}\n" * 5000)
