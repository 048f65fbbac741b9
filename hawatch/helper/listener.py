"""The helper's listening socket: systemd's, or its own."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from types import TracebackType

from hawatch.errors import HawatchError

_FIRST_PASSED = 3  # sd_listen_fds(3)
_BACKLOG = 64
_OTHERS_OUT = 0o117


class Listener:
    """An AF_UNIX stream socket that root and one group may connect to; an own one is removed at the end."""

    def __init__(self, path: str, *, group: int) -> None:
        """HawatchError when the socket cannot be made."""
        self._path = Path(path)
        passed = _passed_socket()
        self._own = passed is None
        self.name = "systemd" if passed is not None else path
        self.socket = passed if passed is not None else self._bind(group)
        self.socket.settimeout(0)

    def _bind(self, group: int) -> socket.socket:
        """Mode and group come with the creation: to set them by name, in a directory of somebody else, is a trap."""
        _remove_stale(self._path)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(_OTHERS_OUT)
        own_group = os.getegid()
        try:
            if os.geteuid() == 0:
                os.setegid(group)
            made.bind(str(self._path))
            made.listen(_BACKLOG)
        except OSError as error:
            made.close()
            raise HawatchError(f"{self._path}: {error.strerror or error}") from None
        finally:
            os.umask(mask)
            if os.getegid() != own_group:
                os.setegid(own_group)
        return made

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()
        if self._own:
            self._path.unlink(missing_ok=True)


def _passed_socket() -> socket.socket | None:
    """The socket of systemd's socket unit, if we were started through one."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    if os.environ.get("LISTEN_FDS") != "1":
        raise HawatchError("LISTEN_FDS: exactly one socket is wanted from systemd")
    passed = socket.socket(fileno=_FIRST_PASSED)
    if passed.family is not socket.AF_UNIX or passed.type is not socket.SOCK_STREAM:
        raise HawatchError("the socket unit: ListenStream= with a path is wanted")
    os.set_inheritable(_FIRST_PASSED, False)  # noqa: FBT003 - it takes no keywords
    return passed


def _remove_stale(path: Path) -> None:
    """Remove what a helper that was killed has left; HawatchError when one lives, or when it is no socket."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise HawatchError(f"{path}: is in the way, and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        try:
            trial.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
        else:
            raise HawatchError(f"{path}: another helper answers there")
