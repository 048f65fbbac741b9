"""On call by mail: a real pair, and a host with the real opensmtpd and dovecot, whose mailbox both agents read.

split → mail out by SMTP → an answer by SMTP into the mailbox → IMAP → acknowledged on both nodes
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import make_msgid
from typing import Any

from deploy.lab import LabError, Topology, conf
from deploy.lab.actions import ACTIONS, LAB_ACTIONS
from deploy.lab.mail import CA, DOMAIN, MailServer
from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.monitored import split
from tests.lab.scene import HANG_GUARD, Scene, scene

BOTH = ("lb01", "lb02")
OURS, ANNA, BO = "hawatch", "anna", "bo"
PASSWORD, CA_FILE = "/etc/hawatch/mail.password", "/etc/hawatch/mail-ca.crt"
CONFIG = f"""
[node]
pair = "web"
[[channel]]
name = "mail"
kind = "mail"
from = "{OURS}@{DOMAIN}"
reply_to = "{OURS}+{{token}}@{DOMAIN}"
[channel.smtp]
host = "mail"
tls = "none"
[channel.imap]
host = "mail"
user = "{OURS}"
password_file = "{PASSWORD}"
ca_file = "{CA_FILE}"
poll = "20s"
[[contact]]
name = "{ANNA}"
permissions = ["ack", "act"]
[[contact.way]]
channel = "mail"
to = "{ANNA}@{DOMAIN}"
[[contact]]
name = "{BO}"
language = "zh"
[[contact.way]]
channel = "mail"
to = "{BO}@{DOMAIN}"
"""


@dataclass
class Reader:
    """Somebody with a mailbox and a mail program that keeps conversations together."""

    name: str
    server: MailServer
    read: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"{self.name}@{DOMAIN}"

    def must_read(self, *words: str) -> Message:
        """The first unread mail whose text has all these words."""

        def look() -> Message | None:
            for mail in self.server.mails(self.name):
                name = str(mail["Message-ID"])
                if name not in self.read and all(word in text_of(mail) for word in words):
                    self.read.add(name)
                    return mail
            return None

        try:
            return wait_until(look, what=f"{words} in {self.name}'s mailbox", timeout=HANG_GUARD)
        except LabError as error:
            came = "\n---\n".join(text_of(mail) for mail in self.server.mails(self.name))
            raise AssertionError(f"{error}; it has:\n{came}") from None

    def answers(self, mail: Message, text: str, *, to: str = "") -> str:
        """Answer as mail programs do: above the quotation, to the Reply-To. The answer's Message-ID."""
        address = to or str(mail["Reply-To"])
        quoted = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
        answer = EmailMessage(policy=SMTP)
        answer["From"] = f"{self.name} <{self.address}>"
        answer["To"] = address
        answer["Subject"] = f"Re: {self.name}"
        answer["Message-ID"] = make_msgid(domain="phone.example.net")
        answer["In-Reply-To"] = mail["Message-ID"]
        answer.set_content(f"{text}\n\nOn Fri, Nov 27, 2026, hawatch wrote:\n{quoted}\n")
        self.server.send(bytes(answer), sender=self.address, to=address)
        return str(answer["Message-ID"])


def text_of(mail: Message) -> str:
    raw = mail.get_payload(decode=True)
    return raw.decode() if isinstance(raw, bytes) else ""


def code_in(mail: Message) -> str:
    found = re.search(r"\b(\d{2,3})=ack|回(\d{2,3})确认", text_of(mail))
    assert found is not None, text_of(mail)
    return found[1] or found[2]


@dataclass
class Night:
    """The pair, the mail server, and people's mailboxes."""

    pair: Scene
    server: MailServer
    anna: Reader
    bo: Reader

    def latest(self, node: str) -> dict[str, Any]:
        """The latest incident of a node; of an agent that was killed, none."""
        try:
            found: list[dict[str, Any]] = json.loads(self.pair.lab.agent(node).command("incidents", "--json"))
        except LabError:
            found = []
        return found[0] if found else {"state": "none"}

    def await_state(self, state: str) -> None:
        for node in BOTH:
            wait_until(
                lambda node=node: True if self.latest(node)["state"] == state else None,  # type: ignore[misc]
                what=f"{state} on {node}",
                timeout=HANG_GUARD,
            )

    def await_problem(self, node: str, words: str) -> None:
        """Wait until a finding of the node says so."""

        def look() -> bool | None:
            told = json.dumps(self.pair.lab.agent(node).status(), ensure_ascii=False)
            return True if words in told else None

        wait_until(look, what=f"{words!r} in the status of {node}", timeout=HANG_GUARD)

    def await_log(self, node: str, words: str) -> None:
        """Wait until the agent has written this into its log."""
        wait_until(
            lambda: True if words in self.pair.lab.agent(node).log() else None,
            what=f"{words!r} in the log of {node}",
            timeout=HANG_GUARD,
        )

    def arrived_at(self, name: str) -> float:
        """Wait until a mail is in the agents' mailbox; the lab's time then."""

        def look() -> float | None:
            there = any(mail["Message-ID"] == name for mail in self.server.mails(OURS))
            return self.pair.lab.now() if there else None

        return wait_until(look, what="the answer in the mailbox", timeout=HANG_GUARD)


