"""Which mails count as answers: each threat a story."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.replies.mail.judging import Aside, PutAside, judge
from hawatch.reply.arrival import Receipt, ReceiptState, Reply
from tests.mails import ANNA, BO, MALLORY, MESSAGE, MX, NOW, OURS, mail, our_id, rules, token_address

RECEIVED = f"Received: from mail.example.net by {MX} with ESMTPS; Fri, 27 Nov 2026 03:12:31 +0000"
PASSED = (
    f"Authentication-Results: {MX}; spf=pass smtp.mailfrom=x.org; dmarc=pass (p=none) header.from=example.org"
)


def aside(raw: bytes, **given: object) -> Aside:
    """Why a mail is put aside."""
    judged = judge(raw, rules(**given))  # type: ignore[arg-type]
    assert isinstance(judged, PutAside), judged
    return judged.why


def reply(raw: bytes, **given: object) -> Reply:
    """The answer that a mail is."""
    judged = judge(raw, rules(**given))  # type: ignore[arg-type]
    assert isinstance(judged, Reply), judged
    return judged


# --- what counts ----------------------------------------------------------------------------------


def test_an_answer_to_the_token_address_is_believed_and_only_its_own_line_counts() -> None:
    found = reply(mail())
    assert (found.channel, found.id, found.sender, found.text) == (
        "mail",
        "<answer-1@phone.example.net>",
        ANNA,
        "47",
    )
    assert found.sent_at == 1795749150.0


@pytest.mark.parametrize("field", ["Cc", "Delivered_To", "X_Original_To"])
def test_the_token_counts_in_whichever_recipient_it_stands(field: str) -> None:
    assert reply(mail(To=f"hawatch <{OURS}>", **{field: token_address()})).text == "47"


def test_a_token_in_capitals_as_some_servers_write_addresses_is_the_same_token() -> None:
    assert reply(mail(To=token_address().upper())).sender == ANNA


@pytest.mark.parametrize("field", ["In_Reply_To", "References"])
def test_an_answer_that_names_our_message_needs_no_token_address(field: str) -> None:
    assert reply(mail(To=OURS, **{field: f"<other@example.net> {our_id()}"})).sender == ANNA


def test_an_answer_without_a_token_counts_when_our_server_has_verified_its_sender() -> None:
    assert reply(mail(To=OURS, top=f"{RECEIVED}\n{PASSED}"), authserv_id=MX).text == "47"


def test_dkim_alone_is_enough_if_it_is_of_the_senders_own_domain() -> None:
    own = f"Authentication-Results: {MX}; dkim=pass header.d=example.org header.s=a"
    other = f"Authentication-Results: {MX}; dkim=pass header.d=example.net header.s=a"
    assert reply(mail(To=OURS, top=own), authserv_id=MX).text == "47"
    assert aside(mail(To=OURS, top=other), authserv_id=MX) is Aside.NO_PROOF


def test_the_hops_inside_of_our_own_house_do_not_hide_the_results() -> None:
    inside = "Received: from mx.example.org by imap.example.org with LMTP; Fri, 27 Nov 2026 03:12:32 +0000"
    google = "Received: by 2002:a05:6402:1111:b0:1 with SMTP id x; Fri, 27 Nov 2026 03:12:32 +0000"
    assert reply(mail(To=OURS, top=f"{inside}\n{google}\n{RECEIVED}\n{PASSED}"), authserv_id=MX).text == "47"


# --- forged senders -------------------------------------------------------------------------------


def test_a_forged_sender_alone_counts_for_nothing() -> None:
    assert aside(mail(To=OURS)) is Aside.NO_PROOF
    assert aside(mail(To=OURS), authserv_id=MX) is Aside.NO_PROOF


@pytest.mark.parametrize(
    ("results", "what"),
    [
        ("Authentication-Results: mx.example.net; dmarc=pass header.from=example.org", "another server's"),
        (f"Authentication-Results: {MX}; dmarc=fail header.from=example.org", "a failure"),
        (f"Authentication-Results: {MX}; dmarc=pass header.from=example.net", "of another domain"),
        (f"Authentication-Results: {MX}; spf=pass smtp.mailfrom=example.org", "of the envelope alone"),
        (f"Authentication-Results: {MX}; dmarc=pass", "of nobody"),
        (f"Authentication-Results: {MX}; dmarc=temperror header.from=example.org; none", "nonsense"),
        ("Authentication-Results: spf=pass; dmarc=pass header.from=example.org", "without a server"),
        ("X-Authentication-Results: mx.example.org; dmarc=pass header.from=example.org", "another field"),
    ],
)
def test_results_that_do_not_verify_the_sender_count_for_nothing(results: str, what: str) -> None:
    assert aside(mail(To=OURS, top=f"{RECEIVED}\n{results}"), authserv_id=MX) is Aside.NO_PROOF, what


def test_results_in_our_servers_name_that_came_with_the_mail_count_for_nothing() -> None:
    """The forger's own server has written it, or the forger himself, below the topmost."""
    forged = f"Received: from x by relay.example.net; Fri, 27 Nov 2026 03:12:00 +0000\n{PASSED}"
    assert aside(mail(To=OURS, top=forged), authserv_id=MX) is Aside.NO_PROOF
    failed = f"Authentication-Results: {MX}; dmarc=fail header.from=example.org"
    assert aside(mail(To=OURS, top=f"{RECEIVED}\n{failed}\n{PASSED}"), authserv_id=MX) is Aside.NO_PROOF


