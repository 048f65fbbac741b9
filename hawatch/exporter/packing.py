"""Answers that are long and say much twice, packed for callers who can unpack them: a phone is on a slow line."""

from __future__ import annotations

import gzip
from functools import lru_cache

from starlette.requests import Request

LEVEL = 5
WORTH_IT = 1024
"""Bytes; what is shorter goes as it is."""


def packed(request: Request, body: bytes) -> tuple[bytes, dict[str, str]]:
    """The body, packed if the caller says that it takes gzip, and the headers that go with it; RFC 9110 §12.5.3."""
    if len(body) < WORTH_IT or not _takes_gzip(request.headers.get("accept-encoding", "")):
        return body, {}
    return gzip.compress(body, LEVEL, mtime=0), {"content-encoding": "gzip"}


@lru_cache(maxsize=64)
def _takes_gzip(accept: str) -> bool:
    for part in accept.lower().split(","):
        name, _, weight = (each.strip() for each in part.partition(";"))
        if name == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
