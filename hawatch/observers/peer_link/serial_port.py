"""One serial device: opened raw, written to without waiting, read when there is something."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import grp
import os
import termios
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import serial

_CHUNK = 4096


class SerialPort:
    """`received` gets the bytes as they come; `lost` is called when the device goes away."""

    def __init__(
        self, device: str, baud: int, *, received: Callable[[bytes], None], lost: Callable[[OSError], None]
    ) -> None:
        self.device = device
        self.baud = baud
        self._received = received
        self._lost = lost
        self._port: serial.Serial | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be written to."""
        return self._port is not None

    def open(self) -> None:
        """Open it for this program alone, unless that is done already. OSError when it cannot be done.

        Without flow control, neither by lines nor by characters: three wires must do, and a cable that nobody reads
        must not stop us.
        """
        if self._port is not None:
            return
        Path(self.device).stat()
        try:
            import serial  # loaded where there is a cable

            port = serial.Serial(self.device, self.baud, timeout=0, write_timeout=0, exclusive=True)
        except termios.error as error:
            raise OSError(*error.args) from None
        asyncio.get_running_loop().add_reader(port.fileno(), self._read)
        self._port = port

    def close(self) -> None:
        """Use it no longer; `open` may be called again."""
        port, self._port = self._port, None
        if port is None:
            return
        asyncio.get_running_loop().remove_reader(port.fileno())
        with contextlib.suppress(OSError, termios.error):
            port.reset_output_buffer()  # or the kernel may wait for a line that takes nothing
        with contextlib.suppress(OSError, termios.error):
            port.close()

    def write(self, data: bytes) -> None:
        """Hand the bytes to the kernel; if its queue is full some are lost, as on any line."""
        if self._port is None:
            return
        try:
            os.write(self._port.fileno(), data)
        except BlockingIOError:
            return
        except OSError as error:
            self._give_up(error)

    def _read(self) -> None:
        if self._port is None:
            return
        try:
            data = os.read(self._port.fileno(), _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._give_up(error)
            return
        if data:
            self._received(data)
        else:
            self._give_up(OSError(errno.EIO, os.strerror(errno.EIO)))

    def _give_up(self, error: OSError) -> None:
        self.close()
        self._lost(error)

    def problem(self, error: OSError) -> str:
        """What is wrong, in one line that names the thing at fault."""
        device = self.device
        match error.errno:
            case errno.ENOENT | errno.ENOTDIR:
                return f"{device} is not there"
            case errno.EACCES:
                return f"{device} may not be opened: this agent is not in its group {_group(device)}"
            case errno.EPERM:
                return f"{device} may not be opened: the service's DeviceAllow does not name it"
            case errno.EAGAIN | errno.EBUSY:
                return f"{device} is in use by another program"
            case errno.ENXIO | errno.ENODEV | errno.EIO:
                return f"{device} is gone: unplugged, or there is no such port in this host"
            case errno.ENOTTY | errno.EINVAL | None:  # pyserial's "could not configure port" has none
                return f"{device} is no serial port that can have {self.baud} baud"
        return f"{device}: {(error.strerror or str(error)).lower()}"


def _group(device: str) -> str:
    try:
        return grp.getgrgid(Path(device).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"
