"""Build hawatch_VERSION_all.deb: `python -m deploy.debian.build [--output DIR] [--version VERSION]`.

Needs dpkg-deb and the environment of deploy/setup.sh. The same commit gives the same bytes: times are that of the
commit, or SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from deploy.package.layout import CLONE, Layout
from deploy.package.licences import copyright_text
from deploy.package.stage import settle, stage
from hawatch import __version__

HERE = Path(__file__).parent
REVISION = "1"
MAINTAINER = " ".join(
    (
        os.environ.get("DEBFULLNAME", "hawatch packagers"),
        f"<{os.environ.get('DEBEMAIL', 'hawatch@localhost.localdomain')}>",
    )
)
SCRIPTS = ("postinst", "prerm", "postrm")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.debian.build", description=__doc__)
    parser.add_argument("--output", type=Path, default=CLONE / "dist", help="where the package goes")
    parser.add_argument("--version", default=__version__, help="another number, to try an upgrade")
    arguments = parser.parse_args()
    print(build(arguments.output, arguments.version))


def build(output: Path, version: str = __version__) -> Path:
    """The package's path."""
    output.mkdir(parents=True, exist_ok=True)
    package = output / f"hawatch_{version}-{REVISION}_all.deb"
    moment = commit_time()
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "root"
        layout = Layout(root=root)
        stage(layout, version, moment)
        write_documents(layout, version, moment)
        write_control(root, version)
        settle(root, moment)
        for name in SCRIPTS:
            (root / "DEBIAN" / name).chmod(0o755)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(package)],
            env={**os.environ, "SOURCE_DATE_EPOCH": str(moment)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return package


def commit_time() -> int:
    """SOURCE_DATE_EPOCH, or when the clone's last commit was made; without git, the time of the list of changes."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given:
        return int(given)
    told = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(CLONE), "log", "-1", "--format=%ct"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return int(told) if told else int((CLONE / "CHANGELOG.md").stat().st_mtime)


def write_documents(layout: Layout, version: str, moment: int) -> None:
    """What Debian's policy wants beside the documents, and why lintian is asked to overlook what it is."""
    documents = layout.at(layout.documents)
    (documents / "copyright").write_text(copyright_text(layout.at(layout.packages), layout.packages))
    date = format_datetime(datetime.fromtimestamp(moment, UTC))
    changes = (
        f"hawatch ({version}-{REVISION}) stable; urgency=medium\n\n"
        f"  * Version {version}; changelog.gz tells what is new.\n\n -- {MAINTAINER}  {date}\n"
    )
    (documents / "changelog.Debian.gz").write_bytes(gzip.compress(changes.encode(), 9, mtime=0))
    overrides = layout.at("/usr/share/lintian/overrides/hawatch")
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "lintian-overrides", overrides)


def write_control(root: Path, version: str) -> None:
    """The control directory."""
    control = root / "DEBIAN"
    control.mkdir()
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    files = [path for path in files if control not in path.parents]
    size = sum(-(-path.stat().st_size // 1024) for path in files)
    fields = (HERE / "control").read_text(encoding="utf-8")
    (control / "control").write_text(
        fields.format(version=f"{version}-{REVISION}", maintainer=MAINTAINER, size=size), encoding="utf-8"
    )
    names = [path.relative_to(root).as_posix() for path in files]
    sums = [hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() for path in files]
    (control / "md5sums").write_text(
        "".join(
            f"{told}  {name}\n" for told, name in zip(sums, names, strict=True) if not name.startswith("etc/")
        )
    )
    (control / "conffiles").write_text("".join(f"/{name}\n" for name in names if name.startswith("etc/")))
    for name in (*SCRIPTS, "triggers"):
        shutil.copyfile(HERE / name, control / name)


if __name__ == "__main__":
    main()
