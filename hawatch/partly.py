"""Imports some modules of a package without all the others that its first lines would bring in, to stay for ever."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec


@contextmanager
def partly(*packages: str) -> Iterator[None]:
    """Within it modules of these packages are imported as if the packages' own files (`__init__.py`) were empty.

    Afterwards the packages themselves can be imported as ever; the modules stay what they are.
    """
    hollow = []
    for name in packages:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None:
            sys.modules[name] = module_from_spec(spec)
            hollow.append(name)
    try:
        yield
    finally:
        for name in hollow:
            del sys.modules[name]
