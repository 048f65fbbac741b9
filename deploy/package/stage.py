"""Lays a whole installation out below a directory; what makes a package of it comes after."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.package.environment import make_environment
from deploy.package.layout import CLONE, Layout

EXAMPLES = (
    "nagios",
    "grafana/dashboards",
    "grafana/provisioning",
    "deploy/examples/nginx-pair",
    *(
        f"deploy/{name}"
        for name in ("actions", "alertmanager", "gammu", "keepalived", "prometheus", "providers", "smstools")
    ),
)
"""Directories of the clone that users take files from; they are /usr/share/hawatch/NAME, without `deploy`."""
UNITS = ("hawatch.service", "hawatch-helper.service", "hawatch-helper.socket", "hawatch-witness.service")
COMPLETIONS = {
    r"(.+)\.bash": "/usr/share/bash-completion/completions/{0}",
    r"(_.+)": "/usr/share/zsh/vendor-completions/{0}",
    r"(.+)\.fish": "/usr/share/fish/vendor_completions.d/{0}.fish",
}
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.py", "tests")


def stage(layout: Layout, version: str, moment: int) -> None:
    """Everything but what one packaging system needs for itself; all times are `moment`, in epoch seconds."""
    make_environment(layout, version)
    stage_plugin(layout)
    stage_units(layout)
    stage_examples(layout)
    stage_documents(layout)
    stage_manual(layout)
    stage_completions(layout)
    put(Path(__file__).with_name("hawatch.toml"), layout.at(f"{layout.configuration}/hawatch.toml"))
    settle(layout.root, moment)


def put(source: Path, target: Path, mode: int = 0o644) -> None:
    """Copy a file, and make the directories on the way to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def put_packed(source: Path, target: Path) -> None:
    """The same, packed, without a name and a time in the file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(source.read_bytes(), 9, mtime=0))
    target.chmod(0o644)


PLUGIN_STARTER = """\
#!{python} -IS
\"\"\"check_hawatch as a package installs it: the plugin is a module, and its byte code lies beside it.\"\"\"

import sys

sys.path.insert(0, "{modules}")

try:
    from check_hawatch import main
except Exception as error:
    print(f"HAWATCH UNKNOWN - check_hawatch cannot be loaded: {{error}}")
    sys.exit(3)

sys.exit(main(sys.argv[1:]))
"""
"""Python compiles a program anew at each start, which costs the plugin as much as all the rest of it."""


def stage_plugin(layout: Layout) -> None:
    """The plugin needs the standard library alone, and so the distribution's own interpreter."""
    module, starter = plugin_in_two(python=layout.python, modules=layout.packages)
    for text, place, mode in (
        (module, f"{layout.packages}/check_hawatch.py", 0o644),
        (starter, f"{layout.plugins}/check_hawatch", 0o755),
    ):
        path = layout.at(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)


def plugin_in_two(*, python: str, modules: str) -> tuple[str, str]:
    """The plugin as a module that lies in the directory `modules`, and the program that starts it there."""
    _, _, module = (CLONE / "nagios/check_hawatch").read_text(encoding="utf-8").partition("\n")
    return module, PLUGIN_STARTER.format(python=python, modules=modules)


def stage_units(layout: Layout) -> None:
    """Units, the user, the directory of the sockets; drop-ins are examples."""
    systemd = CLONE / "deploy/systemd"
    for name in UNITS:
        put(systemd / name, layout.at(f"{layout.units}/{name}"))
    put(systemd / "hawatch.sysusers", layout.at("/usr/lib/sysusers.d/hawatch.conf"))
    put(systemd / "hawatch.tmpfiles", layout.at("/usr/lib/tmpfiles.d/hawatch.conf"))
    for drop_in in (systemd / "drop-ins").glob("*.conf"):
        put(drop_in, layout.at(f"{layout.share}/systemd/{drop_in.name}"))


def stage_examples(layout: Layout) -> None:
    """What users copy, link or include, as it is in the clone."""
    for name in EXAMPLES:
        source, target = CLONE / name, layout.at(f"{layout.share}/{name.removeprefix('deploy/')}")
        shutil.copytree(source, target, ignore=NOT_SHIPPED)
        for path in target.rglob("*"):
            if path.is_file():
                starts_a_program = path.read_bytes()[:2] == b"#!"
                path.chmod(0o755 if starts_a_program else 0o644)
    layout.at(f"{layout.share}/nagios/check_hawatch").unlink()


def stage_documents(layout: Layout) -> None:
    """README, documents and the list of changes."""
    documents = layout.at(layout.documents)
    for page in CLONE.glob("README*.md"):
        put(page, documents / page.name)
    for page in (CLONE / "docs").rglob("*"):
        if page.is_file() and page.suffix in {".md", ".png", ".svg"}:
            put(page, documents / page.relative_to(CLONE))
    put_packed(CLONE / "CHANGELOG.md", documents / "changelog.gz")


def stage_manual(layout: Layout) -> None:
    """The man pages, each in its section."""
    for page in (CLONE / "deploy/man").rglob("*"):
        if page.is_file() and re.fullmatch(r".+\.[1-8]", page.name):
            put_packed(page, layout.at(f"{layout.manual}/man{page.suffix[1:]}/{page.name}.gz"))


def stage_completions(layout: Layout) -> None:
    """What the shells complete."""
    for source in sorted((CLONE / "deploy/completions").glob("*")):
        for form, target in COMPLETIONS.items():
            found = re.fullmatch(form, source.name)
            if found is not None:
                put(source, layout.at(target.format(found[1])))
                break


def settle(root: Path, moment: int) -> None:
    """Modes that no umask has touched, and one time for everything: the same clone gives the same package."""
    for path in every_path(root):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def every_path(root: Path) -> Iterator[Path]:
    """The root and all below it, what is deepest first."""
    for directory, directories, files in os.walk(root, topdown=False):
        for name in (*files, *directories):
            yield Path(directory) / name
    yield root
