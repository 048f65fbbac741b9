"""`hawatch init`: proposes a hawatch.toml for this node, makes the peer key, and says how to go on."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from hawatch.cli.initiating.dialogue import converse
from hawatch.cli.initiating.facts import HostFacts
from hawatch.cli.initiating.host import answers, look_at_host
from hawatch.cli.initiating.key_text import taken_over
from hawatch.cli.initiating.next_steps import next_steps
from hawatch.cli.initiating.proposal import Proposal, Wishes
from hawatch.cli.initiating.proposing import propose, sure_end, with_wire
from hawatch.cli.initiating.rendering import hawatch_toml
from hawatch.cli.initiating.terminal import Terminal
from hawatch.cli.initiating.wishing import listen_problem, listening, name_problem, peer_of
from hawatch.cli.initiating.writing import Outcome, write_all
from hawatch.config import Config, load
from hawatch.config.records import DEFAULT_PATH
from hawatch.errors import ConfigError, HawatchError
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.reader import Source, read_source

SUMMARY = "Propose a configuration for this node, and make the key that the pair shares."

EPILOG = """\
example:
  hawatch init
  hawatch init --yes --listen 192.168.136.161 --peer lb02=192.168.136.162
  ssh root@lb02 'hawatch init --yes --peer lb01=192.168.136.161 --key-from -' </etc/hawatch/peer.key

