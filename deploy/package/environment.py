"""The virtual environment inside a package: pure Python, for whichever interpreter the distribution has.

It is relocated by nothing: its path is fixed, its interpreter is a link to the distribution's, and no pip is in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.package.layout import CLONE, NEWEST, OLDEST, Layout

PIP = Path(sys.prefix).parent / "uv" / "bin" / "pip"
"""Of the environment that deploy/setup.sh has made."""
LEFT_OUT = (
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "phonenumbers/tzdata",
    "phonenumbers/geocoder.py",
)
"""20 MB of places and carriers that nobody asks for."""
PROGRAMS = {"hawatch": "hawatch.cli", "hawatch-helper": "hawatch.helper.__main__"}


def make_environment(layout: Layout, version: str) -> None:
    """Interpreter, dependencies by hash (requirements/runtime.txt), hawatch as `version`, and its programs."""
    library = layout.at(layout.library)
    (library / "bin").mkdir(parents=True)
    (library / "bin/python3").symlink_to(os.path.relpath(layout.python, f"{layout.library}/bin"))
    (library / "pyvenv.cfg").write_text(
        f"home = {Path(layout.python).parent}\ninclude-system-site-packages = false\n"
    )
    packages = layout.at(layout.packages)
    packages.mkdir(parents=True)
    for minor in range(OLDEST[1] + 1, NEWEST[1] + 1):
        (library / f"lib/python3.{minor}").symlink_to(f"python3.{OLDEST[1]}")
    install_dependencies(packages)
    install_hawatch(packages, version)
    for name, module in PROGRAMS.items():
        write_program(layout, name, module)


def install_dependencies(packages: Path) -> None:
    """What hawatch stands on, without what is compiled for one processor and without what nobody needs."""
    argv = [
        *(str(PIP), "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-input"),
        *("--require-hashes", "--no-deps", "--no-build-isolation", "--no-compile"),
        *("--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.11"),
        *("--target", str(packages), "--requirement", str(CLONE / "requirements/runtime.txt")),
    ]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"pip: {ended.stderr.strip()[-2000:]}")
    foreign = sorted(packages.rglob("*.so"))
    if foreign:
        raise SystemExit(f"{foreign[0]}: not pure Python, and so not for every processor")
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for name in LEFT_OUT:
        place = packages / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
    (packages / "recurring_ical_events/.gitignore").unlink(missing_ok=True)
    for module in packages.rglob("*.py"):
        text = module.read_bytes()
        if text.startswith(b"#!"):  # modules are no programs
            module.write_bytes(b"#" + text[text.index(b"\n") :])
        module.chmod(0o644)
    for tests in [each for each in packages.glob("*/**/tests") if each.is_dir()]:
        shutil.rmtree(tests)


def install_hawatch(packages: Path, version: str) -> None:
    """The clone's package, and what importlib.metadata tells of it."""
    shutil.copytree(CLONE / "hawatch", packages / "hawatch", ignore=shutil.ignore_patterns("__pycache__"))
    start = packages / "hawatch/__init__.py"
    lines = [
        f'__version__ = "{version}"' if line.startswith("__version__") else line
        for line in start.read_text(encoding="utf-8").splitlines()
    ]
    start.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = packages / f"hawatch-{version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: hawatch\nVersion: {version}\n")


def write_program(layout: Layout, name: str, module: str) -> None:
    """A program that sees the package's modules and the standard library, whatever the caller's environment says."""
    program = layout.at(f"{layout.programs}/{name}")
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f"#!{layout.library}/bin/python3 -I\nimport sys\n\nfrom {module} import main\n\nsys.exit(main())\n"
    )
    program.chmod(0o755)
