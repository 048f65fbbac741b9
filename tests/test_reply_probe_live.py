"""The probe of the reply path on a running desk: asked for from a shell, found dead, and read from a mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from hawatch.agent.arrivals import take_in
from hawatch.agent.delivery import Deliveries
from hawatch.causes import find_node_causes
from hawatch.config import Channel, ChannelKind, Config, Contact, Medium, ReplyPathProbe, Way
from hawatch.config.mail import Mail, MailServer, Tls
from hawatch.desk.looping import PROBE, loop_of
from hawatch.evidence import ObserverState
from hawatch.notification.message import Message
from hawatch.notification.outgoing import Outgoing
from hawatch.notification.probe_text import probe_text, token_of
from hawatch.notifiers.mail.letter import letter
from hawatch.replies.mail.judging import Aside, PutAside, Rules, judge
from hawatch.reply.arrival import Reply
from hawatch.verdict import Cause
from hawatch.wire.mail_token import MailTokens
from tests.desks import Office, live, shell_of
from tests.story import Story

OWN = "+8613900000009"
MODEM = Channel(
    name="modem",
    kind=ChannelKind.SMSTOOLS,
    media=frozenset({Medium.SMS}),
    replies="/r",
    probe=ReplyPathProbe(to=OWN, within=60.0),
)
ANNA = Contact(name="anna", ways=(Way(channel="modem", to="+8613800000001"),))


def office_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Office:
    for stage in ("outgoing", "checked", "sent", "failed"):
        (tmp_path / "spool" / stage).mkdir(parents=True)
    modem = replace(MODEM, spool=str(tmp_path / "spool"))
    return Office(monkeypatch, Config(channels=(modem,), contacts=(ANNA,)))


def bring_back_what_is_sent(office: Office) -> Callable[[], None]:
    """A network that brings a text to the modem's own number back at once."""
    tasks = set()

    def carry() -> None:
        for each in office.oncall.ledger.all(Message):
            if each.occasion == PROBE and not each.waiting and each.id not in done:
                done.add(each.id)
                office.clock.now += 7.5
                reply = Reply(channel="modem", id=each.id, sender=OWN, text=each.text)
                tasks.add(asyncio.ensure_future(take_in(office.oncall, reply)))

    done: set[str] = set()
    return carry


def test_a_loop_that_works_says_its_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = office_with(monkeypatch, tmp_path)
    office.oncall.tell_changes_to(bring_back_what_is_sent(office))
    with live(office, tmp_path, capsys) as shell:
        assert shell.type("test-message", "--loop", "modem") == "modem  back after 7.5 s\n"
    (view,) = office.oncall.view().loops
    assert (view.up, view.seconds) == (True, 7.5)
    (file,) = (tmp_path / "spool" / "outgoing").iterdir()
    assert file.read_text().startswith(f"To: {OWN[1:]}\n")


def test_a_loop_that_is_not_back_in_time_is_said_to_be_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = office_with(monkeypatch, tmp_path)
    with live(office, tmp_path, capsys) as shell:
        told = shell.ends(1, "test-message", "--loop", "modem", "--wait", "1s")
    assert told == "modem  not back yet; it is waited for, and hawatch status tells if it stays away\n"


