"""The shipped files for Icinga 2: icinga2 itself accepts them, and they say what the plugin and the docs say."""

from __future__ import annotations

import ast
import getpass
import grp
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "nagios" / "icinga2"
PLUGIN = ROOT / "nagios" / "check_hawatch"
DOCS = ROOT / "docs" / "icinga2.md"
VARIANTS = ("hawatch-pages.conf", "icinga-pages.conf")
COMMON = ("hawatch-command.conf", "hawatch-templates.conf", "passive.conf")
HANG = 60.0

ICINGA2 = shutil.which("icinga2") or shutil.which("icinga2", path="/usr/sbin:/usr/lib/icinga2/sbin")
SAMPLES = Path("/etc/icinga2/conf.d")
needs_icinga2 = pytest.mark.skipif(
    (ICINGA2 is None or not os.access(SAMPLES, os.R_OK)) and os.environ.get("HAWATCH_TEST_ALL") != "1",
    reason="no icinga2 here (deploy/setup.sh --tests installs it), or its own conf.d is not for this user to read",
)

SITE = f"""
const PluginDir = "{PLUGIN.parent}"
const NodeName = "monitor"
const ZoneName = NodeName
const HawatchApiPassword = "of-the-test"
const HawatchAckPassword = "of-the-test"
include <itl>
include "{SAMPLES}/commands.conf"
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object Endpoint NodeName {{ }}
"""
HOSTS = """
object Host "web" {
  check_command = "dummy"
  vars.hawatch_agents = [ "lb01", "lb02:10112" ]
  vars.hawatch_details = { peers = { hawatch_warning = 5 }, services = { }, agent = { }, oncall = { } }
  vars.hawatch_instances = [ "VI_1", "VI_2" ]
}
object Host "pushed" {
  check_command = "dummy"
  vars.hawatch_agents = [ "lb01", "lb02" ]
  vars.hawatch_passive = true
}
object Host "far" {
  check_command = "dummy"
  vars.hawatch_passive = true
  vars.hawatch_freshness = 5m
}
object Host "lb01" {
  check_command = "dummy"
  zone = ZoneName
  vars.hawatch_socket = "/run/hawatch/hawatch.sock"
  vars.hawatch_endpoint = NodeName
  vars.hawatch_interval = 10s
}
object Host "another" { check_command = "dummy" }
"""
OF_WEB = (
    "web!hawatch web!hawatch-agent web!hawatch-instance-VI_1 web!hawatch-instance-VI_2"
    " web!hawatch-oncall web!hawatch-peers web!hawatch-services"
)


# --- what icinga2 makes of them ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validated:
    """What `icinga2 daemon -C` said, and the objects that it made, by type and name."""

    code: int
    said: str
    objects: dict[tuple[str, str], dict[str, Any]]

    def named(self, kind: str) -> list[str]:
        """The names of all objects of a type."""
        return sorted(name for each, name in self.objects if each == kind)

    def properties(self, kind: str, name: str) -> dict[str, Any]:
        """The attributes of one object."""
        return self.objects[kind, name]


def validated(tmp_path: Path, *names: str, objects: str = HOSTS) -> Validated:
    """Icinga's verdict over the shipped files of these names, as they are, with a site's objects."""
    includes = "".join(f'include "{SHIPPED / name}"\n' for name in names)
    (tmp_path / "icinga2.conf").write_text(f"{SITE}\n{includes}\n{objects}")
    return judged(tmp_path)


