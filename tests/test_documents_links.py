"""What the documents point at is there: pages, headings, pictures, files of the clone, and tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents import CLONE, anchors, blocks, inline_code, is_a_test, links, name_of, pages

PAGES = pytest.mark.parametrize("page", pages(), ids=name_of)
ELSEWHERE = ("https://", "http://", "mailto:")
ROOMS = ("deploy/", "docs/", "grafana/", "hawatch/", "nagios/", "requirements/", "tests/")
TEST = re.compile(r"tests/[\w/]+\.py::\w+")
PATH = re.compile(rf"(?<![\w/.:{{-])(?:{'|'.join(ROOMS)})[\w.*/+-]*")


@PAGES
def test_links_lead_to_pages_and_headings_that_are_there(page: Path) -> None:
    assert [
        target for target in links(page) if not target.startswith(ELSEWHERE) and not leads(page, target)
    ] == []


def leads(page: Path, target: str) -> bool:
    """Whether a link of a page leads to something in the clone."""
    file, _, heading = target.partition("#")
    there = (page.parent / file).resolve() if file else page
    if not there.exists() or not there.is_relative_to(CLONE):
        return False
    return not heading or (there.suffix == ".md" and heading in anchors(there))


@PAGES
def test_links_elsewhere_are_secure(page: Path) -> None:
    assert [target for target in links(page) if target.startswith("http://")] == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One `two`, three\n\n[a](other.md#x) [b\nc](#one-two-three) `[d](e)`\n```\n[f](g)\n```\n"
    )
    assert list(links(page)) == ["other.md#x", "#one-two-three"]
    assert anchors(page) == {"one-two-three"}


def test_every_document_can_be_found_from_the_index() -> None:
    index = CLONE / "docs" / "README.md"
    found = {(index.parent / target.partition("#")[0]).resolve() for target in links(index)}
    wanted = {page for page in pages() if page.parent in {CLONE, CLONE / "docs"}} - {index}
    assert {name_of(page) for page in wanted - found} == set()


def test_both_first_pages_lead_to_the_same_places() -> None:
    english, chinese = (CLONE / "README.md", CLONE / "README.zh.md")

    def targets(page: Path) -> set[str]:
        pages_alone = {
            target for target in links(page) if target.endswith((".md", "LICENSE")) or "#" in target
        }
        return pages_alone - {"README.md", "README.zh.md"}

    assert targets(chinese) == targets(english)


@PAGES
def test_files_that_are_named_are_in_the_clone(page: Path) -> None:
    """In code, in line or in a block, a path that begins with a directory of the clone; `*` stands for something."""
    texts = [*inline_code(page), *(block.text for block in blocks(page))]
    named = {path for text in texts for path in PATH.findall(text)}
    lost = [path for path in named if not is_there(page, path)]
    assert lost == []


def is_there(page: Path, path: str) -> bool:
    """Below the clone, or beside the page; a directory that the reader fills needs not be ours."""
    path = path.rstrip(".-")
    bases = (CLONE, page.parent)
    return any(any(base.glob(path.rstrip("/"))) if path.strip("/") else True for base in bases)


@PAGES
def test_tests_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [name for name in TEST.findall(text) if not is_a_test(name)] == []
