"""All that hawatch says is searched for every secret that it was given: answers, logs, messages, bundles, store."""

from __future__ import annotations

import base64
import gzip
import io
import logging
import tarfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest

from hawatch.blackbox.bundle import Sources, pack
from hawatch.cli import main
from hawatch.exporter.status import status
from tests import snapshots
from tests.test_http_token import ANNA as ANNAS_TOKEN
from tests.test_http_token import BOB as BOBS_TOKEN
from tests.test_http_token import door

CANARY = {
    "peer.key": "peerkey-canary-0123456789abcdef",
    "mail.password": "mailpassword-canary-1",
    "bearer.token": "bearer-canary-2",
    "icinga.password": "icinga-canary-3",
    "http.token": "anna:http-token-canary-4",
    "urls": "json://user:urls-canary-5@127.0.0.1/",
}
HAWATCH_TOML = """
[node]
name = "lb01"
state_dir = "{there}/state"
[peer_link]
key_file = "{there}/peer.key"
[listen]
http = "127.0.0.1:9911"
token_file = "{there}/http.token"
[[channel]]
name = "push"
kind = "apprise"
urls_file = "{there}/urls"
[[contact]]
name = "anna"
[[contact.way]]
channel = "push"
to = "urls"
[odd]
password = "inline-canary-6"
url = "https://user:inline-canary-7@example.org/?token=inline-canary-8"
"""


def forms(secret: str) -> Iterable[bytes]:
    """A secret as it is, and as programs write it."""
    raw = secret.encode()
    yield from (raw, quote(secret, safe="").encode(), base64.b64encode(raw).rstrip(b"="), raw.hex().encode())


def leaked(output: bytes, secrets: Iterable[str]) -> list[str]:
    return [secret for secret in secrets if any(form in output for form in forms(secret))]


def test_a_secret_is_found_however_it_is_written() -> None:
    for form in forms("a/canary!"):
        assert leaked(b"before " + form + b" after", ["a/canary!"]) == ["a/canary!"]


def test_no_command_says_what_is_in_a_file_of_secrets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, secret in CANARY.items():
        (tmp_path / name).write_text(f"{secret}\n")
        (tmp_path / name).chmod(0o640)
    path = tmp_path / "hawatch.toml"
    path.write_text(HAWATCH_TOML.format(there=tmp_path).partition("[odd]")[0])
    for words in (
        ("check-config",),
        ("doctor",),
        ("status",),
        ("incidents",),
        ("test-message", "anna"),
        ("lint",),
    ):
        main([*words, "--config", str(path)])
    said = capfd.readouterr()
    output = (said.out + said.err).encode()
    assert output
    values = [secret.rpartition(":")[2].partition("@")[0] for secret in CANARY.values()]
    assert leaked(output, values) == []


def test_a_bundle_has_no_secret_in_it(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.jsonl").write_text('{"type":"Tick","at":1.0}\n')
    path = tmp_path / "hawatch.toml"
    path.write_text(HAWATCH_TOML.format(there=tmp_path))
    for name, secret in CANARY.items():
        (tmp_path / name).write_text(secret)
    packed = io.BytesIO()
    pack(
        Sources(
            state_directory=tmp_path / "state",
            config_path=path,
            status=status(snapshots.split_brain()),
            node="lb01",
            time=snapshots.EPOCH,
        ),
        packed,
    )
    content = gzip.decompress(packed.getvalue())
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert "hawatch.toml" in " ".join(archive.getnames())
    assert b"journal" in content
    assert leaked(content, [*CANARY.values(), *(f"inline-canary-{number}" for number in (6, 7, 8))]) == []


def test_no_answer_over_http_has_a_token_in_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "a-wrong-token-canary-0123456789"
    said = []
    with door(tmp_path) as at_door:
        for token in (ANNAS_TOKEN, BOBS_TOKEN, wrong):
            for body in ("{}", "{", '{"seconds": "x"}'):
                said.append(str(at_door.post(body=body, Authorization=f"Bearer {token}")))
        for target in (
            "/",
            "/metrics",
            "/api/v1/status",
            "/api/v1/incidents",
            "/api/v1/targets",
            f"/{wrong}",
        ):
            said.append(str(at_door.post(target, method="GET")))
    output = "".join([*said, caplog.text]).encode()
    assert leaked(output, [ANNAS_TOKEN, BOBS_TOKEN]) == []
    assert wrong not in caplog.text
