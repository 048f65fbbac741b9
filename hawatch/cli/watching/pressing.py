"""What each key does to the view, and what it wants of the agent. Pure."""

from __future__ import annotations

from dataclasses import replace

from hawatch.cli.watching import keys
from hawatch.cli.watching.view import Deed, View, Wish
from hawatch.cli.watching.words import Words

PAGE = 10
LONGEST_FILTER = 40
_DEEDS = {"a": Deed.ACK, "r": Deed.RELEASE, "s": Deed.SNOOZE}
_STEPS = {
    "k": -1,
    keys.UP: -1,
    "j": 1,
    keys.DOWN: 1,
    keys.PAGE_UP: -PAGE,
    "b": -PAGE,
    keys.PAGE_DOWN: PAGE,
    " ": PAGE,
    "G": 1 << 30,
    keys.END: 1 << 30,
}


def pressed(view: View, key: str, words: Words, *, more: bool) -> tuple[View, Wish | None]:
    """The view after a key, and a wish when one was confirmed; `more` is whether details are shown now."""
    view = replace(view, notice="")
    if view.asking is not None:
        return _answered(view, view.asking, key, words)
    if view.typing is not None:
        return _typed(view, view.typing, key), None
    if key in _DEEDS:
        return _asked(view, _DEEDS[key], words), None
    return _moved(view, key, more=more), None


def _moved(view: View, key: str, *, more: bool) -> View:
    if key in {"g", keys.HOME}:
        return replace(view, chosen=None, scrolled=0)
    if key == "m":
        return replace(view, more=not more, scrolled=0)
    if key == "/":
        return replace(view, typing="", scrolled=0)
    if key == keys.ESCAPE:
        return replace(view, filter="", scrolled=0)
    step = _STEPS.get(key)
    if step is None:
        return view
    if more and abs(step) == PAGE:
        return replace(view, scrolled=max(view.scrolled + step, 0))
    rows = view.rows()
    if not rows:
        return view
    index = min(max(view.index(rows) + step, 0), len(rows) - 1)
    return replace(view, chosen=rows[index].key, scrolled=0)


def _typed(view: View, typing: str, key: str) -> View:
    if key == keys.ENTER:
        return replace(view, filter=typing, typing=None)
    if key == keys.ESCAPE:
        return replace(view, filter="", typing=None)
    if key == keys.ERASE:
        return replace(view, typing=typing[:-1])
    if len(key) == 1 and len(typing) < LONGEST_FILTER:
        return replace(view, typing=typing + key)
    return view


def _asked(view: View, deed: Deed, words: Words) -> View:
    """Bound to the incident that is seen now: another one may have come by the time of the answer."""
    rows = view.rows()
    if not rows:
        return view
    router = rows[view.index(rows)].router
    if router["incident"] is None:
        return replace(view, notice=words.say("no_incident", instance=router["instance"]))
    return replace(view, asking=Wish(deed=deed, incident=str(router["incident"])))


def _answered(view: View, wish: Wish, key: str, words: Words) -> tuple[View, Wish | None]:
    if key in {"y", "Y"}:
        return replace(view, asking=None, notice=words.say("telling")), wish
    return replace(view, asking=None, notice=words.say("dropped")), None
