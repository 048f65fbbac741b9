"""Screenshots become smaller and stay the same picture."""

from __future__ import annotations

import struct
import zlib
from itertools import product

import pytest

from deploy.lab.palette import SIGNATURE, fewer_colours

Pixels = list[list[tuple[int, int, int]]]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(pixels: Pixels, filters: list[int], alpha: bytes = b"") -> bytes:
    """Written by hand from the specification, each row with the filter that is wanted."""
    step = 3 + len(alpha)
    above = bytes(step * len(pixels[0]))
    lines = b""
    for row, kind in zip(pixels, filters, strict=True):
        plain = b"".join(bytes(pixel) + alpha for pixel in row)
        lines += bytes([kind]) + bytes(
            (plain[at] - predicted(kind, plain, above, at, step)) % 256 for at in range(len(plain))
        )
        above = plain
    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 6 if alpha else 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def predicted(kind: int, row: bytes, above: bytes, at: int, step: int) -> int:
    left, up = (row[at - step] if at >= step else 0), above[at]
    corner = above[at - step] if at >= step else 0
    guess = left + up - corner
    paeth = sorted((left, up, corner), key=lambda each: abs(guess - each))[0]
    return (0, left, up, (left + up) // 2, paeth)[kind]


def shown(small: bytes) -> Pixels:
    """What a picture with a palette shows."""
    found, at = {}, len(SIGNATURE)
    while at < len(small):
        (length,) = struct.unpack_from(">I", small, at)
        found[small[at + 4 : at + 8]] = small[at + 8 : at + 8 + length]
        assert small[at + 8 + length : at + 12 + length] == struct.pack(
            ">I", zlib.crc32(small[at + 4 : at + 8 + length])
        )
        at += length + 12
    width, height = struct.unpack_from(">II", found[b"IHDR"])
    palette, lines = found[b"PLTE"], zlib.decompress(found[b"IDAT"])
    rows = [lines[number * (width + 1) + 1 : (number + 1) * (width + 1)] for number in range(height)]
    return [[(palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]) for i in row] for row in rows]


@pytest.mark.parametrize("alpha", [b"", b"\xff"])
def test_a_picture_of_few_colours_stays_as_it_is_whatever_its_filters(alpha: bytes) -> None:
    pixels = [[((7 * x + y) % 11 * 20, x * 9, 255 - y * 30) for x in range(12)] for y in range(5)]
    assert shown(fewer_colours(png(pixels, [0, 1, 2, 3, 4], alpha))) == pixels


def test_of_many_colours_the_rare_ones_become_their_nearest() -> None:
    common = [[(level, level, level) for level in range(256)]] * 2
    rare = [[(10, 10, 11) for _ in range(1)] + [(level, level, level) for level in range(1, 256)]]
    drawn = shown(fewer_colours(png([*common, *rare], [0, 0, 0])))
    assert drawn[:2] == common
    assert drawn[2][0] == (10, 10, 10)


@pytest.mark.parametrize(
    ("depth", "kind", "interlace"), [each for each in product((8, 16), (2, 3), (0, 1)) if each != (8, 2, 0)]
)
def test_what_no_browser_writes_is_refused(depth: int, kind: int, interlace: int) -> None:
    header = struct.pack(">IIBBBBB", 1, 1, depth, kind, 0, 0, interlace)
    with pytest.raises(ValueError, match="not a PNG of 8-bit"):
        fewer_colours(SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")))
    with pytest.raises(ValueError, match="not a PNG"):
        fewer_colours(b"GIF89a")
