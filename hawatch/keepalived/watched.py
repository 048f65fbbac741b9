"""A keepalived.conf that is looked at again and again, with everything that it includes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hawatch.errors import ConfigError
from hawatch.keepalived.files import DiskFiles, Files
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.reader import read

_Signature = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A model, or the one-line reason why there is none.

    `modified_at` (epoch seconds) is the latest time at which one of the files was written, or came to its name.
    """

    config: KeepalivedConfig | None = None
    problem: str | None = None
    modified_at: float | None = None


@dataclass(slots=True)
class _Recorder:
    """Files that remembers what was asked of it, and how that was just before."""

    files: Files
    signatures: dict[str, _Signature | None] = field(default_factory=dict)
    matches: dict[str, list[str]] = field(default_factory=dict)

    def read(self, path: str) -> str:
        self.signatures[path] = _signature(path)
        return self.files.read(path)

    def glob(self, pattern: str) -> list[str]:
        self.matches[pattern] = self.files.glob(pattern)
        return self.matches[pattern]


class WatchedConfig:
    """Reads the files when they have changed; `fingerprint`, `host_name` and `config_id` as for the reader."""

    def __init__(
        self, path: str, *, fingerprint: Callable[[bytes], str], host_name: str = "", config_id: str = ""
    ) -> None:
        self.path = path
        self._fingerprint = fingerprint
        self._host_name = host_name
        self._config_id = config_id
        self._recorder: _Recorder | None = None

    def read_if_changed(self) -> Reading | None:
        """A new reading, at the first call too; None when every file is as it was."""
        if self._recorder is not None and not _has_changed(self._recorder):
            return None
        return self.read()

    def read(self) -> Reading:
        """Read everything now."""
        before = set(self._recorder.signatures) if self._recorder else set()
        recorder = self._recorder = _Recorder(DiskFiles())
        recorder.signatures[self.path] = _signature(self.path)
        config, problem = None, None
        try:
            config = read(
                self.path,
                fingerprint=self._fingerprint,
                host_name=self._host_name,
                config_id=self._config_id,
                files=recorder,
            )
        except ConfigError as error:
            problem = str(error)
        except RecursionError:
            problem = f"{self.path}: nested too deeply"
        return Reading(config=config, problem=problem, modified_at=_modified_at(recorder, before))


def _has_changed(recorder: _Recorder) -> bool:
    if any(_signature(path) != before for path, before in recorder.signatures.items()):
        return True
    return any(_matches(recorder.files, pattern) != before for pattern, before in recorder.matches.items())


def _matches(files: Files, pattern: str) -> list[str]:
    try:
        return files.glob(pattern)
    except OSError:
        return []


def _signature(path: str) -> _Signature | None:
    try:
        seen = Path(path).stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _modified_at(recorder: _Recorder, before: set[str]) -> float | None:
    """The newest ctime: a file that is moved into place keeps its mtime, and anybody may set that.

    A file that is gone has none: the time at which its directory changed stands for it.
    """
    times = [each[4] for each in recorder.signatures.values() if each is not None]
    for path in before - recorder.signatures.keys():
        directory = _signature(str(Path(path).parent))
        if directory is not None:
            times.append(directory[4])
    return max(times) / 1e9 if times else None
