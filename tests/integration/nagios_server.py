"""A real nagios4 on the host monitor, on object files as they are shipped and the few that a site writes itself.

    nagios = Nagios(monitor(pair), site=HOST)
    nagios.start()
    nagios.await_state("web", "hawatch", "OK")
    nagios.command("PROCESS_SERVICE_CHECK_RESULT;web;hawatch;2;HAWATCH CRITICAL - …")

A minute of its configuration lasts one second here (`interval_length=1`).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.lab import LabError, Node
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD

SHIPPED = "/opt/hawatch/nagios/nagios4"
PLUGINS = "/opt/hawatch/nagios"
PLACE = "/tmp/nagios"
USER = "nagios"
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
HAWATCH_PAGES = ("commands.cfg", "templates.cfg", "hawatch-pages.cfg")
NAGIOS_PAGES = ("commands.cfg", "templates.cfg", "nagios-pages.cfg")

MAIN = f"""\
log_file={PLACE}/nagios.log
log_archive_path={PLACE}
object_cache_file={PLACE}/objects.cache
precached_object_file={PLACE}/objects.precache
resource_file={PLACE}/resource.cfg
status_file={PLACE}/status.dat
state_retention_file={PLACE}/retention.dat
retain_state_information=0
status_update_interval=1
temp_file={PLACE}/nagios.tmp
temp_path={PLACE}
check_result_path={PLACE}/results
check_result_reaper_frequency=1
command_file={PLACE}/rw/nagios.cmd
check_external_commands=1
query_socket={PLACE}/rw/nagios.qh
lock_file={PLACE}/nagios.pid
nagios_user={USER}
nagios_group={USER}
interval_length=1
service_inter_check_delay_method=n
host_inter_check_delay_method=n
check_service_freshness=1
service_freshness_check_interval=1
use_syslog=0
log_passive_checks=1
log_external_commands=1
check_for_updates=0
illegal_object_name_chars=`~!$%^&*|'"<>?,()=
illegal_macro_output_chars=`~$&|'"<>
"""


class Nagios:
    """One nagios4: `objects` are names below nagios/nagios4/, or paths on the node; `site` is what a user writes.

    `command_file`, `check_result_path` and `directory` are paths on its node; `directory` may be written to by it.
    """

    directory = PLACE
    command_file = f"{PLACE}/rw/nagios.cmd"
    check_result_path = f"{PLACE}/results"

    def __init__(
        self, node: Node, *, site: str, objects: Sequence[str] = HAWATCH_PAGES, plugins: str = PLUGINS
    ) -> None:
        self.node = node
        self._process: Process | None = None
        for directory in (PLACE, f"{PLACE}/rw", self.check_result_path):
            node.path(directory).mkdir(exist_ok=True)
            shutil.chown(node.path(directory), USER, USER)
        paths = [name if name.startswith("/") else f"{SHIPPED}/{name}" for name in objects]
        files = [*paths, f"{PLACE}/site.cfg"]
        node.write(f"{PLACE}/nagios.cfg", MAIN + "".join(f"cfg_file={path}\n" for path in files))
        node.write(f"{PLACE}/resource.cfg", f"$USER1$={plugins}\n")
        node.write(f"{PLACE}/site.cfg", site)

    # --- the daemon -------------------------------------------------------------------------------

    def verify(self) -> str:
        """What `nagios4 -v` says of its files, whether it likes them or not."""
        return self.node.run(["nagios4", "-v", f"{PLACE}/nagios.cfg"], check=False).stdout

    def start(self) -> None:
        """Start it, and wait until it takes commands."""
        self._process = process = self.node.popen(["nagios4", f"{PLACE}/nagios.cfg"], name="nagios4")

        def look() -> bool | None:
            assert process.running, process.output()
            there = self.node.path(self.command_file).is_fifo() and self._path("status.dat").exists()
            return True if there else None

        wait_until(look, what="nagios4 to take commands", timeout=HANG_GUARD)

    def stop(self) -> None:
        """SIGTERM, and wait for its end."""
        assert self._process is not None, "start it first"
        self._process.stop()

    # --- what it shows ----------------------------------------------------------------------------

    def service(self, host: str, service: str) -> dict[str, str]:
        """A service as status.dat has it, by Nagios's own names, and `state` as a word; empty before there is one."""
        for kind, values in self._status():
            if (kind, values.get("host_name"), values.get("service_description")) == (
                "servicestatus",
                host,
                service,
            ):
                state = (
                    STATES[int(values["current_state"])] if values["has_been_checked"] == "1" else "PENDING"
                )
                return {**values, "state": state}
        return {}

    def host(self, host: str) -> dict[str, str]:
        """A host as status.dat has it; empty before there is one."""
        found = (values for kind, values in self._status() if kind == "hoststatus")
        return next((values for values in found if values["host_name"] == host), {})

    def await_state(self, host: str, service: str, state: str) -> dict[str, str]:
        """Wait until status.dat says so (`OK`, `WARNING`, `CRITICAL`, `UNKNOWN`); the service then."""

        def look() -> dict[str, str] | None:
            seen = self.service(host, service)
            return seen if seen.get("state") == state else None

        try:
            return wait_until(look, what=f"{host};{service} {state}", timeout=HANG_GUARD)
        except LabError as error:
            last = "\n".join(self.log()[-20:])
            raise AssertionError(f"{error}; it is {self.service(host, service)}\n{last}") from None

    def problems(self) -> list[str]:
        """Every host and service in a hard state that is not well, as `host` or `host;service`."""
        found = []
        for kind, values in self._status():
            wrong = values.get("current_state", "0") != "0" and values.get("state_type") == "1"
            if kind == "hoststatus" and wrong:
                found.append(values["host_name"])
            elif kind == "servicestatus" and wrong:
                found.append(f"{values['host_name']};{values['service_description']}")
        return found

    def log(self) -> list[str]:
        """The lines of nagios.log, the epoch before each cut off."""
        path = self._path("nagios.log")
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return [line.partition("] ")[2] for line in lines]

    def notifications(self) -> list[str]:
        """What it logged of telling people: `contact;host;service;state;command;output`."""
        word = "SERVICE NOTIFICATION: "
        return [line.removeprefix(word) for line in self.log() if line.startswith(word)]

    def await_log(self, text: str) -> str:
        """Wait for a line of nagios.log that contains this; the line."""

        def look() -> str | None:
            return next((line for line in self.log() if text in line), None)

        return wait_until(look, what=f"{text!r} in nagios.log", timeout=HANG_GUARD)

    def command(self, text: str) -> None:
        """Give it an external command, such as `PROCESS_SERVICE_CHECK_RESULT;host;service;0;text`."""
        descriptor = os.open(self.node.path(self.command_file), os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(descriptor, f"[{int(time.time())}] {text}\n".encode())
        finally:
            os.close(descriptor)

    def _path(self, name: str) -> Path:
        return self.node.path(f"{PLACE}/{name}")

    def _status(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The blocks of status.dat; it is renamed into place, and so always whole."""
        path = self._path("status.dat")
        if not path.exists():
            return
        kind, values = "", dict[str, str]()
        for line in path.read_text(errors="replace").splitlines():
            text = line.strip()
            if text.endswith("{"):
                kind, values = text.removesuffix("{").strip(), {}
            elif text == "}":
                yield kind, values
            else:
                name, _, value = text.partition("=")
                values[name] = value
