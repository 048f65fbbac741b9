"""HTTP servers on this host that behave as providers of text messages document it.

The real ones cannot be had in a test: they want an account, money and the Internet. What these do is taken from
  Twilio        twilio.com/docs: messaging/api/message-resource, usage/security, messaging/guides/webhook-request
  Vonage        developer.vonage.com/messaging/sms: "Send an SMS", "Troubleshooting", "Inbound SMS", "Delivery
                receipts", and "Signing messages"
  Kannel        its User Guide 1.4.5, chapters "Using the HTTP interface to send SMS" and "Delivery reports"
  Aliyun        help.aliyun.com: "V3版本请求体&签名机制", SendSms, SmsUp, SmsReport
  Tencent       cloud.tencent.com: "签名方法 v3", SendSms, PullSmsReplyStatus, PullSmsSendStatus
  MessageBird   developers.messagebird.com: "SMS messaging", "Verify HTTP requests"
as it was to be read in November 2026; all but Twilio are in provider_servers_west.py and provider_servers_china.py.
They check what those check (who asks, how it is signed, what is missing), keep what they were sent, and can be told to
be down, slow, busy or mad. Standard library only: the lab runs this file as a program on a host of its own, and talks
to it by HTTP under /test/.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG = 30.0
Json = Any


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    raw_query: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Json:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """An answer. `after` seconds pass before it; `dropped`: the connection breaks instead."""

    status: int
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    dropped: bool = False


def says_json(status: int, value: Json, **headers: str) -> Says:
    return Says(
        status, json.dumps(value, ensure_ascii=False), {"Content-Type": "application/json", **headers}
    )


@dataclass
class Sent:
    """A message that a provider has taken: `id` is its own name for it, `ours` what we have called it."""

    id: str
    to: str
    text: str
    ours: str = ""
    status: str = "queued"
    made: float = 0.0
    more: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pushed:
    """What a webhook was answered."""

    status: int
    body: str
    content_type: str


class Provider:
    """One server; `faults` are used up one by one by whatever is asked next, after the request has been understood."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.asked: list[Asked] = []
        self.faults: deque[Says] = deque()
        self.lost: deque[Says] = deque()
        """Faults after which the message has been taken all the same."""
        self.now: Callable[[], float] = time.time
        self.hook = ""
        """Where webhooks are really posted; what the provider calls it by is another matter."""
        self.changed = threading.Condition()
        self._count = 0
        self._server: ThreadingHTTPServer | None = None

    # --- life -------------------------------------------------------------------------------------

    def start(self, address: str = "127.0.0.1", port: int = 0) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

            def do_GET(self) -> None:
                provider._serve(self)

            do_POST = do_GET  # noqa: N815

        self._server = ThreadingHTTPServer((address, port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urllib.parse.urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(
            method=handler.command,
            path=parts.path,
            query=dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
            raw_query=parts.query,
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(length),
        )
        answer = self._answer(asked)
        if answer.after:
            time.sleep(answer.after)
        if answer.dropped:
            handler.close_connection = True
            return
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        try:
            handler.send_response(answer.status)
            for name, value in {"Content-Type": "text/plain", **answer.headers}.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True

    def _answer(self, asked: Asked) -> Says:
        if asked.path.startswith("/test/"):
            return self.told(asked)
        with self.changed:
            self.asked.append(asked)
            self.changed.notify_all()
            if self.faults:
                return self.faults.popleft()
            answer = self.answer(asked)
            self.changed.notify_all()
            return self.lost.popleft() if self.lost and answer.status < 300 else answer

    def answer(self, asked: Asked) -> Says:
        raise NotImplementedError

    def take(self, to: str, text: str, ours: str = "", id: str = "", **more: str) -> Sent:  # noqa: A002
        self._count += 1
        sent = Sent(id or f"M{self._count:05d}", to, text, ours, made=self.now(), more=more)
        self.sent.append(sent)
        return sent

    def number(self) -> int:
        self._count += 1
        return self._count

    # --- what tests and the lab ask for -------------------------------------------------------------

    def await_sent(self, wanted: Callable[[Sent], bool]) -> Sent:
        """The first message that fits, waited for."""
        with self.changed:
            found = self.changed.wait_for(lambda: next(filter(wanted, self.sent), None), HANG)
            assert found, [each.text for each in self.sent]
            return found

    def told(self, asked: Asked) -> Says:
        """For the lab: what was sent, a reply from somebody, how far a message is, and faults to come."""
        match asked.path:
            case "/test/sent":
                return says_json(200, [vars(each) for each in self.sent])
            case "/test/reply":
                return says_json(200, {"id": self.receives(asked.query["from"], asked.query["text"])})
            case "/test/push":
                return says_json(200, vars(self.pushes(asked.query["id"])))
            case "/test/becomes":
                self.becomes(asked.query["id"], asked.query["status"])
                return says_json(200, {})
            case "/test/fault":
                count = int(asked.query.get("count", "1"))
                self.faults.extend([Says(int(asked.query["status"]), "down")] * count)
                return says_json(200, {})
            case "/test/asked":
                return says_json(200, [f"{each.method} {each.path}" for each in self.asked])
        return Says(404)

    def becomes(self, id: str, status: str) -> Pushed | None:  # noqa: A002
        """How far a message has come."""
        raise NotImplementedError

    def receives(self, sender: str, text: str) -> str:
        """Somebody has sent a text to our number; the provider's name for it."""
        raise NotImplementedError

    def pushes(self, id: str) -> Pushed:  # noqa: A002
        """Post a text that has come in."""
        raise NotImplementedError


def post(
    url: str, body: bytes = b"", headers: Mapping[str, str] | None = None, method: str = "POST"
) -> Pushed:
    """One request to a webhook."""
    parts = urllib.parse.urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=HANG)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Pushed(answer.status, answer.read().decode(), answer.headers.get("Content-Type", ""))
    finally:
        connection.close()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


TOKEN, PUBLIC = "a token", "https://ops.example.org/hook/twilio"


class Twilio(Provider):
    """Twilio: one account with one number."""

    ACCOUNT = "AC" + "0123456789abcdef" * 2
    NUMBER = "+15005550006"

    def __init__(self, token: str = TOKEN, public: str = PUBLIC) -> None:
        super().__init__()
        self.token = token
        self.public = public
        self.rows: list[dict[str, Json]] = []
        self.page = 50

    def answer(self, asked: Asked) -> Says:
        if asked.headers.get("authorization") != basic(self.ACCOUNT, self.token):
            return says_json(401, {"code": 20003, "message": "Authenticate", "status": 401})
        place = f"/2010-04-01/Accounts/{self.ACCOUNT}/Messages"
        if asked.path == f"{place}.json":
            return self._send(asked.form) if asked.method == "POST" else self._list(asked)
        found = [each for each in self.rows if asked.path == f"{place}/{each['sid']}.json"]
        return says_json(200, found[0]) if found else says_json(404, {"code": 20404, "status": 404})

    def _send(self, form: dict[str, str]) -> Says:
        if not form.get("To", "").startswith("+"):
            return says_json(400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400})
        if "From" not in form and "MessagingServiceSid" not in form:
            return says_json(400, {"code": 21603, "message": "A 'From' number is required", "status": 400})
        sid = f"SM{self.number():032x}"
        self.take(form["To"], form["Body"], id=sid, callback=form.get("StatusCallback", ""))
        row = self._row(sid, "outbound-api", form.get("From", ""), form["To"], form["Body"], "queued")
        return says_json(201, row)

    def _row(self, sid: str, direction: str, sender: str, to: str, body: str, status: str) -> dict[str, Json]:
        now = formatdate(self.now())
        row = {
            "sid": sid, "direction": direction, "from": sender, "to": to, "body": body, "status": status,
            "date_created": now, "date_updated": now, "date_sent": now if direction == "inbound" else None,
            "error_code": None, "error_message": None, "messaging_service_sid": None, "num_segments": "1",
        }  # fmt: skip
        self.rows.append(row)
        return row

    def _list(self, asked: Asked) -> Says:
        wanted = [
            each
            for each in reversed(self.rows)
            if all(
                asked.query.get(name, each[key]) == each[key]
                for name, key in (("To", "to"), ("From", "from"))
            )
            and self._in_time(each, asked.query.get("DateSent>"))
        ]
        size = min(int(asked.query.get("PageSize", "50")), self.page)
        start = int(asked.query.get("Page", "0")) * size
        following = None
        if len(wanted) > start + size:
            query = {**asked.query, "Page": str(start // size + 1), "PageToken": "PA" + wanted[start]["sid"]}
            following = f"{asked.path}?{urllib.parse.urlencode(query)}"
        return says_json(200, {"messages": wanted[start : start + size], "next_page_uri": following})

    @staticmethod
    def _in_time(row: dict[str, Json], day: str | None) -> bool:
        """What has not been sent yet has no day, and is in no list that asks for one."""
        if day is None:
            return True
        said = time.strptime(row["date_sent"], "%a, %d %b %Y %H:%M:%S -0000") if row["date_sent"] else None
        return said is not None and time.strftime("%Y-%m-%d", said) >= day

    def receives(self, sender: str, text: str) -> str:
        sid = f"SM{self.number():032x}"
        self._row(sid, "inbound", sender, self.NUMBER, text, "received")
        return sid

    def sign(self, url: str, form: Mapping[str, str]) -> str:
        told = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        return base64.b64encode(hmac.new(self.token.encode(), told.encode(), "sha1").digest()).decode()

    def posts(self, form: Mapping[str, str], public: str | None = None, **headers: str) -> Pushed:
        """A signed form, to where the public URL leads."""
        url = self.public if public is None else public
        query = urllib.parse.urlsplit(url).query
        target = self.hook + (f"?{query}" if query else "")
        signed = {"X-Twilio-Signature": self.sign(url, form), **FORM, **headers}
        return post(target, urllib.parse.urlencode(form).encode(), signed)

    def inbound(self, id: str) -> dict[str, str]:  # noqa: A002
        row = next(each for each in self.rows if each["sid"] == id)
        return {
            "MessageSid": id, "SmsSid": id, "AccountSid": self.ACCOUNT, "From": row["from"], "To": row["to"],
            "Body": row["body"], "NumMedia": "0", "SmsStatus": "received", "ApiVersion": "2010-04-01",
        }  # fmt: skip

    def pushes(self, id: str) -> Pushed:  # noqa: A002
        return self.posts(self.inbound(id))

    def becomes(self, id: str, status: str, error: str = "") -> Pushed | None:  # noqa: A002
        """How far a message has come, told to whom it may concern."""
        row = next(each for each in self.rows if each["sid"] == id)
        row.update(status=status, error_code=int(error) if error else None)
        sent = next(each for each in self.sent if each.id == id)
        sent.status = status
        if not sent.more.get("callback") or not self.hook:
            return None
        form = {
            "MessageSid": id, "SmsSid": id, "MessageStatus": status, "SmsStatus": status, "To": sent.to,
            "From": self.NUMBER, "AccountSid": self.ACCOUNT, **({"ErrorCode": error} if error else {}),
        }  # fmt: skip
        return self.posts(form, sent.more["callback"])


@contextmanager
def running(provider: Provider) -> Iterator[None]:
    """The server, until the end of the block."""
    provider.start()
    try:
        yield
    finally:
        provider.stop()


def main() -> None:
    """Twilio as a program, for the lab."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--public", required=True)
    parser.add_argument("--hook", required=True)
    args = parser.parse_args()
    server = Twilio(token=args.token, public=args.public)
    server.hook = args.hook
    server.start("0.0.0.0", args.port)
    threading.Event().wait()


if __name__ == "__main__":
    main()
