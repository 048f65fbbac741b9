"""One target in one process, under atheris; the arguments after the target's name are libFuzzer's."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["hawatch"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until the time is up or something breaks; it does not return."""
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