def test_results_count_for_nothing_where_nobody_is_named_whose_count() -> None:
    assert aside(mail(To=OURS, top=PASSED)) is Aside.NO_PROOF


@pytest.mark.parametrize(
    "written",
    [
        f"{MALLORY}, {ANNA}",
        f"Anna <{ANNA}> <{MALLORY}>",
        f"Anna <{ANNA}>, Mallory <{MALLORY}>",
        f"{ANNA} {MALLORY}",
        "Anna <>",
        "Anna",
        '"anna@example.org"@example.net',
        "Anna <anna@example.org",
        "",
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_is_nobody(written: str) -> None:
    assert aside(mail(From=written)) is Aside.NO_SENDER


def test_two_from_fields_are_nobody() -> None:
    assert aside(mail(top=f"From: {MALLORY}")) is Aside.NO_SENDER


@pytest.mark.parametrize(
    "written",
    [
        ANNA,
        f"<{ANNA}>",
        f'"Doe, Anna" <{ANNA}>',
        "=?utf-8?b?5a6J5aic?= <Anna@Example.ORG>",
        f'"<{MALLORY}>" <{ANNA}>',
    ],
)
def test_a_sender_is_who_stands_in_the_brackets_however_the_name_is_written(written: str) -> None:
    assert reply(mail(From=written)).sender == ANNA


def test_a_stranger_counts_for_nothing_even_with_a_persons_token() -> None:
    assert aside(mail(From=MALLORY)) is Aside.STRANGER
    assert aside(mail(From=OURS)) is Aside.STRANGER


# --- tokens ---------------------------------------------------------------------------------------


def test_the_token_of_another_person_counts_for_nothing() -> None:
    assert aside(mail(From=BO)) is Aside.FOREIGN_TOKEN
    assert aside(mail(From=BO, To=OURS, In_Reply_To=our_id(ANNA))) is Aside.FOREIGN_TOKEN


def test_a_token_that_has_run_out_counts_for_nothing() -> None:
    assert aside(mail(), holds=lambda token: token.written_at > NOW) is Aside.EXPIRED


def test_whoever_is_verified_needs_no_token() -> None:
    assert reply(mail(top=PASSED), holds=lambda _: False, authserv_id=MX).text == "47"


def test_a_message_id_of_ours_for_another_message_or_with_a_letter_changed_is_none_of_ours() -> None:
    ours = our_id()
    for forged in (
        ours.replace("-1.", "-2."),
        ours.replace(".a", ".b"),
        ours.replace(".", "-"),
        "<>",
        "<a.b@c>",
    ):
        assert aside(mail(To=OURS, In_Reply_To=forged)) is Aside.NO_PROOF, forged


def test_a_mail_that_is_sent_once_more_has_the_same_id_and_one_with_another_id_the_same_time_and_text() -> (
    None
):
    first, again = reply(mail()), reply(mail(Message_ID="<replayed@example.net>"))
    assert reply(mail()) == first
    assert (again.sender, again.text, again.sent_at) == (first.sender, first.text, first.sent_at)


def test_a_mail_without_a_message_id_or_with_one_that_is_too_long_has_an_id_of_its_own() -> None:
    without = reply(mail(Message_ID=None))
    assert without.id == reply(mail(Message_ID=None)).id != reply(mail("48", Message_ID=None)).id
    assert len(reply(mail(Message_ID="<" + "x" * 900 + "@y>")).id) == 64


# --- programs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "OOO"},
        {"Precedence": "bulk"},
        {"Precedence": "Auto_Reply"},
        {"Precedence": "list"},
        {"List_Id": "<staff.example.org>"},
        {"Return_Path": "<>"},
        {"Subject": "Automatic reply: [hawatch web] SPLIT BRAIN"},
        {"Subject": "Out of Office: Re: [hawatch web]"},
        {"Subject": "自动回复: [hawatch web] 裂脑"},
        {"Subject": "=?utf-8?b?6Ieq5Yqo5Zue5aSN?=: hi"},
        {"Subject": "Re: Automatische Antwort: Abwesend"},
    ],
)
def test_a_program_that_answers_for_somebody_is_not_somebody(header: dict[str, str]) -> None:
    assert aside(mail("47\n", **header)) is Aside.AUTOMATIC


