"""Chat and push by apprise itself, against a local HTTP server that its own plugins talk to."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hawatch.agent.outgoing import outgoing_of
from hawatch.cli import main
from hawatch.config import Channel, ChannelKind, Config, Contact, Way
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.message import Message
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers import apprise as module
from hawatch.notifiers.apprise import AppriseNotifier, check_installed, split
from tests.desks import Office

# apprise looks at pictures, too, with a module that Python gives up.
pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")

SECRET = "s3cret-token"
TEXT = "[hawatch web] SPLIT BRAIN VI_1 10.0.0.100, held by lb01+lb02 at once. 47=ack, 47 2=demote lb02"
OUTGOING = Outgoing(id="lb01-1", person="team", to="ops", text=TEXT, hint="Nobody reads answers here.")


@dataclass
class Room:
    """A chat service: what was posted to it, by path, and what it answers."""

    port: int = 0
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    gate: threading.Event | None = None

    def url(self, path: str) -> str:
        return f"json://anna:{SECRET}@127.0.0.1:{self.port}{path}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.posted]


@contextmanager
def serving(room: Room) -> Iterator[Room]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if room.gate is not None:
                room.gate.wait(60)
            room.posted.append((self.path, json.loads(body)))
            self.send_response(room.answers.get(self.path, 200))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        room.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield room
        finally:
            if room.gate is not None:
                room.gate.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def room() -> Iterator[Room]:
    with serving(Room()) as room:
        yield room


def notifier(tmp_path: Path, *lines: str, timeout: float = 30.0) -> AppriseNotifier:
    path = tmp_path / "push.urls"
    path.write_text("# who is told\n" + "\n".join(lines) + "\n")
    return AppriseNotifier(
        Channel(name="room", kind=ChannelKind.APPRISE, urls_file=str(path), timeout=timeout)
    )


def deliver(to: AppriseNotifier, outgoing: Outgoing = OUTGOING) -> Delivery:
    return asyncio.run(to.deliver(outgoing))


def refused(to: AppriseNotifier, outgoing: Outgoing = OUTGOING) -> str:
    with pytest.raises(DeliveryError) as raised:
        deliver(to, outgoing)
    assert raised.value.temporary
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_every_service_with_the_persons_tag_is_told_and_no_other(room: Room, tmp_path: Path) -> None:
    to = notifier(
        tmp_path,
        f"ops={room.url('/ops')}",
        f"ops,night={room.url('/both')}",
        f"day={room.url('/day')}",
        room.url("/untagged"),
    )
    assert deliver(to) is Delivery.SENT
    assert sorted(room.paths()) == ["/both", "/ops"]
    said = room.posted[0][1]
    assert said["title"] == "[hawatch web] SPLIT BRAIN VI_1 10.0.0.100, held by lb01+lb02 at once"
    assert said["message"] == f"{TEXT}\n\nNobody reads answers here."


def test_all_means_every_url_of_the_file(room: Room, tmp_path: Path) -> None:
    to = notifier(tmp_path, f"ops={room.url('/ops')}", room.url("/untagged"))
    deliver(to, Outgoing(id="lb01-2", person="team", to="all", text="x"))
    assert sorted(room.paths()) == ["/ops", "/untagged"]


@pytest.mark.parametrize("answer", [500, 429, 401, 302])
def test_a_service_that_does_not_take_it_is_tried_again_and_the_others_are_not_told_twice(
    room: Room, tmp_path: Path, answer: int
) -> None:
    to = notifier(tmp_path, f"ops={room.url('/works')}", f"ops={room.url('/fails')}")
    room.answers["/fails"] = answer
    assert refused(to) == "not taken by JSON"
    room.answers.clear()
    assert deliver(to) is Delivery.SENT
    assert sorted(room.paths()) == ["/fails", "/fails", "/works"]
    assert deliver(to) is Delivery.SENT
    assert len(room.posted) == 3
    deliver(to, Outgoing(id="lb01-9", person="team", to="ops", text="another"))
    assert len(room.posted) == 5


def test_nobody_there_is_for_now_only(tmp_path: Path, room: Room) -> None:
    to = notifier(tmp_path, "ops=json://127.0.0.1:1/")
    assert refused(to) == "not taken by JSON"


def test_a_slow_service_holds_nobody_up_and_is_not_asked_twice_at_once(room: Room, tmp_path: Path) -> None:
    room.gate = threading.Event()
    to = notifier(tmp_path, f"ops={room.url('/slow')}", timeout=0.05)

    async def story() -> None:
        with pytest.raises(DeliveryError, match=r"not done in 0.05 s"):
            await to.deliver(OUTGOING)
        with pytest.raises(DeliveryError, match="an attempt before is still under way"):
            await to.deliver(OUTGOING)
        assert room.gate is not None
        room.gate.set()

    asyncio.run(story())
    assert deliver(to) is Delivery.SENT
    assert room.paths() == ["/slow"], "what the first attempt brought about in the end counts"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["day=json://127.0.0.1/"], "no usable URL has the tag 'ops'"),
        ([f"ops=nonsense://{SECRET}@x"], "no usable URL has the tag 'ops'"),
        ([f"ops=json://{SECRET}:"], "no usable URL has the tag 'ops'"),
        ([], "no usable URL has the tag 'ops'"),
    ],
)
def test_a_file_of_no_use_is_one_line_without_its_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lines: list[str], problem: str
) -> None:
    caplog.set_level(logging.DEBUG)
    assert refused(notifier(tmp_path, *lines)) == f"{tmp_path / 'push.urls'}: {problem}"
    assert SECRET not in caplog.text


def test_apprise_logs_nothing_of_a_url(room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    room.answers["/hook"] = 500
    refused(notifier(tmp_path, f"ops={room.url('/hook')}"))
    assert SECRET not in caplog.text
    assert not [each for each in caplog.records if each.name.startswith("apprise")]


def test_a_file_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    to = notifier(tmp_path)
    (tmp_path / "push.urls").unlink()
    assert refused(to) == f"{tmp_path / 'push.urls'}: no such file or directory"
    (tmp_path / "push.urls").write_bytes(b"\xff\xfe")
    assert refused(to) == f"{tmp_path / 'push.urls'}: is not UTF-8"


def test_other_files_are_not_read_because_this_one_says_so(room: Room, tmp_path: Path) -> None:
    other = tmp_path / "other.cfg"
    other.write_text(f"ops={room.url('/other')}\n")
    refused(notifier(tmp_path, f"include file://{other}", f"include {other}"))
    assert room.posted == []


def test_a_title_is_one_sentence_and_never_long() -> None:
    title, body = split(Outgoing(id="x", person="", to="", text="a" * 200 + "\nmore"))
    assert len(title) == 120
    assert body == "a" * 200 + "\nmore"


def test_without_apprise_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    channel = Channel(name="room", kind=ChannelKind.APPRISE, urls_file="/x")
    for refuse in (lambda: check_installed([channel]), lambda: AppriseNotifier(channel)):
        with pytest.raises(ConfigError, match=r"channel room: .*\(pip install hawatch\[push\]\)"):
            refuse()
    check_installed([Channel(name="phone", kind=ChannelKind.PHONE)])
    path = tmp_path / "hawatch.toml"
    path.write_text("[[channel]]\nname = 'room'\nkind = 'apprise'\nurls_file = '/x'\n")
    assert main(["check-config", str(path)]) == 2
    assert "pip install hawatch[push]" in capsys.readouterr().err


def test_a_page_in_a_room_says_where_an_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Channel(name="room", kind=ChannelKind.APPRISE, urls_file="/x")
    modem = Channel(name="modem", kind=ChannelKind.SMSTOOLS, spool="/s", replies="/r")
    both = (Way(channel="room", to="ops"), Way(channel="modem", to="+8613800000001"))
    people = (Contact(name="anna", ways=both), Contact(name="team", ways=both[:1], language="zh"))
    office = Office(monkeypatch, Config(channels=(room, modem), contacts=people))
    office.split()
    hints = {
        each.person: outgoing_of(each, room, office.oncall).hint
        for each in office.oncall.ledger.all(Message)
        if each.channel == "room"
    }
    assert hints == {
        "anna": "Nobody reads answers here. Answer by modem, or with hawatch ack on a node",
        "team": "此处的回复无人阅读，请在节点上执行hawatch ack",
    }
