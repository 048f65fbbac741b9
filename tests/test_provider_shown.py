"""What check-config says of channels of providers that can be read and will not work."""

from __future__ import annotations

from pathlib import Path

from hawatch.cli.provider_warnings import provider_warnings
from hawatch.config import load
from tests.provider_night import shipped, write_secrets


def warnings(text: str) -> list[str]:
    return list(provider_warnings(load(text, "t.toml")))


def test_secrets_that_are_not_there_or_everybody_s_are_named(tmp_path: Path) -> None:
    write_secrets(tmp_path, kannel_password="p")
    (tmp_path / "kannel.password").chmod(0o644)
    password = tmp_path / "kannel.password"
    assert warnings(shipped("kannel", tmp_path)) == [
        f"channel[0].secrets.password: {password} can be read by everybody (chmod 640 {password})",
        f"channel[0].secrets.hook: {tmp_path}/kannel.hook: no such file or directory",
    ]


def test_a_twilio_token_that_is_well_kept_is_no_news(tmp_path: Path) -> None:
    text = shipped("twilio", tmp_path)
    assert warnings(text) == [f"channel[0].token_file: {tmp_path}/twilio.token: no such file or directory"]
    write_secrets(tmp_path, twilio_token="t")
    (tmp_path / "twilio.token").chmod(0o640)
    assert warnings(text) == []


def test_a_list_of_networks_behind_a_proxy_of_nobody_known_lets_nobody_in(tmp_path: Path) -> None:
    write_secrets(tmp_path, aliyun_id="i", aliyun_key="k", aliyun_hook="h")
    for name in ("id", "key", "hook"):
        (tmp_path / f"aliyun.{name}").chmod(0o600)
    unbounded = shipped("aliyun", tmp_path)
    assert warnings(unbounded) == [
        "channel[0].webhook.allow: missing; who learns the path can write what people answer"
    ]
    bounded = shipped("aliyun", tmp_path, **{"# allow": "allow"})
    assert warnings(bounded) == [
        "channel[0].webhook.allow: every call comes from this host (listen.http); name the proxy in proxies"
    ]
    assert warnings(bounded + '\n[listen]\nhttp = "192.0.2.1:10112"\n') == []
    assert warnings(shipped("aliyun", tmp_path, **{"# allow": "allow", "# proxies": "proxies"})) == []
