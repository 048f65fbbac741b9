"""The Containerfile: read by a linter, and its steps done in layers over this Debian, as far as no engine is needed.

apt-get is left out, since this host has the packages; everything else is done as it stands there, in its order.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from deploy.package.layout import CLONE
from hawatch import __version__
from tests.packaging.layered_root import LayeredRoot, layered_root

FILE = CLONE / "deploy/container/Containerfile"
needs = [tool for tool in ("setcap", "setpriv", "unshare") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.packaging,
    pytest.mark.lab,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(needs), reason=f"needs {', '.join(needs)}"),
]
HANG_GUARD = 60.0
NET_RAW = 1 << 13
"""CAP_NET_RAW in a mask of capabilities."""


@dataclass(frozen=True)
class Step:
    """One instruction."""

    word: str
    rest: str


@dataclass
class Image:
    """What the instructions of a stage make: a root, and how something is run in it."""

    root: LayeredRoot
    where: str = "/"
    path: str = "/usr/sbin:/usr/bin:/sbin:/bin"
    said: dict[str, str] = field(default_factory=dict)


def steps() -> list[Step]:
    """The instructions, continuation lines joined, comments left out."""
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [Step(*line.split(" ", 1)) for line in joined]


def stages() -> Iterator[list[Step]]:
    """The instructions between one FROM and the next."""
    found = steps()
    starts = [number for number, step in enumerate(found) if step.word == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
        yield found[start:end]


def do(image: Image, step: Step, stages: dict[str, Image]) -> None:
    """Carry out one instruction."""
    match step.word:
        case "RUN":
            command = " && ".join([f"cd {image.where}", *without_apt(step.rest)])
            image.root.online("bash", "-o", "pipefail", "-c", command)
        case "WORKDIR":
            image.where = step.rest
            image.root.run("mkdir", "-p", step.rest)
        case "COPY":
            copy(image, shlex.split(step.rest), stages)
        case "ENV":
            image.path = dict(part.split("=", 1) for part in shlex.split(step.rest))["PATH"]
        case _:
            image.said[step.word] = step.rest


def without_apt(command: str) -> list[str]:
    """The commands of a RUN, without what this host has already."""
    parts = [part.strip() for part in command.split("&&")]
    return [part for part in parts if not part.startswith(("apt-get ", "rm -rf /var/lib/apt"))]


def copy(image: Image, words: list[str], stages: dict[str, Image]) -> None:
    """COPY, from the clone or from another stage."""
    at = image.root.at
    if words[0].startswith("--from="):
        other = stages[words[0].removeprefix("--from=")].root
        shutil.copytree(other.at(words[1]), at(words[2]), symlinks=True)
        return
    *sources, target = words
    goal = at(f"{image.where}/{target}")
    for name in sources:
        source = CLONE / name
        assert source.exists(), f"{name} is not in the clone"
        if source.is_dir():
            shutil.copytree(source, goal, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place = goal / source.name if target.endswith("/") else goal
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    first, last = stages()
    with layered_root() as one, layered_root() as two:
        built = Image(one)
        for step in first:
            do(built, step, {})
        final = Image(two)
        for step in last:
            do(final, step, {"build": built})
        yield final


def as_engine(image: Image, *argv: str, bounding: str = ",+net_raw") -> list[str]:
    """What an engine does before it starts a user's program: its user, and of capabilities the bounding set alone."""
    user, group = image.said["USER"].split(":")
    return [
        *("env", f"PATH={image.path}", "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
        *(f"--bounding-set=-all{bounding}", "--inh-caps=-all", "--ambient-caps=-all", *argv),
    ]


def test_a_linter_finds_nothing(tmp_path: Path) -> None:
    pip = [*("-m", "pip", "install", "--quiet", "--no-cache-dir", "--require-hashes")]
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(tmp_path)], check=True)
    wanted = ["-r", str(CLONE / "requirements/container.txt")]
    subprocess.run([str(tmp_path / "bin/python"), *pip, *wanted], check=True, capture_output=True)
    linted = subprocess.run(
        [str(tmp_path / "bin/hadolint"), str(FILE)], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_it_names_no_registry_and_runs_as_nobody_special() -> None:
    bases = [step.rest for step in steps() if step.word == "FROM"]
    assert bases == ["debian:12-slim AS build", "debian:12-slim"]
    assert [step.rest for step in steps() if step.word == "USER"] == ["990:990"]


def test_the_image_runs_hawatch_as_its_user_and_has_no_pip_in_it(image: Image) -> None:
    told = image.root.run(*as_engine(image, *json.loads(image.said["ENTRYPOINT"]), "--version"))
    assert told.stdout == f"hawatch {__version__}\n"
    assert not image.root.at("/opt/hawatch/lib/python3.11/site-packages/pip").exists()
    assert image.root.stat("/var/lib/hawatch") == "750 hawatch:hawatch"
    assert image.root.stat("/run/hawatch") == "1775 root:hawatch"


def test_its_interpreter_has_packet_sockets_where_the_engine_grants_them_and_no_other_power(
    image: Image,
) -> None:
    effective = "print(open('/proc/self/status').read().split('CapEff:')[1].split()[0])"
    told = image.root.run(*as_engine(image, "/opt/hawatch/bin/python3", "-c", effective))
    assert int(told.stdout, 16) == NET_RAW
    denied = image.root.run(*as_engine(image, "hawatch", "--version", bounding=""), check=False)
    assert denied.returncode != 0  # docs/install-elsewhere.md: without --cap-add NET_RAW nothing starts
    assert (
        image.root.run("stat", "--format=%a %U:%G", "/opt/hawatch/bin/python3").stdout == "750 root:hawatch\n"
    )


def test_it_is_healthy_while_the_agent_serves_and_not_before(image: Image) -> None:
    image.root.run("ip", "link", "set", "lo", "up")
    question = json.loads(re.split(r"\bCMD ", image.said["HEALTHCHECK"])[1])

    def health() -> int:
        return image.root.run(*as_engine(image, *question), check=False).returncode

    assert health() == 1
    program = [*json.loads(image.said["ENTRYPOINT"]), *json.loads(image.said["CMD"])]
    with image.root.start(*as_engine(image, *program)):
        try:
            wait_until(lambda: health() == 0 or None, what="a healthy container", timeout=HANG_GUARD)
        finally:
            # In the PID namespace of the root; what leads into it ends with it.
            image.root.run("pkill", "-TERM", "-u", image.said["USER"].partition(":")[0])
    assert health() == 1
