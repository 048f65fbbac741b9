"""Which of the sites the corpus comes to: measured, as what is written down would rot."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import FrameType
from typing import Any

from tests.fuzz.sites import HOUSE, Site
from tests.fuzz.targets import CORPUS, TARGETS


def every_input() -> Iterator[Callable[[], None]]:
    """Every input of every target's corpus, to be fed."""
    for name, target in TARGETS.items():
        for each in sorted((CORPUS / name).iterdir()):
            yield partial(target.feed, each.read_bytes())


def reached(sites: Iterable[Site], runs: Iterable[Callable[[], None]]) -> set[Site]:
    """Those whose line is run by one of them; each is traced anew, as one that nests deep ends its own tracing."""
    wanted: dict[str, dict[int, set[Site]]] = {}
    for site in sites:
        wanted.setdefault(str(HOUSE / site.file), {}).setdefault(site.line, set()).add(site)
    seen: set[Site] = set()

    def lines(frame: FrameType, _event: str, _argument: Any) -> Any:
        seen.update(wanted[frame.f_code.co_filename].get(frame.f_lineno, ()))
        return lines

    def calls(frame: FrameType, _event: str, _argument: Any) -> Any:
        return lines if frame.f_code.co_filename in wanted else None

    _forget()
    before = sys.gettrace()
    for run in runs:
        sys.settrace(calls)
        try:
            run()
        finally:
            sys.settrace(before)
    return seen


def _forget() -> None:
    """What a cache knows from another test would not be read again."""
    for name, module in list(sys.modules.items()):
        if name.startswith("hawatch"):
            for value in list(vars(module).values()):
                clear = getattr(value, "cache_clear", None)
                if clear is not None:
                    clear()
