"""`python -m hawatch.helper`: starts the helper and runs it until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import logging
import pwd
import signal
import socket
import sys
from collections.abc import Sequence

from hawatch import __version__, clock
from hawatch.errors import HawatchError
from hawatch.helper.acted import Acted
from hawatch.helper.actions import Actions
from hawatch.helper.armed import Armed
from hawatch.helper.config_feed import ConfigFeed
from hawatch.helper.dump import Dump
from hawatch.helper.fencing import Fencing
from hawatch.helper.firewall import Firewall
from hawatch.helper.ipvs import Ipvs
from hawatch.helper.listener import Listener
from hawatch.helper.server import Server, Verb

log = logging.getLogger("hawatch.helper")

DEFAULT_SOCKET = "/run/hawatch/helper.sock"
DEFAULT_USER = "hawatch"
DEFAULT_KEEPALIVED_CONF = "/etc/keepalived/keepalived.conf"
DEFAULT_KEY_FILE = "/etc/hawatch/peer.key"
DEFAULT_ACTIONS = "/etc/hawatch/actions.toml"
DEFAULT_ACTED = "/var/lib/hawatch-helper/acted"
"""Not under /run: a reboot in the middle of an action must not make it run again."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the helper; 0 when it was told to end, 2 with one line on stderr when it cannot run."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_run(arguments))
    except HawatchError as error:
        print(f"hawatch-helper: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hawatch-helper",
        description="Answers the hawatch agent's few questions that only root can answer.",
        epilog="example: hawatch-helper --user hawatch --keepalived-conf /etc/keepalived/keepalived.conf",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument(
        "--socket", default=DEFAULT_SOCKET, help="where to listen, unless systemd has a socket for us"
    )
    parser.add_argument("--user", default=DEFAULT_USER, help="the only user, besides root, who may ask")
    parser.add_argument("--keepalived-conf", default=DEFAULT_KEEPALIVED_CONF, metavar="FILE")
    parser.add_argument(
        "--config-id", default="", metavar="ID", help="what keepalived was started with as -i"
    )
    parser.add_argument("--key-file", default=DEFAULT_KEY_FILE, metavar="FILE", help="the peer key")
    parser.add_argument(
        "--actions", default=DEFAULT_ACTIONS, metavar="FILE", help="the commands that may be run"
    )
    parser.add_argument(
        "--acted", default=DEFAULT_ACTED, metavar="DIR", help="where is kept what was run, so that it is once"
    )
    return parser


async def _run(arguments: argparse.Namespace) -> None:
    try:
        user = pwd.getpwnam(arguments.user)
    except KeyError:
        raise HawatchError(f"--user {arguments.user}: no such user") from None
    feed = ConfigFeed(
        path=arguments.keepalived_conf,
        key_file=arguments.key_file,
        host_name=socket.gethostname(),
        config_id=arguments.config_id,
    )
    actions = Actions(
        arguments.actions,
        config=lambda: feed.reading().config,
        acted=Acted(arguments.acted, wall=clock.wall),
    )
    verbs: dict[str, Verb] = {
        "config": feed.answer,
        "firewall": Firewall().answer,
        "ipvs": Ipvs().answer,
        "dump": Dump(feed.dump_files).answer,
        "actions": actions.list,
        "act": actions.act,
        "arm": Armed(actions.act, actions.check).arm,
        "power": Fencing(arguments.actions).power,
    }
    server = Server(verbs=verbs, feed=feed, allowed_uids=frozenset({0, user.pw_uid}))
    with Listener(arguments.socket, group=user.pw_gid) as listener:
        log.info("socket=%s user=%s", listener.name, arguments.user)
        task = asyncio.ensure_future(server.run(listener.socket))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


if __name__ == "__main__":
    sys.exit(main())
