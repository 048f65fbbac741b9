"""Run a command under the system call filter of a unit, as systemd would load it: confined.py JSON COMMAND...

The JSON has `calls` (names that are allowed), `families` (numbers of address families for socket(2)), and `no_wx`:
no memory that is written and executed (MemoryDenyWriteExecute=). All else gives EPERM. Needs systemd's libseccomp.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import sys
from dataclasses import dataclass

ALLOW = 0x7FFF0000
DENY = 0x00050000 | errno.EPERM
EQUAL, MASKED_EQUAL = 4, 7
WRITE_OR_EXECUTE = mmap.PROT_WRITE | mmap.PROT_EXEC


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp` of seccomp_rule_add(3)."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


@dataclass
class Filter:
    """A filter of libseccomp that denies what is not allowed."""

    library: ctypes.CDLL
    context: ctypes.c_void_p

    def allow(self, name: str, *comparisons: Comparison) -> None:
        """Allow a system call, where its arguments are so; one that this machine does not have is left out."""
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        array = (Comparison * len(comparisons))(*comparisons)
        gave = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(ALLOW), ctypes.c_int(number), len(comparisons), array
        )
        if gave:
            raise OSError(-gave, name)

    def load(self) -> None:
        gave = self.library.seccomp_load(self.context)
        if gave:
            raise OSError(-gave, "seccomp_load")


def confine(calls: list[str], families: list[int], *, no_wx: bool) -> None:
    """Load the filter into this process, for good."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    made = Filter(library, ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(DENY))))
    looked_at = {"socket", "mmap", "mprotect"} if no_wx else {"socket"}
    for name in calls:
        if name not in looked_at and not (no_wx and name == "pkey_mprotect"):
            made.allow(name)
    for family in families:
        made.allow("socket", Comparison(0, EQUAL, family, 0))
    if no_wx:
        for bits in (0, mmap.PROT_WRITE, mmap.PROT_EXEC):
            made.allow("mmap", Comparison(2, MASKED_EQUAL, WRITE_OR_EXECUTE, bits))
        made.allow("mprotect", Comparison(2, MASKED_EQUAL, mmap.PROT_EXEC, 0))
    made.load()


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    confine(wanted["calls"], wanted["families"], no_wx=wanted["no_wx"])
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the filter stays with this process
