"""Nothing waits for ever: every call that reaches a network or another program has a time-out, or a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCKING = {
    "subprocess.run", "subprocess.check_output", "subprocess.check_call", "subprocess.call",
    "requests.get", "requests.post", "requests.put", "requests.request", "requests.head",
    "socket.create_connection", "smtplib.SMTP", "smtplib.SMTP_SSL", "urllib.request.urlopen",
    "http.client.HTTPConnection", "http.client.HTTPSConnection", "HTTPConnection", "HTTPSConnection",
    "MailBox", "MailBoxStartTls", "MailBoxUnencrypted", "session.request", "session.send", "session.get",
}  # fmt: skip
"""Those that take a time-out as an argument."""
AWAITED = {
    "asyncio.open_connection", "asyncio.open_unix_connection", "asyncio.create_subprocess_exec",
    "create_subprocess_exec",
    "loop.sock_connect", "loop.getaddrinfo", "process.communicate", "process.wait",
}  # fmt: skip
"""Those that stand within asyncio.timeout, asyncio.timeout_at or asyncio.wait_for."""
STARTED = "starts a program; the wait for its end has the time-out"
KILLED = "waits for a program that was sent SIGKILL"
REASONS = {
    "hawatch/agent/helper_client.py::_exchange": "its one caller has asyncio.timeout around it",
    "hawatch/agent/host_end.py::host_is_stopping": f"{STARTED}; then {KILLED}",
    "hawatch/cli/watching/stream.py::changes": "its socket has a time-out before it connects",
    "hawatch/drill/client.py::_http": "Clients._one has asyncio.timeout around every question",
    "hawatch/drill/client.py::_tcp": "Clients._one has asyncio.timeout around every question",
    "hawatch/exporter/listening.py::listen_tcp": "our own address, in a thread: the listener alone waits",
    "hawatch/helper/command.py::_start": STARTED,
    "hawatch/helper/command.py::run": KILLED,
    "hawatch/notifiers/script.py::_end": KILLED,
    "hawatch/notifiers/script.py::_run": STARTED,
    "hawatch/observers/keepalived_log/journal.py::_end": f"{KILLED}, after asyncio.wait with a time-out",
    "hawatch/observers/keepalived_log/journal.py::_start": "follows for ever, as it is meant to",
    "hawatch/observers/service/plugin.py::_end": KILLED,
    "hawatch/observers/service/plugin.py::run": STARTED,
}
"""By `file::function`: what else ends the waiting."""


def name_of(call: ast.Call) -> str:
    try:
        return ast.unparse(call.func).removeprefix("self._").removeprefix("self.")
    except ValueError:
        return ""


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def is_timed(call: ast.Call, above: dict[ast.AST, ast.AST]) -> bool:
    node: ast.AST = call
    while node in above:
        node = above[node]
        if isinstance(node, ast.AsyncWith) and any("asyncio.timeout" in ast.unparse(i) for i in node.items):
            return True
        if isinstance(node, ast.Call) and name_of(node) in {"asyncio.wait_for", "asyncio.wait"}:
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
    return False


def function_of(call: ast.AST, above: dict[ast.AST, ast.AST]) -> str:
    node = call
    while node in above and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = above[node]
    return getattr(node, "name", "module")


def untimed(text: str, name: str) -> Iterator[str]:
    """`file::function: call` for every call that may wait for ever."""
    tree = ast.parse(text)
    above = parents(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        what = name_of(node)
        has_own = any(keyword.arg == "timeout" or keyword.arg is None for keyword in node.keywords)
        if (what in BLOCKING and not has_own) or (what in AWAITED and not is_timed(node, above)):
            yield f"{name}::{function_of(node, above)}: {what}"


def all_untimed() -> list[str]:
    files = [*sorted((ROOT / "hawatch").rglob("*.py")), ROOT / "nagios" / "check_hawatch"]
    return [
        each
        for path in files
        for each in untimed(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    ]


def test_every_call_has_a_time_out_or_a_reason() -> None:
    assert [each for each in all_untimed() if each.partition(": ")[0] not in REASONS] == []


def test_every_reason_is_about_a_call_that_is_there() -> None:
    assert REASONS.keys() - {each.partition(": ")[0] for each in all_untimed()} == set()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f():\n subprocess.run(['x'])", 1),
        ("def f():\n subprocess.run(['x'], timeout=3)", 0),
        ("async def f():\n await asyncio.open_connection('a', 1)", 1),
        ("async def f():\n async with asyncio.timeout(1):\n  await asyncio.open_connection('a', 1)", 0),
        ("async def f():\n await asyncio.wait_for(process.wait(), 1)", 0),
    ],
)
def test_a_call_without_is_seen(text: str, count: int) -> None:
    assert len(list(untimed(text, "x.py"))) == count
