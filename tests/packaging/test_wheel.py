"""The wheel: what is in it, what is not, that a source distribution gives the same, and that it needs no network."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata

from deploy.package.layout import CLONE
from hawatch import __version__
from hawatch.wire.capture import PcapWriter
from tests import keepalived_frames as real

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(600)]

PYTHON = "/usr/bin/python3"
NAME = f"hawatch-{__version__}-py3-none-any.whl"


def run(*argv: str | Path) -> str:
    ended = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=False, cwd="/")
    assert ended.returncode == 0, f"{argv}: {ended.stdout}{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with hawatch's wheel and those of all that it stands on."""
    directory = tmp_path_factory.mktemp("wheels")
    run("bash", CLONE / "deploy/single-file/wheelhouse", directory)
    return directory


@pytest.fixture(scope="module")
def files(wheels: Path) -> dict[str, bytes]:
    """The wheel's files, by name."""
    with zipfile.ZipFile(wheels / NAME) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment into which it was installed with the network cut off."""
    venv = tmp_path_factory.mktemp("venv")
    run(PYTHON, "-m", "venv", venv)
    pip = venv / "bin/pip"
    cut_off = ("unshare", "--net", "--map-root-user")
    run(*cut_off, pip, "--isolated", "install", "--no-index", "--find-links", wheels, "hawatch")
    return venv / "bin"


def test_it_holds_every_file_of_the_package_and_nothing_else_of_the_clone(files: dict[str, bytes]) -> None:
    ours = {
        path for path in (CLONE / "hawatch").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in files if not name.startswith(f"hawatch-{__version__}.dist-info/")}
    assert inside == {str(path.relative_to(CLONE)) for path in ours}
    data = {Path(name).suffix for name in inside}
    assert data >= {".py", ".toml", ".css", ".js", ".html", ".typed"}


def test_its_metadata_is_valid_and_says_what_the_project_says(files: dict[str, bytes]) -> None:
    about = Metadata.from_email(files[f"hawatch-{__version__}.dist-info/METADATA"], validate=True)
    project = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]
    assert (about.name, str(about.version), about.summary) == ("hawatch", __version__, project["description"])
    assert str(about.requires_python) == project["requires-python"]
    assert about.description_content_type == "text/markdown"
    assert about.license_files == ["LICENSE"]
    asked = {str(requirement.name) for requirement in about.requires_dist or () if requirement.marker is None}
    assert len(asked) == len(project["dependencies"])
    programs = files[f"hawatch-{__version__}.dist-info/entry_points.txt"].decode()
    assert "hawatch = hawatch.cli:main" in programs
    assert "hawatch-helper = hawatch.helper.__main__:main" in programs


def test_a_source_distribution_gives_the_same_wheel(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    work = tmp_path_factory.mktemp("sdist")
    run(PYTHON, "-m", "venv", work / "venv")
    python = work / "venv/bin/python"
    run(python, "-m", "pip", "install", "--require-hashes", "-r", CLONE / "requirements/build.txt")
    build = f"import os; os.chdir({str(CLONE)!r}); import hatchling.build; hatchling.build.build_sdist({str(work)!r})"
    run(python, "-c", build)
    sdist = work / f"hawatch-{__version__}.tar.gz"
    with tarfile.open(sdist) as archive:
        names = {Path(*Path(name).parts[1:]).parts[:1] for name in archive.getnames()}
    assert names >= {("hawatch",), ("LICENSE",), ("README.md",), ("pyproject.toml",)}
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    run(python, "-m", "pip", "wheel", *offline, "--wheel-dir", work / "again", sdist)
    with zipfile.ZipFile(work / "again" / NAME) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_without_a_network_it_installs_and_runs(installed: Path, tmp_path: Path) -> None:
    capture = tmp_path / "vrrp.pcap"
    with capture.open("wb") as stream:
        PcapWriter(stream, 1).write(1_700_000_000_000_000_000, real.V3)
    assert run(installed / "hawatch", "--version") == f"hawatch {__version__}\n"
    assert json.loads(run(installed / "hawatch", "decode", "--json", capture))["version"] == 3
    assert "usage: hawatch-helper" in run(installed / "python", "-m", "hawatch.helper", "--help")
    assert run(installed / "hawatch-helper", "--version") == f"hawatch-helper {__version__}\n"
    assert "No broken requirements" in run(installed / "pip", "check")


def test_its_page_and_its_languages_come_with_it(installed: Path) -> None:
    program = (
        "from importlib.resources import files;"
        "page = files('hawatch.exporter.page') / 'page.html';"
        "words = files('hawatch.notification.languages') / 'zh.toml';"
        "print(page.is_file() and words.is_file())"
    )
    assert run(installed / "python", "-I", "-c", program) == "True\n"
