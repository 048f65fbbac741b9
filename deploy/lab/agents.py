"""hawatch on one node: the unprivileged agent and its root helper, each as systemd would start them."""

from __future__ import annotations

import http.client
import json
import os
from pathlib import Path
from typing import Any

from deploy.lab import network
from deploy.lab.errors import LabError
from deploy.lab.identity import ROOT, Identity, agent_identity
from deploy.lab.node import INTERPRETER, Node
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until

# The command lines and places that hawatch promises (docs/configuration.md).
AGENT = (INTERPRETER, "-m", "hawatch", "agent")
COMMAND = (INTERPRETER, "-m", "hawatch")
HELPER = (INTERPRETER, "-m", "hawatch.helper")
CONFIG_FILE = "/etc/hawatch/hawatch.toml"
KEY_FILE = "/etc/hawatch/peer.key"
RUN_DIRECTORY = "/run/hawatch"
STATE_DIRECTORY = "/var/lib/hawatch"
HTTP_PORT = 10112
HTTP_TIMEOUT = 5.0  # seconds
START_TIMEOUT = 30.0  # seconds; a hang guard


class Service:
    """A program of hawatch on one node, which can be started again after it has ended."""

    def __init__(self, node: Node, *, name: str, argv: tuple[str, ...], identity: Identity) -> None:
        self.node = node
        self.name = name
        self.identity = identity
        self._argv = argv
        self._process: Process | None = None

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        """Start it with further arguments."""
        if self.running:
            raise LabError(f"{self.name} runs already on {self.node.name}")
        self._process = self.node.popen(
            [*self._argv, *arguments], name=self.name, identity=self.identity, env=env
        )

    @property
    def process(self) -> Process:
        if self._process is None:
            raise LabError(f"{self.name} was not started on {self.node.name}")
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> int:
        """SIGTERM and wait; its exit code."""
        return self.process.stop()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def log(self) -> str:
        """What it has written since its last start, both streams."""
        return self.process.output()


class Agent(Service):
    """`hawatch agent` as its own user with CAP_NET_RAW alone."""

    def __init__(self, node: Node) -> None:
        super().__init__(node, name="agent", argv=AGENT, identity=agent_identity())

    # --- its files --------------------------------------------------------------------------------

    def write_config(self, text: str) -> None:
        """Write hawatch.toml; without it the agent has nothing but keepalived.conf."""
        self.node.write(CONFIG_FILE, text)

    def remove_config(self) -> None:
        self.node.path(CONFIG_FILE).unlink(missing_ok=True)

    def write_key(self, key: str) -> None:
        """Write the peer key, which the agent's group may read."""
        path = self.node.path(KEY_FILE)
        path.write_text(key + "\n")
        os.chown(path, 0, self.identity.gid)
        path.chmod(0o640)

    @property
    def state(self) -> Path:
        """Its state directory on the host: journal and store; it outlives the node, not the lab."""
        return self.node.directory / "state"

    def prepare(self) -> None:
        """Make the directories that systemd makes for it in production."""
        run = self.node.path(RUN_DIRECTORY)
        run.mkdir(exist_ok=True)
        for path in (run, self.state):
            os.chown(path, self.identity.uid, self.identity.gid)

    # --- questions to it --------------------------------------------------------------------------

    def command(self, *arguments: str, identity: Identity | None = None) -> str:
        """What `hawatch ARGUMENTS` prints on this node, run as the agent's user. LabError when it fails."""
        return self.node.run([*COMMAND, *arguments], identity=identity or self.identity).stdout

    def get(self, path: str, *, port: int = HTTP_PORT) -> str:
        """GET from its HTTP listener, from inside the node. OSError when nobody answers, LabError on a bad status."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HTTP_TIMEOUT)
        connection.sock = network.connect(self.node.pid, "127.0.0.1", port, timeout=HTTP_TIMEOUT)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(f"{path} on {self.node.name}: {error!r}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise LabError(f"{path} on {self.node.name} gave {response.status}: {body[:500]}")
        return body

    def status(self) -> dict[str, Any]:
        """/api/v1/status."""
        answer: dict[str, Any] = json.loads(self.get("/api/v1/status"))
        return answer

    def wait_ready(self, *, timeout: float = START_TIMEOUT) -> dict[str, Any]:
        """Wait until it answers; its status then. LabError with its log when it ends instead."""

        def look() -> dict[str, Any] | None:
            if not self.running:
                raise LabError(f"the agent ended on {self.node.name}: {self.log()[-2000:]}")
            try:
                return self.status()
            except OSError:
                return None

        return wait_until(look, what=f"the agent of {self.node.name} to answer", timeout=timeout)


class Helper(Service):
    """`hawatch-helper`, the root program on a socket."""

    def __init__(self, node: Node) -> None:
        super().__init__(node, name="helper", argv=HELPER, identity=ROOT)
