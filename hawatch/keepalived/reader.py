"""keepalived.conf, from the disk to the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from hawatch.errors import ConfigError
from hawatch.keepalived.blocks import Statement, statements
from hawatch.keepalived.files import DiskFiles, Files
from hawatch.keepalived.lines import LineReader
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.notes import Note, Notes
from hawatch.keepalived.parser import parse
from hawatch.keepalived.strays import as_read
from hawatch.plain import Codec, codec

_CODEC: Codec[KeepalivedConfig] = codec(KeepalivedConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configuration as it is written, with the place of every line: what lint looks at.

    The statements hold passwords. `config` is None, and `refusal` says why, where keepalived would not run with it.
    """

    statements: tuple[Statement, ...]
    notes: tuple[Note, ...]
    config: KeepalivedConfig | None
    refusal: ConfigError | None = None


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
    source = read_source(path, fingerprint=fingerprint, host_name=host_name, config_id=config_id, files=files)
    if source.config is None:
        raise source.refusal or ConfigError(path, "cannot be read")
    return source.config


def read_source(
    path: str,
    *,
    fingerprint: Callable[[bytes], str],
    host_name: str = "",
    config_id: str = "",
    files: Files | None = None,
) -> Source:
    """The same with its lines. ConfigError: a file that cannot be read, braces or quotes that do not match."""
    notes = Notes()
    reader = LineReader(files or DiskFiles(), config_id or host_name.partition(".")[0], notes)
    config, refusal = None, None
    try:
        written = as_read(statements(reader.read(path)), notes)
    except ConfigError as error:
        raise _readable_error(error) from None
    try:
        model = parse(written, notes, fingerprint)
    except ConfigError as error:
        refusal = _readable_error(error)
    else:
        config = _without_stray_bytes(_finished(model, reader.files_read, notes.texts))
    return Source(statements=tuple(written), notes=tuple(notes.records), config=config, refusal=refusal)


def _finished(config: KeepalivedConfig, files: list[str], warnings: list[str]) -> KeepalivedConfig:
    plain = json.dumps(_CODEC.encode(config), sort_keys=True)
    digest = hashlib.sha256(plain.encode()).hexdigest()[:16]
    return replace(config, digest=digest, files=tuple(files), warnings=tuple(warnings))


def _without_stray_bytes(config: KeepalivedConfig) -> KeepalivedConfig:
    """The same, with a replacement sign for each byte that is not UTF-8: names go out to where it must be."""
    text = json.dumps(_CODEC.encode(config), ensure_ascii=False)
    readable = _readable(text)
    return config if readable == text else _CODEC.decode(json.loads(readable))


def _readable_error(error: ConfigError) -> ConfigError:
    return ConfigError(_printable(error.where), _printable(error.problem))


def _printable(text: str) -> str:
    # a control character in a name would make a second line of the error, or steer the reader's terminal
    return "".join(each if each.isprintable() else "\ufffd" for each in _readable(text))


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
