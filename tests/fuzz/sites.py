"""Where hawatch reads something that others wrote: the calls that turn text or bytes into something else.

Found in the source itself, so that a new one is seen. A number made of a number (`int(seconds * 1000)`) is none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "hawatch"
READING = {
    *("int", "float", "fromhex", "from_bytes", "unpack", "unpack_from", "b64decode", "urlsafe_b64decode"),
    *("loads", "decompress", "from_ical", "message_from_bytes", "parse_qsl", "urlsplit"),
    *("fromisoformat", "strptime", "parsedate_to_datetime"),
    *("ip_address", "ip_network", "IPv4Address", "IPv6Address", "inet_ntop", "inet_pton"),
}
"""Calls that raise something of Python's own for what they cannot read."""
SPLITTING = {"split", "rsplit", "splitlines"}
"""Calls whose answer may be shorter than was thought: those that are unpacked or indexed at once."""
_NUMBERS = {"len", "round", "min", "max", "sum"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Site:
    """One such call: the file below hawatch/, the function around it, and its line."""

    file: str
    function: str
    line: int

    @property
    def place(self) -> str:
        """`wire/pcap.py:read`, which stays when lines move."""
        return f"{self.file}:{self.function}"


def all_sites() -> list[Site]:
    """Every one in the house."""
    return sorted(
        site
        for path in HOUSE.rglob("*.py")
        for site in sites(path.read_text(encoding="utf-8"), path.relative_to(HOUSE).as_posix())
    )


def sites(source: str, file: str) -> Iterator[Site]:
    """Those of one file."""
    yield from _below(ast.parse(source), file, "")


def _below(node: ast.AST, file: str, function: str) -> Iterator[Site]:
    for child in ast.iter_child_nodes(node):
        inside = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{function}.{child.name}".lstrip(".")
        if isinstance(child, ast.expr | ast.stmt) and (_reads(child) or _takes_apart(child)):
            yield Site(file=file, function=function or "-", line=child.lineno)
        yield from _below(child, file, inside)


def _reads(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = _name(node)
    return name in READING and not (name in ("int", "float") and _is_number(node.args[0]))


def _is_number(node: ast.expr) -> bool:
    """Whether it can only be a number: arithmetic, a comparison, a count."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            return _is_number(node.left) or _is_number(node.right)
        case ast.BinOp() | ast.Compare() | ast.Constant() | ast.UnaryOp():
            return True
        case ast.Call():
            return _name(node) in _NUMBERS
    return False


def _takes_apart(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=ast.Call() as call):
            return _name(call) in SPLITTING
        case ast.Assign(targets=[ast.Tuple()], value=ast.Call() as call):
            return _name(call) in SPLITTING
    return False


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
