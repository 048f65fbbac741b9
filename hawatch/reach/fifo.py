"""A command file: one line written at once into a FIFO that Nagios reads.

Up to 4096 bytes go into a FIFO whole or not at all, so that lines of several writers never mix.
"""

from __future__ import annotations

import errno
import os
import stat

from hawatch.errors import DeliveryError

MOST_BYTES = 4096
_FOR_NOW = {
    errno.ENOENT: "it is not there; is Nagios running on this host, with check_external_commands=1?",
    errno.ENXIO: "nobody reads it; is Nagios running?",
    errno.EPIPE: "nobody reads it any longer; is Nagios running?",
    errno.EAGAIN: "it is full; Nagios does not read it",
    errno.EACCES: "permission denied; the agent's user must be in the group that may write to it",
}


def write_at_once(path: str, line: bytes) -> None:
    """Write a line of at most 4096 bytes, its end included, and wait for nobody. DeliveryError."""
    try:
        if not stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116  asked of the kernel as it opens
            raise DeliveryError(f"{path}: it is no FIFO, so not Nagios's command file", temporary=False)
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        problem = _FOR_NOW.get(error.errno or 0) or (error.strerror or str(error)).lower()
        raise DeliveryError(f"{path}: {problem}", temporary=True) from error
    if written < len(line):
        raise DeliveryError(f"{path}: it took half a line", temporary=True)
