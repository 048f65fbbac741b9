"""The agent says so when the key that proves its peer is everybody's on this host."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawatch.cli.choosing import read_key
from hawatch.config import load

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o640, False), (0o600, False), (0o644, True), (0o662, True), (0o641, True)]
)
def test_a_key_that_everybody_can_use_is_told_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, warned: bool
) -> None:
    path = tmp_path / "peer.key"
    path.write_text(f"{KEY}\n", encoding="ascii")
    path.chmod(mode)
    assert read_key(load(f'[peer_link]\nkey_file = "{path}"\n', "hawatch.toml")) == KEY.encode()
    assert (
        f"peer_key={path} can be used by everybody on this host (chmod 640 {path})" in caplog.text
    ) is warned
    assert KEY not in caplog.text
