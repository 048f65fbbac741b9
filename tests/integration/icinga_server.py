"""The real icinga2 on the monitor, with its API, and a file that its notifications are appended to.

    icinga = Icinga(monitor(pair), objects=f'{including("hawatch-command.conf")} object Host "web" {{ … }}')
    icinga.start()
    icinga.await_state("web", "hawatch", 2)

Everything it writes lies in a directory of its own, one for each port, so that two can run side by side.
"""

from __future__ import annotations

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.lab import LabError, Node
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from tests.integration.monitored import Answer, Server
from tests.lab.scene import HANG_GUARD

SHIPPED = "/opt/hawatch/nagios/icinga2"
PLUGINS = "/opt/hawatch/nagios"
USER, PASSWORD = "root", "of-the-test"
NAME = "monitor"
"""Its node's name, and so the one that its certificate is for."""
LOOKS_APART = 0.02
"""Seconds between two questions to the API, each of which is a TLS handshake and lines in the log."""

SITE = """\
const PluginDir = "{plugins}"
const NodeName = "{name}"
const ZoneName = NodeName
include <itl>
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object Endpoint NodeName {{ }}
object CheckerComponent "checker" {{ }}
object NotificationComponent "notification" {{ }}
object FileLogger "main-log" {{ severity = "information", path = LogDir + "/icinga2.log" }}
object ApiListener "api" {{ bind_host = "0.0.0.0", bind_port = {port} }}
object ApiUser "{user}" {{ password = "{password}", permissions = [ "*" ] }}
object NotificationCommand "append" {{
  command = [ "/bin/sh", "{home}/append.sh",
    "$notification.type$", "$host.name$", "$service.name$", "$service.state$", "$service.output$", "$user.name$" ]
}}
"""
# One line, and one write, for each: several may be told at once, and an output may have many lines.
APPEND = """\
line=$(printf '%s\\t' "$(date +%s.%N)" "$@" | tr '\\n' ' ')
printf '%s\\n' "$line" >>{home}/notifications
"""


def including(*names: str) -> str:
    """Icinga's words for taking in files as they are shipped."""
    return "".join(f'include "{SHIPPED}/{name}"\n' for name in names)


@dataclass(frozen=True, slots=True)
class Notified:
    """One notification as Icinga sent it; `kind` is PROBLEM, RECOVERY, …, `time` is in epoch seconds."""

    time: float
    kind: str
    host: str
    service: str
    state: str
    output: str
    user: str


