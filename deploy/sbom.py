"""What hawatch is made of, as CycloneDX 1.5 JSON: every pinned package with its version and the digests it may have.

    python -m deploy.sbom [--output FILE]

It is made from requirements/runtime.txt alone, so that two builds of one commit write the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "requirements" / "runtime.txt"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One package, the version that is installed, and the sha256 of its files."""

    name: str
    version: str
    digests: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package's URL: its name as PEP 503 normalises it."""
        return f"pkg:pypi/{re.sub(r'[-_.]+', '-', self.name).lower()}@{self.version}"


def pinned(text: str) -> list[Pinned]:
    """The packages of a requirements file; ValueError names a line that pins nothing."""
    found = []
    for entry in re.sub(r"\\\n\s*", " ", text).splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        pin = _PIN.match(entry)
        if pin is None:
            raise ValueError(f"pins nothing: {entry[:80]}")
        digests = tuple(sorted(_DIGEST.findall(entry)))
        found.append(Pinned(name=pin[1], version=pin[2], digests=digests))
    return found


def sbom(packages: list[Pinned], *, version: str) -> dict[str, Any]:
    """The document; `version` is hawatch's own."""
    own = f"pkg:pypi/hawatch@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "hawatch",
                "version": version,
                "purl": own,
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": each.purl,
                "name": each.name,
                "version": each.version,
                "purl": each.purl,
                "properties": [{"name": "hawatch:sha256", "value": digest} for digest in each.digests],
            }
            for each in packages
        ],
        "dependencies": [{"ref": own, "dependsOn": [each.purl for each in packages]}],
    }


def main() -> int:
    """Write it where it is wanted."""
    parser = argparse.ArgumentParser(prog="python -m deploy.sbom")
    parser.add_argument("--output", type=Path, help="a file (default: standard output)")
    output = parser.parse_args().output
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    document = sbom(pinned(PINNED.read_text(encoding="utf-8")), version=project["version"])
    text = json.dumps(document, indent=2) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