At a terminal it asks, and Enter takes what it proposes; elsewhere, and with --yes, it asks nothing. What is written
has what cannot be found out by itself, and every other key as a comment. A hawatch.toml with anything in it is never
written over: the difference is shown, and the exit code is 1. With --force the old one is kept as hawatch.toml.old.
A key that is there is kept. The exit code is 0 when everything is as proposed, 1 when nothing was written, 2 when
something is wrong.
"""
_DEFAULT = Config()
_SYSTEMD = Path("/run/systemd/system")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--node", metavar="NAME", help="this node's name (default: the host's)")
    parser.add_argument("--pair", metavar="NAME", help="what messages and metrics call the pair")
    parser.add_argument(
        "--peer", metavar="NAME=ADDR[,ADDR]", action="append", default=[],
        help="the other node, with its address on each wire; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--listen",
        metavar="ADDR[:PORT]",
        help="where Prometheus and Nagios reach the agent (default: 127.0.0.1)",
    )
    parser.add_argument("--key-from", metavar="FILE", help="the other node's key; - is standard input")
    parser.add_argument("--key-file", metavar="FILE", help=f"default: {_DEFAULT.peer_link.key_file}")
    parser.add_argument("--config", metavar="FILE", default=DEFAULT_PATH, help=f"default: {DEFAULT_PATH}")
    parser.add_argument("--keepalived-conf", metavar="FILE", help=f"default: {_DEFAULT.keepalived.config}")
    parser.add_argument("--config-id", metavar="ID", default="", help="what keepalived is started with as -i")
    parser.add_argument("--print", action="store_true", dest="only_print", help="print it, and write nothing")
    parser.add_argument(
        "--force", action="store_true", help="write over a hawatch.toml that differs, and a key"
    )


def run(args: argparse.Namespace) -> int:
    """Propose, ask, write. HawatchError names what is in the way."""
    wishes = _wishes(args)
    key = _key_from(args.key_from) if args.key_from else None
    conf = args.keepalived_conf or _DEFAULT.keepalived.config
    source, keepalived = _read(conf, args.config_id)
    host = look_at_host()
    proposal = propose(keepalived, source.statements, host, wishes)
    if (
        args.yes
        or args.key_from == "-"
        or args.only_print
        or not (sys.stdin.isatty() and sys.stdout.isatty())
    ):
        proposal = _with_sure_wires(proposal)
    elif (agreed := _agreed(proposal, host, wishes, args, keepalived)) is None:
        return 1
    else:
        proposal = agreed
    text = hawatch_toml(proposal, conf)
    load(text, args.config)
    if args.only_print:
        print(text, end="")
        return 0
    outcome = write_all(
        text,
        config=Path(args.config),
        key_file=Path(proposal.key_file or _DEFAULT.peer_link.key_file),
        key=key,
        may_replace=args.force,
    )
    if outcome is Outcome.DIFFERS:
        return 1
    steps = next_steps(
        proposal,
        key_file=proposal.key_file or _DEFAULT.peer_link.key_file,
        runs_systemd=_SYSTEMD.is_dir(),
        is_first=key is None,
    )
    print("\n".join(steps))
    return 0


# --- before ---------------------------------------------------------------------------------------


def _wishes(args: argparse.Namespace) -> Wishes:
    for option, value, check in (
        ("--node", args.node, name_problem),
        ("--pair", args.pair, name_problem),
        ("--listen", args.listen, listen_problem),
    ):
        if value is not None and (problem := check(value)):
            raise HawatchError(f"{option} {value}: {problem}")
    peers = tuple(map(peer_of, args.peer))
    names = [name for name, _ in peers]
    if len(set(names)) < len(names):
        raise HawatchError("--peer: one name for two nodes; --peer NAME=ADDR,ADDR is one node with two wires")
    return Wishes(
        node=args.node,
        pair=args.pair,
        listen=listening(args.listen) if args.listen is not None else None,
        peers=peers,
        keepalived_conf=_unless_usual(args.keepalived_conf, _DEFAULT.keepalived.config),
        key_file=_unless_usual(args.key_file, _DEFAULT.peer_link.key_file),
    )


def _unless_usual(path: str | None, usual: str) -> str | None:
    return None if path is None or path == usual else str(Path(path).absolute())


def _key_from(source: str) -> str:
    if source == "-" and sys.stdin.isatty():
        raise HawatchError(
            "--key-from -: the key comes through a pipe, never typed (… --key-from - <peer.key)"
        )
    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    return taken_over(data, source)


def _read(conf: str, config_id: str) -> tuple[Source, KeepalivedConfig]:
    """keepalived.conf with its lines; ConfigError says what cannot be read, and what to do."""
    try:
        source = read_source(
            conf, fingerprint=lambda _: "", host_name=os.uname().nodename, config_id=config_id
        )
    except ConfigError as error:
        if error.problem == os.strerror(2) and not Path(conf).exists():
            raise ConfigError(conf, "there is none; where keepalived has it says --keepalived-conf") from None
        if error.problem == os.strerror(13):
            raise ConfigError(error.where, f"{error.problem}; run this as root") from None
        raise
    if source.config is None:
        raise source.refusal or ConfigError(conf, "cannot be read")
    return source, source.config


def _with_sure_wires(proposal: Proposal) -> Proposal:
    """Nobody is asked: another wire is taken where only one address can be its other end, and answers."""
    for wire in proposal.wires:
        remote = sure_end(proposal, wire)
        if remote is not None and answers(remote):
            proposal = with_wire(proposal, wire, remote)
    return proposal


def _agreed(
    proposal: Proposal,
    host: HostFacts,
    wishes: Wishes,
    args: argparse.Namespace,
    keepalived: KeepalivedConfig,
) -> Proposal | None:
    """What somebody at the terminal wants; None: nothing."""
    terminal = Terminal(sys.stdin, sys.stdout)
    terminal.say(f"{args.keepalived_conf or _DEFAULT.keepalived.config}:")
    for router in keepalived.virtual_routers:
        vips = ", ".join(vip.address for vip in router.all_vips[:3]) or "no addresses"
        terminal.say(f"  {router.instance} on {router.interface}, VRID {router.vrid}: {vips}")
    for warning in keepalived.warnings[:3]:
        terminal.say(f"  {warning}")
    terminal.say("Enter takes what stands in brackets.")
    found = converse(terminal, proposal, host, wishes, answers)
    if terminal.confirm(f"Write {args.config}?"):
        return found
    terminal.say("nothing was written")
    return None
