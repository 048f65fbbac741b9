"""Build hawatch-VERSION-1.el9.noarch.rpm: `python -m deploy.rpm.build [--output DIR] [--version VERSION]`.

Needs rpmbuild, /usr/bin/python3.11 and the environment of deploy/setup.sh. The same commit gives the same bytes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import Parser
from pathlib import Path

from deploy.debian.build import commit_time
from deploy.package.layout import CLONE, Layout
from deploy.package.licences import copyright_text
from deploy.package.stage import put, settle, stage
from hawatch import __version__

HERE = Path(__file__).parent
PYTHON = "/usr/bin/python3.11"
"""Of the package python3.11 of RHEL 9; its python3 is 3.9."""
PLUGINS = "/usr/lib64/nagios/plugins"
"""Every EL9 is of 64 bits, and has its plugins in lib64, whatever the package."""
PACKAGER = "hawatch packagers <hawatch@localhost.localdomain>"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.rpm.build", description=__doc__)
    parser.add_argument("--output", type=Path, default=CLONE / "dist", help="where the package goes")
    parser.add_argument("--version", default=__version__, help="another number, to try an upgrade")
    arguments = parser.parse_args()
    print(build(arguments.output, arguments.version))


def build(output: Path, version: str = __version__) -> Path:
    """The package's path."""
    output.mkdir(parents=True, exist_ok=True)
    moment = commit_time()
    with tempfile.TemporaryDirectory() as work:
        layout = Layout(root=Path(work) / "staged", python=PYTHON, plugins=PLUGINS)
        stage(layout, version, moment)
        fit_to_red_hat(layout)
        settle(layout.root, moment)
        compile_modules(layout)
        settle(layout.root, moment)
        built = run_rpmbuild(Path(work), layout, version, moment)
        return Path(shutil.move(built, output / built.name))


def fit_to_red_hat(layout: Layout) -> None:
    """What has another place there than on Debian."""
    site = layout.at("/usr/share/zsh/vendor-completions")
    if site.is_dir():
        site.rename(layout.at("/usr/share/zsh/site-functions"))
    shutil.rmtree(layout.at("/usr/share/fish"), ignore_errors=True)
    for other in layout.at(f"{layout.library}/lib").iterdir():
        if other.is_symlink():  # for the other versions of Python that one Debian package serves
            other.unlink()
    commands = layout.at(f"{layout.share}/nagios/nrpe/hawatch.cfg")
    commands.write_text(commands.read_text().replace(Layout(root=layout.root).plugins, PLUGINS))
    licences = layout.at("/usr/share/licenses/hawatch")
    put(CLONE / "LICENSE", licences / "LICENSE")
    (licences / "LICENSE.bundled").write_text(licence_texts(layout))
    for path in (CLONE / "deploy/selinux").glob("hawatch.*"):
        put(path, layout.at(f"{layout.share}/selinux/{path.name}"))
    for place in ("/var/lib/hawatch", "/var/lib/hawatch-helper"):
        layout.at(place).mkdir(parents=True)


def licence_texts(layout: Layout) -> str:
    """The licences of what lies inside; texts that are long and common are named, not given."""
    return copyright_text(layout.at(layout.packages), layout.packages).replace(
        "/usr/share/common-licenses/", "the common text of "
    )


def compile_modules(layout: Layout) -> None:
    """Byte code beside each module, valid by the source's hash: neither times nor who unpacks it matter."""
    subprocess.run(
        [
            *(PYTHON, "-IS", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "checked-hash"),
            *("-s", str(layout.root), "-p", "/", str(layout.at(layout.packages))),
        ],
        check=True,
    )


def run_rpmbuild(work: Path, layout: Layout, version: str, moment: int) -> Path:
    """The built package, below `work`."""
    date = datetime.fromtimestamp(moment, UTC).strftime("%a %b %d %Y")
    told = {
        "bundled": "\n".join(bundled(layout)) + "\n",
        "changes": f"* {date} {PACKAGER} - {version}-1\n- Version {version}; CHANGELOG.md tells what is new.\n",
    }
    for name, text in told.items():
        (work / name).write_text(text)
    macros = {
        **{name: str(work / name) for name in told},
        "_topdir": f"{work}/rpmbuild",
        "_buildhost": "localhost",
        "packager": PACKAGER,
        "dist": ".el9",
        "version_": version,
        "staged": str(layout.root),
        "use_source_date_epoch_as_buildtime": "1",
        "clamp_mtime_to_source_date_epoch": "1",
        "_binary_payload": "w19.zstdio",
    }
    argv = ["rpmbuild", "-bb", "--quiet", "--target", "noarch"]
    for name, value in macros.items():
        argv += ["--define", f"{name} {value}"]
    ended = subprocess.run(
        [*argv, str(HERE / "hawatch.spec")],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(moment), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"rpmbuild: {ended.stderr.strip()[-2000:]}")
    return next((work / "rpmbuild/RPMS").rglob("*.rpm"))


def bundled(layout: Layout) -> Iterator[str]:
    """A line for each module inside, so that whoever looks for a vulnerable one finds it."""
    packages = layout.at(layout.packages)
    for told in sorted([*packages.glob("*.dist-info"), *packages.glob("*.egg-info")]):
        text = next(path for name in ("METADATA", "PKG-INFO") if (path := told / name).is_file())
        about = Parser().parsestr(text.read_text(encoding="utf-8"), headersonly=True)
        name = re.sub(r"[-_.]+", "-", about["Name"]).lower()
        if name != "hawatch":
            yield f"Provides: bundled(python3dist({name})) = {about['Version']}"


if __name__ == "__main__":
    main()
