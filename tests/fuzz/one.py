"""One target in one process, under atheris: its module, its name, and then libFuzzer's arguments."""

from __future__ import annotations

import importlib
import logging
import sys

import atheris


def main() -> None:
    """Fuzz until the time is up or something breaks; it does not return."""
    logging.disable()  # what pyroute2 says of each message that it cannot decode
    with atheris.instrument_imports(include=["hawatch"]):
        target = importlib.import_module(sys.argv[1]).TARGETS[sys.argv[2]]
    atheris.Setup([sys.argv[0], *sys.argv[3:]], target.feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
