"""Some modules of a package without the rest of it, and the package itself afterwards as ever."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hawatch.partly import partly

MODULES = ("halves", "halves.one", "halves.two")


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that begins with importing all it has."""
    place = tmp_path / "halves"
    place.mkdir()
    (place / "__init__.py").write_text("from halves.two import TWO\n")
    (place / "one.py").write_text("ONE = object()\n")
    (place / "two.py").write_text("TWO = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("halves")
def test_what_a_package_begins_with_is_not_loaded_for_one_of_its_modules() -> None:
    with partly("halves"):
        import halves.one  # type: ignore[import-not-found]

    first = sys.modules["halves.one"]
    assert "halves.two" not in sys.modules
    import halves.one

    assert halves.TWO == 2
    assert sys.modules["halves.one"] is first


@pytest.mark.usefixtures("halves")
def test_a_package_that_is_loaded_already_stays_as_it_is() -> None:
    import halves

    with partly("halves"):
        from halves.one import ONE

    assert sys.modules["halves"] is halves
    assert ONE is not None


def test_a_package_that_is_not_there_is_missed_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError), partly("no_such_package"):
        import no_such_package.part  # type: ignore[import-not-found]  # noqa: F401