def judged(tmp_path: Path, *more: str) -> Validated:
    """Its verdict over the icinga2.conf in a directory; `more` are further options."""
    assert ICINGA2 is not None, "icinga2 is not installed"
    # As whoever runs the tests: nobody else may enter their directory.
    defines = [f"-DRunAsUser={getpass.getuser()}", f"-DRunAsGroup={grp.getgrgid(os.getgid()).gr_name}"]
    for place in ("Data", "Log", "Cache", "Spool", "InitRun"):
        (tmp_path / place).mkdir(exist_ok=True)
        defines.append(f"-D{place}Dir={tmp_path / place}")
    ended = subprocess.run(
        [ICINGA2, "daemon", "-C", "-c", str(tmp_path / "icinga2.conf"), *defines, *more],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    dump = tmp_path / "Cache" / "icinga2.debug"
    made = {(each["type"], each["properties"]["__name"]): each["properties"] for each in netstrings(dump)}
    return Validated(ended.returncode, ended.stdout + ended.stderr, made)


def netstrings(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file of `length:text,`; none if it is missing."""
    rest = path.read_bytes() if path.exists() else b""
    while rest:
        length, _, rest = rest.partition(b":")
        yield json.loads(rest[: int(length)])
        rest = rest[int(length) + 1 :]


@needs_icinga2
@pytest.mark.parametrize("variant", VARIANTS)
def test_icinga_accepts_every_file_as_shipped_and_warns_of_nothing(tmp_path: Path, variant: str) -> None:
    others = {path.name for path in SHIPPED.glob("*.conf")} - {*COMMON, *VARIANTS}
    seen = validated(tmp_path, *COMMON, *sorted(others), variant)
    assert seen.code == 0, seen.said
    assert not re.search("warning|critical|error", seen.said), seen.said


@needs_icinga2
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_site_without_passive_results_needs_neither_their_file_nor_a_password(
    tmp_path: Path, variant: str
) -> None:
    polled = HOSTS.split('object Host "pushed"', maxsplit=1)[0]
    seen = validated(tmp_path, "hawatch-command.conf", "hawatch-templates.conf", variant, objects=polled)
    assert seen.code == 0, seen.said


@needs_icinga2
def test_a_pair_is_one_service_and_a_host_without_agents_none(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "hawatch-pages.conf")
    assert seen.named("Service") == sorted([*OF_WEB.split(), "pushed!hawatch", "far!hawatch", "lb01!hawatch"])
    assert seen.properties("Service", "web!hawatch")["max_check_attempts"] == 1
    assert seen.properties("Service", "lb01!hawatch")["check_interval"] == 10
    assert seen.properties("Service", "lb01!hawatch")["command_endpoint"] == "monitor"


@needs_icinga2
def test_every_part_of_the_picture_waits_for_the_service_of_the_pair(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "icinga-pages.conf")
    details = [name for name in OF_WEB.split() if name != "web!hawatch"]
    assert seen.named("Dependency") == [f"{name}!hawatch-told" for name in details]
    for name in details:
        service = seen.properties("Service", name)
        assert service["max_check_attempts"] > 1
        told = seen.properties("Dependency", f"{name}!hawatch-told")
        assert told["parent_service_name"] == "hawatch"
        assert told["disable_notifications"]


@needs_icinga2
def test_a_part_of_the_picture_has_thresholds_that_the_service_of_the_pair_has_not(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "icinga-pages.conf")
    assert seen.properties("Service", "web!hawatch-peers")["vars"]["hawatch_warning"] == 5
    assert "hawatch_warning" not in seen.properties("Service", "web!hawatch")["vars"]
    assert seen.properties("Service", "web!hawatch-agent")["vars"]["hawatch_check"] == "agent"


@needs_icinga2
def test_where_hawatch_pages_icinga_notifies_nobody_whatever_rules_the_site_has(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "hawatch-pages.conf")
    assert seen.named("Notification") == []
    services = [seen.properties("Service", name) for name in seen.named("Service")]
    assert [service["enable_notifications"] for service in services] == [False] * 10


@needs_icinga2
def test_where_icinga_pages_a_critical_goes_out_at_once_and_a_warning_when_it_lasts(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "icinga-pages.conf")
    services = seen.named("Service")
    assert seen.named("Notification") == sorted(
        f"{service}!hawatch-{kind}" for service in services for kind in ("critical", "warning")
    )
    critical = seen.properties("Notification", "web!hawatch!hawatch-critical")
    warning = seen.properties("Notification", "web!hawatch!hawatch-warning")
    assert (critical["states"], critical["times"]) == (["OK", "Critical"], None)
    assert (warning["states"], warning["times"]) == (["OK", "Warning", "Unknown"], {"begin": 300.0})
    assert critical["user_groups"] == warning["user_groups"] == ["hawatch-oncall"]


@needs_icinga2
def test_icinga_refuses_both_variants_at_once(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, *VARIANTS)
    assert seen.code == 1
    assert "'web!hawatch' already exists" in seen.said


@needs_icinga2
def test_a_pair_that_sends_its_results_is_asked_only_when_they_cease(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "icinga-pages.conf")
    pushed, far = (seen.properties("Service", f"{host}!hawatch") for host in ("pushed", "far"))
    assert (pushed["check_command"], pushed["check_interval"]) == ("hawatch", 180)
    assert (far["check_command"], far["check_interval"]) == ("passive", 300)
    assert pushed["enable_active_checks"]
    assert pushed["enable_passive_checks"]


@needs_icinga2
def test_the_sender_of_results_may_do_nothing_else(tmp_path: Path) -> None:
    seen = validated(tmp_path, *COMMON, "icinga-pages.conf")
    user = seen.properties("ApiUser", "hawatch")
    assert [each["permission"] for each in user["permissions"]] == ["actions/process-check-result"]
    assert "filter" in user["permissions"][0]


def test_no_shipped_file_holds_a_password() -> None:
    words = [line for path in SHIPPED.iterdir() for line in path.read_text().splitlines()]
    given = [line.strip() for line in words if re.match(r"\s*password\b", line)]
    assert "password = HawatchApiPassword" in given
    assert all(re.fullmatch(r"password = Hawatch\w+Password", line) for line in given)


# --- against the plugin -----------------------------------------------------------------------------


def plugin_table(name: str) -> Any:
    """One of the plugin's own tables of options, read without running it."""
    for node in ast.parse(PLUGIN.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"the plugin has no table {name}")


def command_arguments() -> dict[str, str]:
    """The options that the CheckCommand gives, and the custom variable of each."""
    text = (SHIPPED / "hawatch-command.conf").read_text()
    found = re.findall(r'^    "(--?[\w-]+)" = \{\n      value = .*\$(hawatch_\w+)\$', text, re.MULTILINE)
    return dict(found)


def test_the_command_passes_every_option_of_the_plugin_and_no_other() -> None:
    short = {f"-{letter}": name for letter, name in (plugin_table("SHORT") | plugin_table("FLAGS")).items()}
    names = {short.get(option, option.removeprefix("--")) for option in command_arguments()}
    assert names == {*plugin_table("LONG"), *plugin_table("FLAGS").values()} - {"help", "version"}


def test_each_custom_variable_is_called_as_the_option_is() -> None:
    short = plugin_table("SHORT") | plugin_table("FLAGS")
    for option, variable in command_arguments().items():
        name = short.get(option.lstrip("-"), option.lstrip("-"))
        wanted = "agents" if name == "host" else name.replace("-", "_")
        assert variable == f"hawatch_{wanted}"


# --- against the docs -------------------------------------------------------------------------------


def documented() -> dict[str, str]:
    """The variables of the tables in docs/icinga2.md, with their defaults."""
    rows = re.findall(r"^\| `(hawatch_\w+)` \|([^|]*)\|", DOCS.read_text(), re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return {name: default.strip().strip("`") for name, default in rows}


def in_files() -> set[str]:
    """The variables that a site may set, by what the files read."""
    text = "".join(path.read_text() for path in SHIPPED.glob("*.conf"))
    return set(re.findall(r"\$(hawatch_\w+)\$|", text)) - {""} | set(
        re.findall(r"host\.vars\.(hawatch_\w+)", text)
    )


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    assert documented().keys() == in_files()


def test_the_defaults_in_the_docs_are_those_of_the_files() -> None:
    text = "".join(path.read_text() for path in SHIPPED.glob("*.conf"))
    defaults = dict(re.findall(r'host\.vars\.(hawatch_\w+) \|\| "?([\w-]+)"?$', text, re.MULTILINE))
    defaults["hawatch_verbose"] = re.findall(r"vars\.hawatch_verbose = (\d)", text)[0]
    defaults["hawatch_interval"] = re.findall(r"^  check_interval = (\w+)$", text, re.MULTILINE)[0]
    assert {name: documented()[name] for name in defaults} == defaults
    assert len(defaults) >= 6


def blocks(language: str) -> list[str]:
    """The examples in the docs that are written in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)


@needs_icinga2
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_examples_in_the_docs_work_in_the_configuration_that_debian_installs(
    tmp_path: Path, variant: str
) -> None:
    shutil.copytree(SAMPLES.parent, tmp_path, dirs_exist_ok=True)
    place = tmp_path / "conf.d" / "hawatch"
    place.mkdir()
    for name in (*COMMON, variant):
        shutil.copy(SHIPPED / name, place)
    with (tmp_path / "constants.conf").open("a") as constants:
        constants.write('const HawatchApiPassword = "of-the-test"\n')
    examples = "".join(each for each in blocks("icinga2") if "User" not in each or variant == VARIANTS[1])
    node = 'object Endpoint "lb01" { }\nobject Zone "lb01" { endpoints = [ "lb01" ], parent = ZoneName }\n'
    (place / "web.conf").write_text(examples + node)
    seen = judged(tmp_path, f"-DConfigDir={tmp_path}")
    assert seen.code == 0, seen.said
    services = [name for name in seen.named("Service") if name.endswith("!hawatch")]
    assert services == ["db!hawatch", "far!hawatch", "lb01!hawatch", "web!hawatch"]


def test_the_files_that_the_docs_name_are_there() -> None:
    named = set(re.findall(r"[\w-]+\.conf\b", DOCS.read_text()))
    theirs = {"icinga2.conf", "constants.conf", "commands.conf", "keepalived.conf", "web.conf"}
    assert {*COMMON, *VARIANTS} <= named
    assert named - theirs <= {path.name for path in SHIPPED.glob("*.conf")}
