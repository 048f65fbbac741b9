"""The documents as their readers see them: pages, headings, links, blocks of code, and the commands in these."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
ROOMS = ("docs", "deploy", "grafana", "nagios", "hawatch", "tests")
SHELLS = frozenset({"console", "sh", "bash", "shell"})
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*) *$")
HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)", re.DOTALL)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
PROMPT = re.compile(r"^[#$] +(?=\S)")
PROGRAMS = frozenset(
    {"adduser", "amtool", "chown", "curl", "install", "nft", "openssl", "promtool", "usermod"}
)
"""Those whose calls stand in sentences to be typed; calls of systemctl and the like are spoken of there, too."""
HERE_DOCUMENT = re.compile(r"<<'?(\w+)'?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of code; `line` is where its first line stands."""

    page: Path
    line: int
    language: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command that a reader is shown, without prompt and comment; `text` may have several lines."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}: {self.text}"


@cache
def pages() -> tuple[Path, ...]:
    """Every document of the clone."""
    found = [*CLONE.glob("*.md"), *(page for room in ROOMS for page in (CLONE / room).rglob("*.md"))]
    return tuple(sorted(found))


def name_of(page: Path) -> str:
    """What a page is called in the clone."""
    return page.relative_to(CLONE).as_posix()


@cache
def lines_of(page: Path) -> tuple[str, ...]:
    return tuple(page.read_text(encoding="utf-8").splitlines())


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """The blocks of code of a page, without the indentation of their fences."""
    found: list[Block] = []
    opened: tuple[int, str, int] | None = None
    inside: list[str] = []
    for number, line in enumerate(lines_of(page), start=1):
        fence = FENCE.match(line)
        if opened is None and fence is not None:
            opened, inside = (number + 1, fence["language"], len(fence["indent"])), []
        elif opened is not None and line.strip() == "```":
            at, language, _ = opened
            found.append(Block(page=page, line=at, language=language, lines=tuple(inside)))
            opened = None
        elif opened is not None:
            inside.append(line[opened[2] :] if not line[: opened[2]].strip() else line)
    assert opened is None, f"{name_of(page)}: a block of code has no end"
    return tuple(found)


@cache
def prose(page: Path) -> str:
    """A page with its blocks of code left blank."""
    kept = list(lines_of(page))
    for block in blocks(page):
        for index in range(block.line - 2, block.line + len(block.lines)):
            kept[index] = ""
    return "\n".join(kept)


def inline_code(page: Path) -> Iterator[str]:
    """What stands between backquotes, in one line."""
    for found in CODE.finditer(prose(page)):
        yield " ".join(found[2].split())


def links(page: Path) -> Iterator[str]:
    """The target of every link and picture."""
    without_code = CODE.sub("", prose(page).replace("\\|", "|"))
    yield from LINK.findall(without_code)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The names of a page's headings, as the usual renderers make them."""
    found: dict[str, int] = {}
    for line in prose(page).splitlines():
        heading = HEADING.match(line)
        if heading is None:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[2]).replace("`", "")
        name = "".join(c for c in text.lower() if c.isalnum() or c in " -_").replace(" ", "-")
        found[name] = found.get(name, -1) + 1
    return frozenset(
        name if not n else f"{name}-{n}" for name, last in found.items() for n in range(last + 1)
    )


def commands(page: Path) -> Iterator[Command]:
    """Every command that a page shows to be typed into a shell."""
    for block in blocks(page):
        yield from commands_of(block)


def spoken(page: Path) -> Iterator[Command]:
    """Every call of one of `PROGRAMS` that stands in a sentence."""
    for found in CODE.finditer(prose(page)):
        words = found[2].split()
        if len(words) > 1 and words[0] in PROGRAMS:
            line = prose(page).count("\n", 0, found.start()) + 1
            yield Command(page=page, line=line, text=" ".join(words))


def commands_of(block: Block) -> Iterator[Command]:
    """Those of one block: after a prompt, or each line where the block is a script."""
    prompted = any(PROMPT.match(line) for line in block.lines)
    is_script = block.language in SHELLS and not any(line.startswith("$ ") for line in block.lines)
    if block.language in SHELLS | {""} and prompted and not (is_script and block.language == "sh"):
        yield from _prompted(block)
    elif block.language in SHELLS or all(line.startswith("hawatch ") for line in block.lines):
        yield from _script(block)


def _prompted(block: Block) -> Iterator[Command]:
    number = 0
    while number < len(block.lines):
        line = block.lines[number]
        prompt = PROMPT.match(line)
        begun = number
        number += 1
        if prompt is None:
            continue
        text = line[prompt.end() :]
        while text.endswith("\\"):
            text = f"{text[:-1].rstrip()} {block.lines[number].strip()}"
            number += 1
        yield Command(page=block.page, line=block.line + begun, text=without_comment(text))


def _script(block: Block) -> Iterator[Command]:
    number = 0
    while number < len(block.lines):
        text, begun = block.lines[number], number
        number += 1
        if not text.strip() or text.startswith("#"):
            continue
        while text.endswith("\\"):
            text = f"{text[:-1].rstrip()} {block.lines[number].strip()}"
            number += 1
        here = HERE_DOCUMENT.search(text)
        if here is not None:
            end = block.lines.index(here[1], number)
            text = "\n".join([text, *block.lines[number : end + 1]])
            number = end + 1
        yield Command(page=block.page, line=block.line + begun, text=without_comment(text))


def without_comment(text: str) -> str:
    """A command without the remark behind it."""
    return re.sub(r"\s{2,}#\s.*$", "", text).strip()


def is_a_test(name: str) -> bool:
    """Whether `tests/…/test_x.py::test_y` is a test of the clone."""
    file, _, function = name.partition("::")
    if not (CLONE / file).is_file():
        return False
    tree = ast.parse((CLONE / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, kinds) and node.name == function for node in tree.body)
