"""The verb `firewall`: the rules that protocol 112 may meet, as the tools list them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hawatch.errors import HawatchError
from hawatch.helper.command import run
from hawatch.netfilter import LISTINGS

TIME_LIMIT = 5.0
MOST_BYTES = 4 << 20


class Firewall:
    """Lists nftables as parsed JSON and iptables as text; what cannot be listed is null, with the reason."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """All listings, and under `problems` why some are missing."""
        del request
        answer: dict[str, Any] = {"problems": {}}
        async with self._one_at_a_time:
            for name, argv in LISTINGS.items():
                try:
                    answer[name] = await _listing(argv)
                except HawatchError as error:
                    answer[name] = None
                    answer["problems"][name] = str(error)
        return answer


async def _listing(argv: tuple[str, ...]) -> Any:
    listed = await run(argv, seconds=TIME_LIMIT, most_bytes=MOST_BYTES, errors_too=False)
    if listed.code != 0:
        raise HawatchError(f"{' '.join(argv)} gave {listed.code}")
    if listed.cut:
        raise HawatchError(f"{' '.join(argv)} lists more than {MOST_BYTES} bytes")
    if "-j" not in argv:
        return listed.output
    try:
        return json.loads(listed.output)
    except (ValueError, RecursionError):
        raise HawatchError(f"{' '.join(argv)} gave no JSON") from None
