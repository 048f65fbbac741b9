"""The glibc that files ask for: `glibc_floor.py FILE_OR_DIRECTORY...` prints the highest GLIBC_x.y of all ELF files.

Of a file that PyInstaller made, everything inside counts too.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ELF = b"\x7fELF"
REFERENCE = re.compile(r"GLIBC_(\d+(?:\.\d+)+)")


def versions(file: Path) -> Iterator[tuple[int, ...]]:
    """The versions of glibc that an ELF file refers to, as objdump tells."""
    listing = subprocess.run(["objdump", "-T", str(file)], capture_output=True, text=True, check=True).stdout
    for version in REFERENCE.findall(listing):
        yield tuple(map(int, version.split(".")))


def elf_files(place: Path) -> Iterator[Path]:
    """The ELF files at or below a path."""
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened:
                if opened.read(len(ELF)) == ELF:
                    yield file


def unpack(file: Path, into: Path) -> None:
    """Write the libraries that PyInstaller packed into a file; none, when it packed nothing there."""
    from PyInstaller.archive.readers import (  # type: ignore[import-untyped]
        ArchiveReadError,
        CArchiveReader,
    )

    try:
        archive = CArchiveReader(str(file))
    except ArchiveReadError:
        return
    for number, (name, entry) in enumerate(archive.toc.items()):
        if entry[-1] == "b":
            (into / f"{number}-{Path(name).name}").write_bytes(archive.extract(name))


def main() -> int:
    """Print the newest version that is referred to; 2 when no file refers to any."""
    places = [Path(argument) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as inside:
        for place in places:
            if place.is_file():
                unpack(place, Path(inside))
        found = {
            version
            for place in [*places, Path(inside)]
            for file in elf_files(place)
            for version in versions(file)
        }
    if not found:
        print("glibc_floor: no ELF file that refers to glibc", file=sys.stderr)
        return 2
    print(".".join(map(str, max(found))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
