"""What in the channels of providers can be read, and will not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from hawatch.cli.secret_file import secret_warnings, unseen
from hawatch.config import Channel, Config
from hawatch.config.provider import Verify, Webhook


def provider_warnings(config: Config) -> Iterator[str]:
    """One line for each."""
    for n, channel in enumerate(config.channels):
        place = f"channel[{n}]"
        for key, file in _files(channel):
            yield from _file(f"{place}.{key}", Path(file))
        webhook = channel.webhook
        if webhook is not None:
            yield from _webhook(f"{place}.webhook", webhook, config.listen.http.host)


def _files(channel: Channel) -> Iterator[tuple[str, str]]:
    if channel.twilio is not None:
        yield "token_file", channel.twilio.token_file
        if channel.twilio.ca_file is not None:
            yield "ca_file", channel.twilio.ca_file
    if channel.http is not None:
        for name, file in channel.http.secrets:
            yield f"secrets.{name}", file
        if channel.http.ca_file is not None:
            yield "ca_file", channel.http.ca_file


def _file(key: str, path: Path) -> Iterator[str]:
    """It is read when a message is sent, or a webhook comes."""
    if not key.endswith("ca_file"):
        yield from secret_warnings(key, path)
        return
    try:
        path.stat()
    except OSError as error:
        yield unseen(key, path, error)


def _webhook(key: str, webhook: Webhook, listens_on: str) -> Iterator[str]:
    """Where the agent listens on this host alone, something here stands between it and the provider."""
    if (
        webhook.allow
        and not webhook.proxies
        and _is_loopback(listens_on)
        and not _all_loopback(webhook.allow)
    ):
        yield f"{key}.allow: every call comes from this host (listen.http); name the proxy in proxies"
    if webhook.verify is Verify.PATH and not webhook.allow:
        yield f"{key}.allow: missing; who learns the path can write what people answer"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _all_loopback(networks: tuple[str, ...]) -> bool:
    return all(_is_loopback(each.partition("/")[0]) for each in networks)
