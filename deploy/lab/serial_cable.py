"""A serial cable between two nodes of the lab, or between any two places: what can be done to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from deploy.lab.errors import LabError
from deploy.lab.fault import Fault

RELAY = Path(__file__).with_name("serial_relay.py")
DEVICE = "/run/ttyLAB0"
"""Where a node of the lab finds its end."""


class SerialCable:
    """Two devices joined by deploy/lab/serial_relay.py, as slow as a real cable; it ends with its context.

    `ends` are the paths of the devices by the names of those at them; `uid` may open the devices.
    """

    def __init__(self, ends: dict[str, Path], *, baud: int = 9600, uid: int | None = None) -> None:
        self.paths = ends
        self.ends = tuple(ends)
        self._relay = subprocess.Popen(
            [
                sys.executable,
                "-IS",
                str(RELAY),
                str(baud),
                str(os.geteuid() if uid is None else uid),
                *map(str, ends.values()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer("start")

    def __enter__(self) -> SerialCable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Both devices are gone."""
        if self._relay.stdin is not None and not self._relay.stdin.closed:
            self._relay.stdin.close()
        self._relay.wait(10)
        if self._relay.stdout is not None:
            self._relay.stdout.close()

    def pull(self) -> Fault:
        """The plug is out: nothing comes through, and both devices are still there."""
        self._tell("drop 0", "drop 1")
        return Fault("serial cable: pulled", lambda: self._tell("pass 0", "pass 1"))

    def cut_from(self, name: str) -> Fault:
        """One wire is broken: what this end sends is lost."""
        number = self.ends.index(name)
        self._tell(f"drop {number}")
        return Fault(f"serial cable: nothing comes from {name}", lambda: self._tell(f"pass {number}"))

    def noise(self, *, flip: float = 0.0, rate: float = 0.0) -> Fault:
        """A bit of this share of all bytes is flipped, and so many random bytes a second come in on each way."""
        self._tell(f"noise {flip} {rate}")
        return Fault("serial cable: noisy", lambda: self._tell("noise 0 0"))

    def unplug(self, name: str) -> Fault:
        """The adapter of this end is pulled out of its host: the device is gone, and another comes back."""
        number = self.ends.index(name)
        self._tell(f"vanish {number}")
        return Fault(f"serial cable: no device at {name}", lambda: self._tell(f"return {number}"))

    def carried_from(self, name: str) -> int:
        """The bytes that this end has sent so far."""
        return int(self._ask("carried").split()[self.ends.index(name)])

    def _tell(self, *commands: str) -> None:
        for command in commands:
            if (answer := self._ask(command)) != "ok":
                raise LabError(f"serial cable: {command}: {answer}")

    def _ask(self, command: str) -> str:
        if self._relay.stdin is None:
            raise LabError("the serial cable has no control")
        self._relay.stdin.write(f"{command}\n")
        self._relay.stdin.flush()
        return self._answer(command)

    def _answer(self, command: str) -> str:
        answer = self._relay.stdout.readline() if self._relay.stdout is not None else ""
        if not answer:
            raise LabError(f"the serial cable ended at {command!r}")
        return answer.strip()