def test_auto_submitted_no_is_a_person() -> None:
    assert reply(mail(Auto_Submitted="no", Subject="Re: office")).text == "47"


def test_our_own_mail_that_comes_back_to_us_is_not_taken_for_an_answer() -> None:
    assert aside(mail(Auto_Submitted="auto-generated", From=OURS)) is Aside.AUTOMATIC


# --- bounces --------------------------------------------------------------------------------------


def bounce(
    kind: str = "multipart/report; report-type=delivery-status", action: str = "failed", original: str = ""
) -> bytes:
    body = (
        "--x\nContent-Type: text/plain\n\nHi!\n"
        "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; {ANNA}\nAction: {action}\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1\n no such user\n\n"
        f"--x\nContent-Type: text/rfc822-headers\n\nFrom: {OURS}\nMessage-ID:\n {original or our_id()}\n\n--x--\n"
    )
    return mail(
        body,
        From="MAILER-DAEMON@mx.example.net",
        To=OURS,
        Return_Path="<>",
        Content_Type=f'{kind}; boundary="x"',
    )


@pytest.mark.parametrize("kind", ["multipart/report; report-type=delivery-status", "multipart/mixed"])
def test_a_bounce_of_a_message_of_ours_says_that_it_failed_and_why(kind: str) -> None:
    assert judge(bounce(kind), rules()) == Receipt(
        channel="mail",
        message=MESSAGE,
        state=ReceiptState.FAILED,
        problem="it came back: 550 5.1.1 no such user",
    )


def test_a_bounce_that_names_no_message_of_ours_or_tells_of_no_failure_is_no_news() -> None:
    assert aside(bounce(original="<x@example.org>")) is Aside.REPORT
    assert aside(bounce(original=our_id().replace("-1.", "-2."))) is Aside.REPORT
    assert aside(bounce(action="delayed")) is Aside.REPORT
    assert aside(bounce(action="delivered")) is Aside.REPORT


def test_other_reports_are_no_answers() -> None:
    assert (
        aside(mail(Content_Type='multipart/report; report-type=disposition-notification; boundary="x"'))
        is Aside.AUTOMATIC
    )


# --- nonsense -------------------------------------------------------------------------------------


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    judge(raw, rules(authserv_id=MX))


@given(
    st.dictionaries(
        st.sampled_from(["From", "To", "Date", "Message_ID", "Subject", "Content_Type", "In_Reply_To", "References",
                         "Return_Path", "Content_Transfer_Encoding", "Auto_Submitted", "Precedence"]),
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=80),
    ),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace").decode()),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=80),
)  # fmt: skip
def test_no_header_breaks_the_reader_and_none_makes_a_stranger_anna(
    header: dict[str, str], text: str, results: str
) -> None:
    given = {"From": MALLORY, **header}
    judged = judge(mail(text, top=f"Authentication-Results: {MX}; {results}", **given), rules(authserv_id=MX))
    if isinstance(judged, Reply):
        assert ANNA in given["From"].lower() or BO in given["From"].lower()


def test_a_mail_of_a_thousand_nested_parts_is_put_aside_or_read_but_breaks_nothing() -> None:
    body = "".join(f'--b{n}\nContent-Type: multipart/mixed; boundary="b{n + 1}"\n\n' for n in range(1000))
    judge(mail(body, Content_Type='multipart/mixed; boundary="b0"'), rules())
