"""What goes to each monitoring tool, and what is made of its answers, whatever stands in them."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.monitor import Monitor
from hawatch.errors import DeliveryError
from hawatch.mirror.mark import SilencesLook, sign, signed
from hawatch.mirror.wish import Acknowledge, Silence, Unacknowledge, Wish
from hawatch.monitors.alertmanager import Alertmanager, look_at, silence
from hawatch.monitors.nagios import Nagios, command, look_in
from hawatch.reach.fifo import MOST_BYTES
from tests.snapshots import EPOCH

PAIR = (("pair", "web"),)
texts = st.text(max_size=3000)
names = st.text(min_size=1, max_size=20)


def wish(author: str = "anna", text: str = "text", *instances: str) -> Wish:
    return Wish(
        signature="0" * 12, incidents=("i",), instances=instances or ("VI_1",), author=author, text=text
    )


# --- Nagios ---------------------------------------------------------------------------------------


@given(author=texts, text=texts, host=names)
def test_whatever_stands_in_it_it_is_one_command_of_one_line(author: str, text: str, host: str) -> None:
    line = command(Acknowledge(wish=wish(author, text)), host, "hawatch", EPOCH)
    assert len(line) <= MOST_BYTES
    assert line.endswith(b"\n")
    assert not re.search(rb"[\x00-\x1f\x7f]", line[:-1])
    assert line.decode().startswith(f"[{int(EPOCH)}] ACKNOWLEDGE_SVC_PROBLEM;")
    assert line.count(b";") == 7
    assert line.split(b";")[3:6] == [b"2", b"0", b"0"]


def test_taking_back_names_the_place_alone() -> None:
    line = command(Unacknowledge(key="x"), "we;b", "haw\natch", EPOCH)
    assert line == f"[{int(EPOCH)}] REMOVE_SVC_ACKNOWLEDGEMENT;we b;haw atch\n".encode()


STATUS = """\
info {
\tcreated=1780272000
\t}
programstatus {
\tprogram_start=1780270000
\t}
servicestatus {
\thost_name=web
\tservice_description=hawatch2
\tcurrent_state=0
\thas_been_checked=1
\t}
servicestatus {
\thost_name=web
\tservice_description=hawatch
\tcurrent_state=2
\thas_been_checked=1
\tlast_time_ok=1780271000
\tplugin_output=current_state=0 }
\tproblem_has_been_acknowledged=1
\t}
servicecomment {
\thost_name=web2
\tservice_description=hawatch
\tentry_type=4
\tcomment_id=9
\tentry_time=1780271999
\tauthor=of another host
\tcomment_data=x
\t}
servicecomment {
\thost_name=web
\tservice_description=hawatch
\tentry_type=1
\tcomment_id=10
\tentry_time=1780271999
\tauthor=no acknowledgement
\tcomment_data=x
\t}
servicecomment {
\thost_name=web
\tservice_description=hawatch
\tentry_type=4
\tcomment_id=7
\tentry_time=1780271900
\tauthor=carl
\tcomment_data=a=b; } {
\t}
"""


def test_of_a_status_dat_the_service_and_its_own_comment_count() -> None:
    look = look_in(STATUS, "web", "hawatch", EPOCH)
    assert look is not None
    assert (look.problem, look.well_at, look.started) == (True, 1780271000.0, 1780270000.0)
    assert look.mark is not None
    assert (look.mark.author, look.mark.text, look.mark.since) == ("carl", "a=b; } {", 1780271900.0)
    other = look_in(STATUS, "web", "hawatch2", EPOCH)
    assert other is not None
    assert (other.problem, other.mark) == (False, None)
    assert look_in(STATUS, "web", "hawa", EPOCH) is None


@given(cut=st.integers(0, len(STATUS)))
def test_half_a_status_dat_is_no_crash(cut: int) -> None:
    look_in(STATUS[:cut], "web", "hawatch", EPOCH)


def test_a_status_dat_that_is_not_written_any_more_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "status.dat"
    path.write_text(STATUS)
    now = path.stat().st_mtime
    tool = Nagios(Monitor(name="n", command_file="/nowhere", status_file=str(path)), lambda: now)
    assert asyncio.run(tool.look("web")).problem is True
    late = Nagios(Monitor(name="n", command_file="/nowhere", status_file=str(path)), lambda: now + 200)
    with pytest.raises(DeliveryError, match=r"status.dat: not written for 200 s; is Nagios running\?"):
        asyncio.run(late.look("web"))


# --- Alertmanager ---------------------------------------------------------------------------------


def silenced(*instances: str) -> dict[str, Any]:
    return silence(Silence(wish=wish("anna", "text", *instances), until=EPOCH + 900), PAIR, EPOCH)


def test_one_virtual_router_is_matched_as_it_is_written() -> None:
    assert silenced("VI.1") == {
        "matchers": [
            {"name": "pair", "value": "web", "isRegex": False, "isEqual": True},
            {"name": "vrrp_instance", "value": "VI.1", "isRegex": False, "isEqual": True},
        ],
        "startsAt": "2026-05-31T23:55:00.000Z",
        "endsAt": "2026-06-01T00:15:00.000Z",
        "createdBy": "anna",
        "comment": "text",
    }


@given(chosen=st.lists(names, min_size=2, max_size=4, unique=True), other=names)
def test_several_are_matched_by_an_expression_that_matches_them_alone(chosen: list[str], other: str) -> None:
    (_, matcher) = silenced(*chosen)["matchers"]
    assert matcher["isRegex"] is True
    assert all(re.fullmatch(matcher["value"], each) for each in chosen)
    assert bool(re.fullmatch(matcher["value"], other)) == (other in chosen)


def test_a_silence_that_is_changed_keeps_its_name_and_its_beginning() -> None:
    deed = Silence(wish=wish(), until=EPOCH, id="name", begins="2026-05-31T00:00:00.123456789Z")
    body = silence(deed, PAIR, EPOCH)
    assert (body["id"], body["startsAt"]) == ("name", "2026-05-31T00:00:00.123456789Z")


plain = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(
        st.sampled_from(["labels", "status", "state", "silencedBy", "id", "comment", "endsAt", "vrrp_instance"]),
        each, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(
    silences=st.lists(st.dictionaries(st.sampled_from(["id", "status", "comment", "endsAt"]), plain)),
    alerts=st.lists(st.dictionaries(st.sampled_from(["labels", "status"]), plain)),
)
def test_whatever_it_answers_it_is_a_look(
    silences: list[dict[str, Any]], alerts: list[dict[str, Any]]
) -> None:
    assert isinstance(look_at(silences, alerts, EPOCH), SilencesLook)


class Api:
    """An HTTP server of this host that gives one answer to all, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = (200, b"[]")
        self.asked: list[tuple[str, str, str | None]] = []
        self.server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/prefix/"

    def _handler(api) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.asked.append((self.command, self.path, self.headers["Authorization"]))
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, content = api.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.stop()


