"""The copyright file of a package: hawatch's own licence, and those of everything that lies in its environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

COMMON = {
    "Apache License": "Apache-2.0",
    "GNU LESSER GENERAL PUBLIC LICENSE": "LGPL-3",
    "GNU GENERAL PUBLIC LICENSE": "GPL-2",
    "Mozilla Public License": "MPL-2.0",
}
"""Texts that a distribution has once for all, in /usr/share/common-licenses, by how they begin."""
LICENCE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
HEAD = """\
hawatch
Licence: Apache-2.0, see /usr/share/common-licenses/Apache-2.0
Copyright: the authors of hawatch

Below {packages} are these, each under its own licence:
"""


def copyright_text(packages: Path, shown: str) -> str:
    """The whole file; `shown` is what the directory is called on the host. Takes the licences out of `packages`."""
    parts = [HEAD.format(packages=shown)]
    for told in sorted([*packages.glob("*.dist-info"), *packages.glob("*.egg-info")]):
        if not told.name.startswith("hawatch-"):
            parts.append("\n".join(component(told)))
    return "\n".join(parts)


def component(told: Path) -> Iterator[str]:
    """One of them: who made it, where it comes from, and its licence in full unless every host has it."""
    text = next(path for name in ("METADATA", "PKG-INFO") if (path := told / name).is_file())
    about = Parser().parsestr(text.read_text(encoding="utf-8"), headersonly=True)
    yield "-" * 78
    yield f"{about['Name']} {about['Version']}"
    yield f"Licence: {licence_of(about)}"
    author = about["Author"] or about["Author-email"] or about["Maintainer-email"] or about["Maintainer"]
    if author:
        yield f"Author: {author}"
    yield ""
    for path in sorted(path for path in told.rglob("*") if path.is_file() and LICENCE.search(path.name)):
        yield from licence(path)
        path.unlink()


def licence_of(about: object) -> str:
    """Its name, as the component says it."""
    get = about.get_all  # type: ignore[attr-defined]
    for key in ("License-Expression", "License"):
        said = get(key)
        if said and said[0].strip() not in {"", "UNKNOWN"}:
            return str(said[0].strip().splitlines()[0])
    said = [line.rpartition(" :: ")[2] for line in get("Classifier") or () if line.startswith("License")]
    return ", ".join(said) or "see below"


def licence(path: Path) -> Iterator[str]:
    """A licence file, or where its text is."""
    text = path.read_text(encoding="utf-8", errors="replace").strip("\n")
    begins = text[:400]
    for title, name in COMMON.items():
        if title.lower() in begins.lower():
            yield from (line for line in text.splitlines() if re.match(r"\s*Copyright (\(c\)|©|\d)", line))
            yield f"The text is /usr/share/common-licenses/{name}."
            yield ""
            return
    yield text
    yield ""
