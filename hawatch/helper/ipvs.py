"""The verb `ipvs`: the kernel's virtual services, their real servers and the sync daemons."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hawatch.errors import HawatchError
from hawatch.kernel.ipvs import Table
from hawatch.plain import Codec, codec

PRESENT = Path("/proc/net/ip_vs")
"""There while the kernel has ip_vs. To ask netlink for a family that is not there would have its module loaded."""
TIME_LIMIT = 5.0
_CODEC: Codec[Table] = codec(Table)


async def _read_kernel() -> Table:
    from hawatch.helper.ipvs_netlink import read_table  # pyroute2 is loaded where there is IPVS

    return await read_table()


class Ipvs:
    """Reads the table anew for every question, one at a time."""

    def __init__(
        self, *, present: Path = PRESENT, read: Callable[[], Awaitable[Table]] = _read_kernel
    ) -> None:
        """`present` is the file by which ip_vs is known to be there; `read` gives the table."""
        self._present = present
        self._read = read
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """`table` as plain data, None where the kernel has no ip_vs. HawatchError when it cannot be read."""
        del request
        async with self._one_at_a_time:
            if not self._present.exists():
                return {"table": None}
            try:
                async with asyncio.timeout(TIME_LIMIT):
                    table = await self._read()
            except TimeoutError:
                raise HawatchError(f"the kernel's IPVS table was not read within {TIME_LIMIT:g} s") from None
        return {"table": _CODEC.encode(table)}
