"""A shelf of keepalived.conf files (tests/keepalived_conf), each read by us and by the real keepalived."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawatch.errors import ConfigError
from hawatch.keepalived.lint.judge import lint
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.reader import Source, read_source
from tests import real_keepalived
from tests.test_keepalived_parser import MAIN, MemoryFiles, _as_dumped, _as_modelled

SHELF = Path(__file__).with_name("keepalived_conf")
CONFIGURATIONS = sorted(path.stem for path in SHELF.glob("*.conf"))
INCLUDED = {
    f"/etc/keepalived/{path.relative_to(SHELF)}": path.read_text()
    for path in SHELF.glob("conf.d/**/*")
    if path.is_file()
}
# What it says of the host it runs on, and of what is not VRRP.
OF_THE_HOST = (
    "SECURITY VIOLATION",
    "Unable to set default user",
    "Rule has no preference",
    "cannot track route",
)
# What it does without a word.
SILENT_TOPICS = {"include_missing", "include_twice", "escaped_sign", "password_commented"}


def text_of(name: str) -> str:
    return (SHELF / f"{name}.conf").read_bytes().decode()


def source_of(name: str) -> Source:
    return read_source(
        MAIN,
        fingerprint=lambda password: password.rstrip(b"\0").decode(errors="replace"),
        host_name=real_keepalived.HOST_NAME,
        files=MemoryFiles({MAIN: text_of(name), **INCLUDED}),
    )


def read_or_refusal(name: str) -> KeepalivedConfig | ConfigError:
    try:
        source = source_of(name)
    except ConfigError as error:
        return error
    return source.config or source.refusal or ConfigError(name, "neither read nor refused")


def test_the_shelf_is_well_stocked() -> None:
    assert len(CONFIGURATIONS) >= 40


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_file_is_read_or_refused_with_its_line_and_linted(name: str) -> None:
    found = read_or_refusal(name)
    if isinstance(found, ConfigError):
        assert found.where.startswith(f"{MAIN}:")
        return
    for problem in lint([Written(name=MAIN, source=source_of(name))]):
        assert problem.file in {MAIN, *INCLUDED}
        assert problem.sentence
        assert problem.remedy


@pytest.mark.lab
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_keepalived_is_the_judge_of_every_file(name: str) -> None:
    found = read_or_refusal(name)
    files = {MAIN: text_of(name), **INCLUDED}
    if isinstance(found, ConfigError):
        assert real_keepalived.ask(files, "test").exit_code != 0, found
        return

    answer = real_keepalived.ask(files, "dump" if found.virtual_routers else "test")
    problems = lint([Written(name=MAIN, source=source_of(name))])
    if answer.dump:
        assert {each.instance: _compared(_as_modelled(each)) for each in found.virtual_routers} == {
            instance: _compared(_as_dumped(each))
            for instance, each in real_keepalived.instances(answer.dump).items()
        }
    elif found.virtual_routers:  # it does not run
        assert any(problem.severity is Severity.ERROR for problem in problems), answer.complaints

    complaints = [
        line for line in answer.complaints.splitlines() if not any(each in line for each in OF_THE_HOST)
    ]
    noted = [note for note in source_of(name).notes if note.topic not in SILENT_TOPICS]
    if complaints:
        assert any(each.severity is not Severity.INFO or each.rule == "deprecated" for each in problems), (
            complaints
        )
    else:
        assert not noted


def _compared(values: dict[str, object]) -> dict[str, object]:
    """Without the key of AH, which no dump shows."""
    match values["auth"]:
        case ("ah", _):
            return {**values, "auth": "ah"}
    return values
