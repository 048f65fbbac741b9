"""Vonage, Kannel and MessageBird as local servers: see provider_servers.py for what they follow."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.parse
from collections.abc import Mapping

from tests.provider_servers import FORM, Asked, Json, Provider, Pushed, Says, Sent, post, says_json


class Vonage(Provider):
    """Vonage's SMS API: whatever is wrong, it says 200."""

    KEY, SECRET, SIGNATURE = "a1b2c3d4", "a secret", "a signature secret"

    def __init__(self) -> None:
        super().__init__()
        self.inbox: dict[str, dict[str, str]] = {}

    def answer(self, asked: Asked) -> Says:
        form = asked.form
        if (form.get("api_key"), form.get("api_secret")) != (self.KEY, self.SECRET):
            return self._refuses("4", "Bad Credentials")
        missing = [name for name in ("from", "to", "text") if not form.get(name)]
        if asked.path != "/sms/json" or missing:
            return self._refuses("2", f"Missing {', '.join(missing)}")
        if form.get("type") == "text" and not form["text"].isascii():
            return self._refuses("3", "Invalid type")
        sent = self.take(form["to"], form["text"], form.get("client-ref", ""))
        told = {"to": sent.to, "message-id": sent.id, "status": "0", "client-ref": sent.ours}
        return says_json(200, {"message-count": "1", "messages": [told]})

    @staticmethod
    def _refuses(status: str, words: str) -> Says:
        told = {"message-count": "1", "messages": [{"status": status, "error-text": words}]}
        return says_json(200, told)

    def receives(self, sender: str, text: str) -> str:
        name = f"V{self.number():05d}"
        at = time.gmtime(self.now())
        self.inbox[name] = {
            "msisdn": sender.lstrip("+"), "to": "15005550006", "messageId": name, "text": text, "type": "text",
            "keyword": text.upper(), "message-timestamp": time.strftime("%Y-%m-%d %H:%M:%S", at),
        }  # fmt: skip
        return name

    def pushes(self, id: str) -> Pushed:  # noqa: A002
        return self.posts(self.inbox[id])

    def signed(self, fields: Mapping[str, str], at: float | None = None) -> dict[str, str]:
        told = {
            **fields,
            "timestamp": str(int(self.now() if at is None else at)),
            "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
        }
        text = "".join(f"&{name}={told[name].replace('&', '_').replace('=', '_')}" for name in sorted(told))
        made = hmac.new(self.SIGNATURE.encode(), text.encode(), "sha256").hexdigest().upper()
        return {**told, "sig": made}

    def posts(self, fields: Mapping[str, str]) -> Pushed:
        body = json.dumps(self.signed(fields)).encode()
        return post(self.hook, body, {"Content-Type": "application/json"})

    def reports(self, sent: Sent, status: str, code: str = "0") -> Pushed:
        return self.posts(
            {
                "msisdn": sent.to,
                "to": "15005550006",
                "network-code": "46000",
                "messageId": sent.id,
                "price": "0.03",
                "status": status,
                "scts": "2611270312",
                "err-code": code,
                "client-ref": sent.ours,
                "message-timestamp": "2026-11-27 03:12:00",
            }
        )


class Kannel(Provider):
    """Kannel's smsbox."""

    USER, PASSWORD = "hawatch", "a password"

    def __init__(self) -> None:
        super().__init__()
        self.inbox: dict[str, dict[str, str]] = {}

    def answer(self, asked: Asked) -> Says:
        query = asked.query
        if asked.path != "/cgi-bin/sendsms":
            return Says(404, "Unknown request.")
        if (query.get("username"), query.get("password")) != (self.USER, self.PASSWORD):
            return Says(403, "Authorization failed for sendsms")
        if query.get("charset") != "UTF-8" or query.get("coding") not in {"0", "2"}:
            return Says(400, "Charset or body misformed, rejected")
        self.take(query["to"], query["text"], dlr=query.get("dlr-url", ""), coding=query["coding"])
        return Says(202, "0: Accepted for delivery")

    def receives(self, sender: str, text: str) -> str:
        name = f"{self.number():08x}-1234-4567-89ab-0123456789ab"
        self.inbox[name] = {"from": sender, "text": text, "id": name, "time": str(int(self.now()))}
        return name

    def pushes(self, id: str) -> Pushed:  # noqa: A002
        """As an sms-service with a get-url does."""
        return post(f"{self.hook}?{urllib.parse.urlencode(self.inbox[id])}", method="GET")

    def reports(self, sent: Sent, status: int, answer: str = "") -> Pushed:
        """Fills the placeholders of the dlr-url in, and gets it."""
        url = sent.more["dlr"].replace("%d", str(status)).replace("%A", urllib.parse.quote(answer))
        parts, hook = urllib.parse.urlsplit(url), urllib.parse.urlsplit(self.hook)
        return post(f"{hook.scheme}://{hook.netloc}{parts.path}?{parts.query}", method="GET")


class MessageBird(Provider):
    """MessageBird's SMS API."""

    KEY, SIGNING, PUBLIC = "an access key", "a signing key", "https://ops.example.org/hook/messagebird"

    def __init__(self) -> None:
        super().__init__()
        self.inbox: dict[str, dict[str, str]] = {}

    def answer(self, asked: Asked) -> Says:
        if asked.headers.get("authorization") != f"AccessKey {self.KEY}":
            told = {"code": 2, "description": "Request not allowed (incorrect access_key)", "parameter": None}
            return says_json(401, {"errors": [told]})
        said = asked.json
        sent = self.take(said["recipients"][0], said["body"], said["reference"])
        return says_json(201, {"id": sent.id, "reference": sent.ours, "body": sent.text})

    def receives(self, sender: str, text: str) -> str:
        name = f"mb{self.number():05d}"
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(self.now()))
        self.inbox[name] = {
            "id": name, "originator": sender.lstrip("+"), "recipient": "15005550006", "body": text,
            "createdDatetime": at,
        }  # fmt: skip
        return name

    def token(self, url: str, body: bytes, **claims: Json) -> str:
        now = int(self.now())
        told = {
            "iss": "MessageBird", "nbf": now - 1, "exp": now + 60, "jti": "59a244dc",
            "url_hash": hashlib.sha256(url.encode()).hexdigest(),
            **({"payload_hash": hashlib.sha256(body).hexdigest()} if body else {}), **claims,
        }  # fmt: skip
        parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "typ": "JWT"}, told)]
        text = ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts)
        made = hmac.new(self.SIGNING.encode(), text.encode(), "sha256").digest()
        return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"

    def pushes(self, id: str) -> Pushed:  # noqa: A002
        body = urllib.parse.urlencode(self.inbox[id]).encode()
        return post(self.hook, body, {"MessageBird-Signature-JWT": self.token(self.PUBLIC, body), **FORM})

    def reports(self, sent: Sent, status: str) -> Pushed:
        query = urllib.parse.urlencode(
            {
                "id": sent.id,
                "reference": sent.ours,
                "recipient": sent.to,
                "status": status,
                "statusErrorCode": "9",
            }
        )
        headers = {"MessageBird-Signature-JWT": self.token(f"{self.PUBLIC}?{query}", b"")}
        return post(f"{self.hook}?{query}", headers=headers, method="GET")