def look(api: Api, **more: Any) -> SilencesLook:
    return asyncio.run(
        Alertmanager(Monitor(name="a", alertmanager=api.url, **more), lambda: EPOCH).look("w b")
    )


def test_it_is_asked_for_the_alerts_of_the_pair_below_the_url_that_is_written(api: Api) -> None:
    assert look(api) == SilencesLook(at=EPOCH, silences=())
    look(api, matchers=(("site", 'a"b\\'), ("pair", "x")))
    assert [path for _, path, _ in api.asked] == [
        "/prefix/api/v2/alerts?filter=pair%3D%22w+b%22",
        "/prefix/api/v2/silences",
        "/prefix/api/v2/alerts?filter=site%3D%22a%5C%22b%5C%5C%22&filter=pair%3D%22x%22",
        "/prefix/api/v2/silences",
    ]


def test_who_asks_is_said_by_a_password_or_a_token_or_not_at_all(api: Api, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pass word\nsecond line\n")
    look(api)
    look(api, password_file=str(secret), user="u")
    look(api, bearer_file=str(secret))
    assert [said for _, _, said in api.asked[::2]] == [None, "Basic dTpwYXNzIHdvcmQ=", "Bearer pass word"]
    with pytest.raises(DeliveryError, match=r"^/nowhere: no such file or directory$"):
        look(api, bearer_file="/nowhere")


@pytest.mark.parametrize(
    ("status", "content", "problem", "temporary"),
    [
        (500, b'"a\\nb"', "500, a b", True),
        (401, b"Unauthorized", "401, Unauthorized", False),
        (302, b"", "302, Found", True),
        (200, b"{}", "its answer is none of Alertmanager's", True),
        (200, b"\xff" * 10, "its answer is none of Alertmanager's", True),
    ],
)
def test_each_other_answer_is_one_line(
    api: Api, status: int, content: bytes, problem: str, *, temporary: bool
) -> None:
    api.answer = (status, content)
    with pytest.raises(DeliveryError) as caught:
        look(api)
    assert str(caught.value) == f"{api.url.rstrip('/')}: {problem}"
    assert caught.value.temporary is temporary


# --- signatures -----------------------------------------------------------------------------------


def test_the_same_acknowledgement_has_the_same_signature_wherever_it_is_made() -> None:
    stored = json.loads(json.dumps(1780272000.1234567))
    assert sign("anna", 1780272000.1234567) == sign("anna", stored)
    assert sign("anna", 1780272000.1) != sign("bo", 1780272000.1)
    assert signed("text", "0" * 12) == "[hawatch 000000000000] text"