def test_a_dead_loop_says_which_half(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = office_with(monkeypatch, tmp_path)

    def time_flies() -> None:
        if any(each.occasion == PROBE and not each.waiting for each in office.oncall.ledger.all(Message)):
            office.clock.now += 61
            office.oncall.notice()

    office.oncall.tell_changes_to(time_flies)

    async def turning() -> None:
        while True:
            await office.oncall.turn()
            await asyncio.sleep(0.01)

    with live(office, tmp_path, capsys, turning) as shell:
        told = shell.ends(1, "test-message", "--loop", "modem")
    assert told == (
        "modem  NOT BACK: a probe did not come back within 60 s, and the gateway has not told whether it has sent it\n"
    )


def test_what_cannot_be_looped_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = office_with(monkeypatch, tmp_path)
    with shell_of(office, tmp_path, capsys) as shell:
        line = shell.complains("test-message", "--loop", "modm")
        assert line == "hawatch: no channel with a [channel.probe] is called 'modm' (known: modem)"
        wanted = "hawatch: test-message: either a PERSON or --loop CHANNEL is wanted"
        assert shell.complains("test-message") == wanted
        assert shell.complains("test-message", "anna", "--loop", "modem") == wanted


def test_a_dead_loop_is_found_told_once_and_gone_with_the_next_that_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office = office_with(monkeypatch, tmp_path)

    async def story() -> None:
        moved = asyncio.Event()
        office.oncall.tell_changes_to(moved.set)
        channels = {each.name: each for each in office.oncall.surroundings.roster.channels}
        deliveries = Deliveries(
            office.oncall, channels=channels, node="lb01", clock=office.clock, put=office.told.append
        )
        running = asyncio.ensure_future(deliveries.run())

        async def until(holds: Callable[[], bool]) -> None:
            async with asyncio.timeout(60):
                while not holds():
                    await office.oncall.turn()
                    await asyncio.sleep(0.01)

        office.clock.now += 61
        await until(lambda: any(not each.waiting for each in office.oncall.ledger.all(Message)))
        office.clock.now += 61
        await until(lambda: words(office) == [False])
        (probe,) = office.oncall.ledger.all(Message)
        await take_in(office.oncall, Reply(channel="modem", id="1", sender=OWN, text=probe.text))
        await until(lambda: words(office) == [False, True])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    assert office.oncall.results.counts["modem", "late"] == 1


def words(office: Office) -> list[bool]:
    told = (each for each in office.told if isinstance(each, ObserverState))
    return [each.up for each in told if each.observer == "loop modem"]


def test_a_dead_loop_is_a_finding_that_names_the_channel_and_is_no_blindness() -> None:
    story = Story("lb01")
    problem = "a probe did not come back within 300 s, though it was sent: the way in is dead"
    story.tell(ObserverState(at=story.now, observer="loop modem", up=False, problem=problem))
    story.wait(1)
    (finding,) = find_node_causes(story.judge.situation.node, story.now)
    assert finding.cause is Cause.NOTIFICATION_PATH_DOWN
    assert finding.summary == f"nobody can answer lb01 by modem: {problem}"
    assert finding.remedy is not None
    assert "hawatch test-message --loop modem" in finding.remedy
    story.tell(ObserverState(at=story.now, observer="loop modem", up=True))
    assert find_node_causes(story.judge.situation.node, story.now) == ()


# --- by mail --------------------------------------------------------------------------------------

TOKENS = MailTokens(b"k" * 32)
MAIL = Mail(sender="haw@example.org", smtp=MailServer(host="mx.example.org", port=25, tls=Tls.NONE))
RULES = Rules(
    channel="mail", people=frozenset({"anna@example.org"}), tokens=TOKENS, holds=lambda _: True, reply_to=None
)


def test_the_mail_that_an_agent_sends_itself_is_known_again_though_it_is_automatic_and_from_no_person() -> (
    None
):
    text = probe_text(token_of(123456789))
    raw = letter(Outgoing(id="lb01-1", person="", to="haw@example.org", text=text), MAIL, TOKENS)
    judged = judge(raw, RULES)
    assert isinstance(judged, Reply)
    assert (judged.channel, judged.text) == ("mail", text)


def test_any_other_automatic_mail_is_put_aside_as_before() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "anna@example.org", "haw@example.org"
    mail["Subject"], mail["Auto-Submitted"] = "hawatch probe", "auto-replied"
    mail.set_content("47\n")
    judged = judge(mail.as_bytes(), RULES)
    assert isinstance(judged, PutAside)
    assert judged.why is Aside.AUTOMATIC


def test_a_probe_by_mail_counts_on_the_node_that_sent_it_though_another_reads_the_mailbox_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office = office_with(monkeypatch, tmp_path)
    office.after(61)
    (probe,) = office.oncall.ledger.all(Message)
    for text in (probe_text(token_of(5)), probe.text, probe.text):
        office.wait(
            take_in(office.oncall, Reply(channel="modem", id="same", sender="haw@example.org", text=text))
        )
    loop = loop_of("modem", office.oncall.ledger)
    assert loop is not None
    assert loop.up