@contextmanager
def night(more: str = "") -> Iterator[Night]:
    plan = Topology(hosts=("client", "gateway", "mail"))
    with scene(plan, agent_config=CONFIG + more, start_agents=False, version=3, advert_int=0.3) as pair:
        server = MailServer(pair.lab.node("mail"), (OURS, ANNA, BO))
        server.start()
        for node in BOTH:
            pair.lab.node(node).write(ACTIONS, LAB_ACTIONS)
            pair.lab.node(node).write(PASSWORD, f"{OURS}\n")
            pair.lab.node(node).write(CA_FILE, server.node.path(CA).read_text())
        pair.lab.start_agents()
        pair.settle()
        try:
            yield Night(pair, server, Reader(ANNA, server), Reader(BO, server))
        except BaseException:
            print(server.log()[-6000:])
            raise


def test_a_split_is_told_by_mail_and_acknowledged_on_both_nodes_by_an_answer(told: Tell) -> None:
    with night() as on_call:
        pair = on_call.pair
        with split(pair):
            first = on_call.anna.must_read("SPLIT BRAIN VI_1 10.0.0.100")
            told("mail: in the mailbox after the second owner", pair.lab.now() - pair.overlaps()[-1].start)
            code = code_in(first)
            name = on_call.anna.answers(first, code)
            arrived = on_call.arrived_at(name)
            on_call.await_state("acknowledged")
            told("mail: acknowledged on both nodes after the answer came", pair.lab.now() - arrived)
            answer = on_call.anna.must_read(f"{code} is yours")
            assert answer["In-Reply-To"] == name
            assert first["References"] in answer["References"]
            in_chinese = on_call.bo.must_read("裂脑")
            on_call.bo.must_read("anna")
            assert in_chinese["References"] == first["References"]
        over = on_call.anna.must_read("OVER", f"Code {code} is closed")
        assert over["References"] == first["References"]
        on_call.await_state("resolved")
        pair.look_on()
        answers = [mail for mail in on_call.server.mails(ANNA) if f"{code} is yours" in text_of(mail)]
        assert len(answers) == 1, "both agents have answered"


def test_a_node_is_demoted_by_two_answers_and_forged_ones_do_nothing() -> None:
    with night() as on_call:
        pair, anna = on_call.pair, on_call.anna
        forged = EmailMessage(policy=SMTP)
        forged["From"], forged["To"] = anna.address, f"{OURS}@{DOMAIN}"
        forged["Authentication-Results"] = f"mail.{DOMAIN}; dmarc=pass header.from={DOMAIN}"
        forged["Message-ID"] = make_msgid(domain="forger.example.net")
        forged.set_content("ok\n")
        with split(pair):
            first = anna.must_read("SPLIT BRAIN", "2=demote lb02")
            code = code_in(first)
            on_call.server.send(bytes(forged), sender=anna.address, to=f"{OURS}@{DOMAIN}")
            on_call.bo.answers(first, code)  # he has seen her mail, and answers it as himself
            for node in BOTH:
                on_call.await_log(node, "put_aside=no_proof sender='anna@example.org'")
                on_call.await_log(node, "put_aside=foreign_token sender='bo@example.org'")
                assert on_call.latest(node)["state"] == "open"
            anna.answers(first, f"{code} 2")
            asked = anna.must_read(f"{code} 2 = demote lb02")
            nonce = re.search(r"Reply (\d{4}) within", text_of(asked))
            assert nonce is not None, text_of(asked)
            anna.answers(asked, nonce[1])
            anna.must_read("Done: demote lb02")
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("degraded")


def test_an_answer_that_comes_while_nobody_can_read_it_is_read_after(told: Tell) -> None:
    with night() as on_call:
        pair = on_call.pair
        with split(pair):
            first = on_call.anna.must_read("SPLIT BRAIN")
            on_call.server.stop_dovecot()
            for node in BOTH:
                on_call.await_problem(node, "replies mail on " + node + " does not work: mail:993")
            pair.lab.agent("lb01").kill()
            name = on_call.anna.answers(first, code_in(first))
            on_call.arrived_at(name)
            on_call.server.start_dovecot()
            up = pair.lab.now()
            pair.lab.agent("lb01").start()
            on_call.await_state("acknowledged")
            told("mail: acknowledged on both after dovecot and a killed agent came back", pair.lab.now() - up)
            on_call.anna.must_read("is yours")


def test_a_test_message_goes_out_and_is_answered() -> None:
    with night() as on_call:
        said = on_call.pair.lab.agent("lb02").command("test-message", ANNA)
        assert "mail" in said
        first = on_call.anna.must_read("Test from lb02", "Answer this mail with a ? to try the way back")
        on_call.anna.answers(first, "?")
        on_call.anna.must_read("Nothing is open")
