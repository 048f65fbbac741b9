"""The repository itself: what must be true of its files whatever the code does."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import hawatch

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ["requirements/runtime.txt", "requirements/dev.txt", "requirements/uv.txt"]
WIRE_SOCKET_NAMES = {"inet_ntop", "inet_pton", "AF_INET", "AF_INET6"}
# Spelt in pieces, so that this file is not the one that holds them.
PLACES_OF_PACKAGES = ["py" + "pi.org", "python" + "hosted.org", "deb.debian" + ".org"]
INDEX_OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "--trusted" + "-host"]


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def repository_files() -> list[Path]:
    """What git has or would take, so that caches and the environment do not count."""
    listing = subprocess.run(
        [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("needs a git clone")
    paths = [ROOT / os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def pins(name: str) -> dict[str, str]:
    """Each requirement's name with all of its lines, continuation lines joined."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {re.split(r"[=\[ ;]", line, maxsplit=1)[0]: line for line in lines}


def normalized(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[ ;]", requirement, maxsplit=1)[0]).lower()


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_the_version_is_the_same_in_the_project_and_in_the_package() -> None:
    assert project()["project"]["version"] == hawatch.__version__


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_exactly_and_has_hashes(name: str) -> None:
    found = pins(name)
    assert found
    for line in found.values():
        assert re.match(r"[A-Za-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize(
    ("name", "groups"), [("requirements/runtime.txt", []), ("requirements/dev.txt", ["dev"])]
)
def test_every_dependency_of_the_project_is_locked(name: str, groups: list[str]) -> None:
    wanted = list(project()["project"]["dependencies"])
    queue = list(groups)
    while queue:
        for entry in project()["dependency-groups"][queue.pop()]:
            if isinstance(entry, str):
                wanted.append(entry)
            else:
                queue.append(entry["include-group"])
    assert {normalized(requirement) for requirement in wanted} <= {normalized(pin) for pin in pins(name)}


def test_what_runs_is_what_is_tested() -> None:
    runtime, dev = pins("requirements/runtime.txt"), pins("requirements/dev.txt")
    versions = {name: line.split()[0] for name, line in runtime.items()}
    assert versions == {name: dev[name].split()[0] for name in runtime}


@pytest.mark.skipif(
    os.environ.get("HAWATCH_TEST_ALL") != "1", reason="only in the environment of `make setup`"
)
def test_the_environment_holds_the_locked_versions() -> None:
    for name, line in pins("requirements/runtime.txt").items():
        assert importlib.metadata.version(name) == line.split()[0].partition("==")[2]


def test_no_requirements_file_says_where_packages_come_from() -> None:
    for name in REQUIREMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*-(?!-hash)", text.replace("\\\n", " "), re.MULTILINE)


def test_no_file_names_a_registry_or_an_index_address() -> None:
    at_fault = []
    for path in repository_files():
        text = path.read_bytes()
        for word in PLACES_OF_PACKAGES:
            if word.encode() in text:
                at_fault.append(f"{path.relative_to(ROOT)}: {word}")
        if path.suffix in {".txt", ".toml", ".cfg", ".ini"}:
            at_fault += [f"{path.relative_to(ROOT)}: {o}" for o in INDEX_OPTIONS if o.encode() in text]
    assert at_fault == []


def test_no_file_holds_an_absolute_path_into_the_clone_or_a_home_directory() -> None:
    needles = [f"{ROOT}/".encode()] + [
        f"/{home}/".encode() for home in ("root" + "/.pyenv", "home" + "/user")
    ]
    at_fault = [
        str(path.relative_to(ROOT))
        for path in repository_files()
        if any(needle in path.read_bytes() for needle in needles)
    ]
    assert at_fault == []


def test_the_wire_takes_only_text_forms_of_addresses_from_socket() -> None:
    for path in (ROOT / "hawatch" / "wire").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "socket":
                assert {alias.name for alias in node.names} <= WIRE_SOCKET_NAMES, path
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "socket"
            ):
                assert node.attr in WIRE_SOCKET_NAMES, path


def test_the_nagios_plugin_needs_nothing_but_the_standard_library() -> None:
    plugins = [path for path in (ROOT / "nagios").glob("check_*") if path.is_file()]
    for plugin in plugins:
        assert imported_names(plugin) <= set(sys.stdlib_module_names), plugin


def test_no_python_file_of_the_package_is_too_long_to_read() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "hawatch").rglob("*.py")
    }
    assert lengths
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > 500} == {}


def test_shell_scripts_parse() -> None:
    scripts = [path for path in repository_files() if path.suffix == ".sh"] + [ROOT / ".ci" / "run"]
    for script in scripts:
        subprocess.run(["bash", "-n", script], check=True)


def test_setup_prints_the_environment_without_being_root() -> None:
    answer = subprocess.run(
        ["bash", ROOT / "deploy" / "setup.sh", "--env-path"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HAWATCH_ENV": "/somewhere/else"},
    )
    assert answer.stdout == "/somewhere/else/venv/bin/python\n"


def test_setup_refuses_an_argument_that_it_does_not_know() -> None:
    answer = subprocess.run(
        ["bash", ROOT / "deploy" / "setup.sh", "--frobnicate"], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--frobnicate" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = (
        "import sys, hawatch, hawatch.cli, hawatch.errors, hawatch.clock\n"
        "heavy = {'pyroute2', 'requests', 'prometheus_client', 'starlette', 'uvicorn', 'icmplib', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
