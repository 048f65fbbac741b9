"""Aliyun and Tencent Cloud as local servers: see provider_servers.py for what they follow."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.parse
from collections import deque
from collections.abc import Mapping

from tests.provider_servers import Asked, Json, Provider, Pushed, Says, Sent, post, says_json


class Aliyun(Provider):
    """Alibaba Cloud's SMS: approved texts with variables, requests signed with ACS3."""

    ID, KEY = "LTAI0000", "an access key"
    TEMPLATES: Mapping[str, frozenset[str]] = {
        "SMS_100000001": frozenset({"pair", "router", "verdict", "owners", "cause", "code", "options"}),
        "SMS_100000002": frozenset({"one", "two", "three"}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.inbox: dict[str, dict[str, str]] = {}

    def answer(self, asked: Asked) -> Says:
        if not self._is_signed(asked):
            return says_json(
                400, {"Code": "SignatureDoesNotMatch", "Message": "Specified signature is not matched"}
            )
        if asked.headers["x-acs-action"] != "SendSms" or asked.headers["x-acs-version"] != "2017-05-25":
            return says_json(404, {"Code": "InvalidAction.NotFound", "Message": "no such action"})
        query = asked.query
        wanted = self.TEMPLATES.get(query["TemplateCode"])
        values = json.loads(query["TemplateParam"])
        if wanted is None or set(values) != wanted:
            return says_json(
                200, {"Code": "isv.TEMPLATE_MISSING_PARAMETERS", "Message": "模板变量缺少对应参数值"}
            )
        if any(not value or len(value) > 35 or "http" in value or "【" in value for value in values.values()):
            return says_json(200, {"Code": "isv.PARAM_LENGTH_LIMIT", "Message": "参数超过长度限制"})
        sent = self.take(query["PhoneNumbers"], " ".join(values.values()), query["OutId"])
        sent.more.update(values)
        return says_json(200, {"Code": "OK", "Message": "OK", "BizId": sent.id, "RequestId": "F655A8D5"})

    def _is_signed(self, asked: Asked) -> bool:
        found = dict(
            part.strip().split("=", 1)
            for part in asked.headers.get("authorization", " ").partition(" ")[2].split(",")
            if "=" in part
        )
        names = found.get("SignedHeaders", "").split(";")
        must = {
            "host",
            "x-acs-action",
            "x-acs-version",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-content-sha256",
        }
        if found.get("Credential") != self.ID or not must <= set(names):
            return False
        pairs = sorted(urllib.parse.parse_qsl(asked.raw_query, keep_blank_values=True))
        lines = [asked.method, asked.path]
        lines.append("&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs))
        lines += [f"{name}:{asked.headers[name].strip()}" for name in names]
        lines += ["", ";".join(names), hashlib.sha256(asked.body).hexdigest()]
        told = "ACS3-HMAC-SHA256\n" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return found["Signature"] == hmac.new(self.KEY.encode(), told.encode(), "sha256").hexdigest()

    def receives(self, sender: str, text: str) -> str:
        name = f"{1234567890 + self.number()}"
        self.inbox[name] = {
            "phone_number": sender.removeprefix("+86"), "content": text, "dest_code": "1234", "sequence_id": name,
            "send_time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now() + 8 * 3600)),
        }  # fmt: skip
        return name

    def pushes(self, *ids: str) -> Pushed:
        """SmsUp: one or several."""
        return self._posts([self.inbox[each] for each in ids])

    def reports(self, sent: Sent, *, success: bool, code: str = "DELIVERED") -> Pushed:
        """SmsReport."""
        row = {
            "phone_number": sent.to, "send_time": "2026-11-27 03:12:00", "report_time": "2026-11-27 03:12:05",
            "success": success, "err_code": code, "err_msg": "", "sms_size": "1", "biz_id": sent.id,
            "out_id": sent.ours,
        }  # fmt: skip
        return self._posts([row])

    def _posts(self, rows: list[Json]) -> Pushed:
        body = json.dumps(rows, ensure_ascii=False).encode()
        return post(self.hook, body, {"Content-Type": "application/json"})


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


class Tencent(Provider):
    """Tencent Cloud's SMS: approved texts with variables, requests signed with TC3, replies and receipts pulled."""

    ID, KEY, APP = "AKID0000", "a secret key", "1400000000"
    TEMPLATES: Mapping[str, int] = {"1000001": 7, "1000002": 6}

    def __init__(self) -> None:
        super().__init__()
        self.replies: deque[Json] = deque()
        self.statuses: deque[Json] = deque()

    def answer(self, asked: Asked) -> Says:
        if not self._is_signed(asked):
            return self._refuses(
                "AuthFailure.SignatureFailure", "The provided credentials could not be validated."
            )
        said = asked.json
        match asked.headers["x-tc-action"]:
            case "SendSms" if said["SmsSdkAppId"] == self.APP:
                return self._send(said)
            case "PullSmsReplyStatus" if said["SmsSdkAppid"] == self.APP:
                return self._pulled("PullSmsReplyStatusSet", self.replies, said["Limit"])
            case "PullSmsSendStatus" if said["SmsSdkAppid"] == self.APP:
                return self._pulled("PullSmsSendStatusSet", self.statuses, said["Limit"])
        return self._refuses("InvalidAction", "no such action")

    def _send(self, said: Json) -> Says:
        number, values = said["PhoneNumberSet"][0], said["TemplateParamSet"]
        code, words = "Ok", "send success"
        if len(values) != self.TEMPLATES.get(said["TemplateId"], -1):
            code, words = "InvalidParameterValue.TemplateParameterFormatError", "verify template"
        elif any(not value or len(value) > 12 for value in values):
            code, words = "InvalidParameterValue.TemplateParameterLengthLimit", "too long"
        status = {"SerialNo": "", "PhoneNumber": number, "Code": code, "Message": words, "Fee": 1}
        if code == "Ok":
            sent = self.take(number, " ".join(values), said["SessionContext"])
            sent.more.update({str(place): value for place, value in enumerate(values, 1)})
            status["SerialNo"] = sent.id
        return says_json(200, {"Response": {"SendStatusSet": [status], "RequestId": "a0aabda6"}})

    @staticmethod
    def _pulled(name: str, queue: deque[Json], limit: int) -> Says:
        rows = [queue.popleft() for _ in range(min(limit, len(queue)))]
        return says_json(200, {"Response": {name: rows, "RequestId": "a0aabda6"}})

    @staticmethod
    def _refuses(code: str, words: str) -> Says:
        told = {"Error": {"Code": code, "Message": words}, "RequestId": "ed93f3cb"}
        return says_json(200, {"Response": told})

    def _is_signed(self, asked: Asked) -> bool:
        stamp = int(asked.headers.get("x-tc-timestamp", "0"))
        day = time.strftime("%Y-%m-%d", time.gmtime(stamp))
        told = [asked.method, asked.path, asked.raw_query]
        told += [f"content-type:{asked.headers['content-type'].lower()}", f"host:{asked.headers['host']}", ""]
        told += ["content-type;host", hashlib.sha256(asked.body).hexdigest()]
        text = ["TC3-HMAC-SHA256", str(stamp), f"{day}/sms/tc3_request"]
        text.append(hashlib.sha256("\n".join(told).encode()).hexdigest())
        key = f"TC3{self.KEY}".encode()
        for step in (day, "sms", "tc3_request"):
            key = hmac.new(key, step.encode(), "sha256").digest()
        made = hmac.new(key, "\n".join(text).encode(), "sha256").hexdigest()
        wanted = (
            f"TC3-HMAC-SHA256 Credential={self.ID}/{day}/sms/tc3_request, "
            f"SignedHeaders=content-type;host, Signature={made}"
        )
        return asked.headers.get("authorization") == wanted and abs(stamp - self.now()) <= 300

    def receives(self, sender: str, text: str) -> str:
        at = int(self.now())
        self.replies.append(
            {
                "ReplyContent": text,
                "ReplyUnixTime": at,
                "ExtendCode": "11",
                "Sign": "运维告警",
                "ReplyTime": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + 8 * 3600)),
                "PhoneNumber": sender,
                "NationCode": "86",
            }
        )
        return ""

    def reports(self, sent: Sent, status: str, words: str) -> None:
        self.statuses.append(
            {
                "UserReceiveTime": "2026-11-27 03:12:05",
                "UserReceiveUnixTime": 1795720325,
                "NationCode": "86",
                "PurePhoneNumber": sent.to.removeprefix("+86"),
                "PhoneNumber": sent.to,
                "SerialNo": sent.id,
                "ReportStatus": status,
                "Description": words,
            }
        )
