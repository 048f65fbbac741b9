"""debootstrap from where this host's apt gets its packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

SUITE = "bookworm"
DOWNLOADS = Path(sys.prefix).parent / "debs"
"""What was fetched once."""
ATTEMPTS = 3
"""A mirror's answer that breaks off in the middle is no fault of hawatch."""


def bootstrap(root: Path, *packages: str) -> None:
    """Make a minimal Debian 12 with these packages; the tests that need it are skipped if no mirror answers at all."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    options = ["--variant=minbase", f"--cache-dir={DOWNLOADS}"]
    if packages:
        options.append(f"--include={','.join(packages)}")
    said = ""
    for _ in range(ATTEMPTS):
        made = subprocess.run(
            ["debootstrap", *options, SUITE, str(root), mirror()], capture_output=True, text=True, check=False
        )
        if made.returncode == 0:
            return
        said = made.stdout[-3000:] + made.stderr[-1000:]
        shutil.rmtree(root, ignore_errors=True)
    if problem := _unreachable():
        pytest.skip(f"Debian's mirror does not answer: {problem}")
    pytest.fail(said)


def mirror() -> str:
    """Where this host's apt gets that suite from."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", f"Release: {SUITE}", "Component: main"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert told, f"this host's apt knows no mirror of {SUITE}"
    return told[0]


def _unreachable() -> str:
    """Why the mirror cannot be asked; nothing if it can."""
    try:
        requests.get(f"{mirror().rstrip('/')}/dists/{SUITE}/Release", timeout=30).raise_for_status()
    except requests.RequestException as error:
        return str(error)
    return ""