class Icinga:
    """icinga2 on a node with the site's `objects`; its API is on `port`, for `user` and `password`."""

    def __init__(self, node: Node, *, objects: str, port: int = 5665) -> None:
        self.node = node
        self.port = port
        self.user, self.password = USER, PASSWORD
        self.home = f"/run/icinga2-{port}"
        self.ca_file = f"{self.home}/data/certs/ca.crt"
        self._make_directories()
        self._make_certificates()
        site = SITE.format(
            plugins=PLUGINS, name=NAME, port=port, user=USER, password=PASSWORD, home=self.home
        )
        node.write(f"{self.home}/icinga2.conf", f"{site}\n{objects}\n")
        node.write(f"{self.home}/append.sh", APPEND.format(home=self.home))
        node.run(["install", "-o", "nagios", "-m", "644", "/dev/null", f"{self.home}/notifications"])

    # --- starting -----------------------------------------------------------------------------------

    @property
    def places(self) -> tuple[str, ...]:
        """Options that keep every file of it in its own directory."""
        pairs = {"Config": "etc", "Data": "data", "Log": "log", "Cache": "cache", "Spool": "spool"}
        return (
            *(f"-D{name}Dir={self.home}/{place}" for name, place in pairs.items()),
            f"-DInitRunDir={self.home}/run",
        )

    def _make_directories(self) -> None:
        # It becomes the user nagios before it writes anything, certificates too.
        places = ("", "etc", "data", "data/certs", "log", "cache", "spool", "run")
        self.node.run(
            ["install", "-d", "-o", "nagios", "-g", "nagios", *(f"{self.home}/{p}" for p in places)]
        )

    def _make_certificates(self) -> None:
        stem = f"{self.home}/data/certs/{NAME}"
        request = ("--key", f"{stem}.key", "--csr", f"{stem}.csr")
        self._pki("new-ca")
        self._pki("new-cert", "--cn", NAME, *request)
        self._pki("sign-csr", "--csr", f"{stem}.csr", "--cert", f"{stem}.crt")
        self.node.run(["cp", f"{self.home}/data/ca/ca.crt", self.ca_file])

    def _pki(self, *arguments: str) -> None:
        self.node.run(["icinga2", "pki", *arguments, *self.places], timeout=HANG_GUARD)

    def start(self) -> Process:
        """Start it, and wait until its API answers."""
        argv = ["icinga2", "daemon", "-c", f"{self.home}/icinga2.conf", *self.places]
        process = self.node.popen(argv, name=f"icinga2-{self.port}")

        def answers() -> bool | None:
            if not process.running:
                raise LabError(f"icinga2 ended: {process.output()[-3000:]}")
            try:
                return True if self.ask("GET", "/v1/status/IcingaApplication").status == 200 else None
            except OSError:
                return None

        wait_until(answers, what="icinga2's API", timeout=HANG_GUARD)
        return process

    def log(self) -> str:
        """What it has written to its log, warnings among it."""
        return self.node.path(f"{self.home}/log/icinga2.log").read_text(errors="replace")

    # --- asking -------------------------------------------------------------------------------------

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, user: str = USER
    ) -> Answer:
        """One request to the API, as the user who may everything, or another. OSError when nobody answers."""
        word = b64encode(f"{user}:{self.password}".encode()).decode()
        headers = {"Accept": "application/json", "Authorization": f"Basic {word}"}
        tls = ssl.create_default_context(cadata=self.node.path(self.ca_file).read_text())
        tls.check_hostname = False  # it is asked as localhost, and its certificate is for its name
        server = Server(node=self.node, port=self.port, headers=headers, tls=tls)
        return server.ask(method, path, None if body is None else json.dumps(body))

    def services(self) -> dict[str, dict[str, Any]]:
        """The attributes of every service, by `host!service`."""
        answer = self.ask("GET", "/v1/objects/services")
        if answer.status == 404:
            return {}
        assert answer.status == 200, answer
        return {each["name"]: each["attrs"] for each in json.loads(answer.body)["results"]}

    def service(self, host: str, service: str) -> dict[str, Any]:
        """The attributes of one, as the API gives them; `last_check_result` holds output and performance data."""
        answer = self.ask("GET", f"/v1/objects/services/{host}!{service}")
        assert answer.status == 200, answer
        attributes: dict[str, Any] = json.loads(answer.body)["results"][0]["attrs"]
        return attributes

    def check_now(self, host: str, service: str) -> None:
        """Have the active check run at once."""
        body = {"type": "Service", "service": f"{host}!{service}", "force": True}
        assert self.ask("POST", "/v1/actions/reschedule-check", body).status == 200

    def await_state(self, host: str, service: str, state: int) -> dict[str, Any]:
        """Wait until the service is so (0 to 3) and hard; its attributes then."""
        last: dict[str, Any] = {}

        def look() -> dict[str, Any] | None:
            nonlocal last
            time.sleep(LOOKS_APART)
            last = self.service(host, service)
            so = last["last_check_result"] and last["state"] == state and last["state_type"] == 1
            return last if so else None

        try:
            return wait_until(look, what=f"{host}!{service} in state {state}", timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}; it is {last.get('state')}: {output(last)}") from None

    def notifications(self) -> list[Notified]:
        """Every notification until now, in the order in which they were sent."""
        lines = self.node.path(f"{self.home}/notifications").read_text(errors="replace").splitlines()
        told = []
        for line in lines:
            when, *words = line.removesuffix("\t").split("\t")
            told.append(Notified(float(when), *words))
        return told


def output(attributes: Mapping[str, Any]) -> str:
    """The output of the last check."""
    return str((attributes.get("last_check_result") or {}).get("output", "nothing yet"))
