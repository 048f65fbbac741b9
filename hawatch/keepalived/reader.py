"""keepalived.conf, from the disk to the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from hawatch.keepalived.blocks import statements
from hawatch.keepalived.files import DiskFiles, Files
from hawatch.keepalived.lines import LineReader
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.parser import parse
from hawatch.plain import codec


def read(
    path: str,
    *,
    fingerprint: Callable[[bytes], str],
    host_name: str = "",
    config_id: str = "",
    files: Files | None = None,
) -> KeepalivedConfig:
    """Read a keepalived.conf and all that it includes.

    Passwords do not get into the model: `fingerprint` is given their eight bytes, as a packet carries them. Lines
    for one host (@id) count if `config_id` (keepalived's -i) or the first part of `host_name` is that id.
    ConfigError (`file:line`): a file that cannot be read, braces or quotes that do not match, text where a number
    belongs, and whatever keepalived would not run with.
    """
    notes = Notes()
    reader = LineReader(files or DiskFiles(), config_id or host_name.partition(".")[0], notes.texts)
    config = parse(statements(reader.read(path)), notes, fingerprint)
    return replace(
        config, digest=_digest(config), files=tuple(reader.files_read), warnings=tuple(notes.texts)
    )


def _digest(config: KeepalivedConfig) -> str:
    plain = codec(KeepalivedConfig).encode(config)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]
