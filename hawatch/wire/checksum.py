"""The Internet checksum (RFC 1071), with and without pseudo headers.

A ones' complement sum of 16-bit words is the number modulo 65535 that the bytes spell, which Python computes in
one step. Here 0 stands for both of its zeros: a message with a right checksum in it sums to 0.
"""

from __future__ import annotations

from functools import lru_cache

from hawatch.wire.address import address_bytes


def ones_sum(data: bytes) -> int:
    """Sum 16-bit words in ones' complement, 0 to 65534; an odd last byte is padded with zero."""
    if len(data) & 1:
        data += b"\0"
    return int.from_bytes(data, "big") % 65535


@lru_cache(maxsize=4096)
def _address_sum(address: str) -> int:
    return ones_sum(address_bytes(address))


def pseudo_header_sum(src: str, dst: str, protocol: int, length: int) -> int:
    """Sum the pseudo header of either family (RFC 793 §3.1, RFC 8200 §8.1: the zeros between count for nothing)."""
    return _address_sum(src) + _address_sum(dst) + protocol + length


def checksum(data: bytes, pseudo_header: int = 0) -> int:
    """Compute what to write into a checksum field that is zero in `data`."""
    return -(ones_sum(data) + pseudo_header) % 65535
