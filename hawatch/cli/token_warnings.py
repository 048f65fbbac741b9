"""What is wrong with the file of those who may answer over HTTP, and how their tokens travel."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from hawatch.config import Listen


def token_warnings(listen: Listen) -> Iterator[str]:
    """One line each, with the path of the key; never what stands in the file."""
    if listen.token_file is None:
        return
    from hawatch.exporter.tokens import TokenFile, TokenFileError

    try:
        if not TokenFile(Path(listen.token_file)).holders():
            yield f"listen.token_file: {listen.token_file}: nobody is in it"
    except TokenFileError as error:
        yield f"listen.token_file: {error}"
    if not _is_loopback(listen.http.host):
        yield f"listen.token_file: tokens come to {listen.http} as they are; let a proxy with TLS take them there"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
