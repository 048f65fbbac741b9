"""Signatures of requests, by the examples that the providers publish."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from hawatch.config.provider import Encoding, Hash, Mac
from hawatch.config.provider_template import Template
from hawatch.provider.exchange import Request, place_of
from hawatch.provider.signing.aliyun import sign_aliyun
from hawatch.provider.signing.mac import mac_of, sign_mac
from hawatch.provider.signing.tencent import sign_tencent

PUBLISHED_BY_TENCENT = (
    '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
)


def test_aliyun_s_published_example() -> None:
    request = Request(
        method="POST",
        url="https://ecs.cn-shanghai.aliyuncs.com/"
        "?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        headers={"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26"},
    )
    added = sign_aliyun(
        request,
        id="YourAccessKeyId",
        key="YourAccessKeySecret",
        now=1_698_315_752.0,  # 2023-10-26T10:22:32Z
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert added["x-acs-date"] == "2023-10-26T10:22:32Z"
    assert added["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencent_s_published_example() -> None:
    request = Request(
        method="POST",
        url="https://cvm.tencentcloudapi.com/",
        headers={"Content-Type": "application/json; charset=utf-8"},
        body=PUBLISHED_BY_TENCENT.encode(),
    )
    added = sign_tencent(
        request,
        id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
        key="Gu5t9xGARNpq86cd98joQYCN3*******",
        service="cvm",
        now=1_551_113_065.0,
    )
    assert added["X-TC-Timestamp"] == "1551113065"
    assert added["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
    )


def test_a_mac_over_time_and_body_goes_into_its_header() -> None:
    mac = Mac(header="X-Signature", over=Template("{time}.{body}"), prefix="sha256=")
    request = Request(method="POST", url="https://a.example/", body="裂脑".encode())
    made = hmac.new(b"key", b"7." + "裂脑".encode(), "sha256").hexdigest()
    assert sign_mac(request, mac, key="key", now=7.9) == {"X-Signature": f"sha256={made}"}


@pytest.mark.parametrize("how", [Hash.SHA1, Hash.SHA256, Hash.SHA512])
def test_bytes_that_are_no_text_are_hashed_as_they_are(how: Hash) -> None:
    mac = Mac(header="X", over=Template("{body}"), hash=how, encoding=Encoding.HEX)
    body = bytes(range(256))
    assert mac_of(mac, {"body": body}, "k") == hmac.new(b"k", body, getattr(hashlib, how.value)).hexdigest()


def test_rfc_4231_case_2() -> None:
    mac = Mac(header="X", over=Template("{body}"))
    told = mac_of(mac, {"body": b"what do ya want for nothing?"}, "Jefe")
    assert told == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_place_has_neither_query_nor_credentials() -> None:
    assert (
        place_of("https://user:pw@[2001:db8::1]:8443/send?key=secret#x") == "https://[2001:db8::1]:8443/send"
    )
    assert json.dumps(place_of("http://a.example")) == '"http://a.example"'
