"""hawatch check-config: says what is wrong with hawatch.toml or actions.toml, and what in it will not work."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from hawatch.cli.actions_check import actions_summary, actions_warnings, read_actions
from hawatch.cli.choosing import read_config
from hawatch.cli.fence_warnings import fence_warnings
from hawatch.cli.guard_warnings import guard_warnings
from hawatch.cli.mail_warnings import mail_warnings
from hawatch.cli.monitor_warnings import monitor_warnings
from hawatch.cli.on_call_warnings import on_call_warnings
from hawatch.cli.passive_warnings import passive_warnings
from hawatch.cli.provider_warnings import provider_warnings
from hawatch.cli.token_warnings import token_warnings
from hawatch.clock import wall
from hawatch.config import Config, Peer, SerialLink, effective_channels
from hawatch.config.records import DEFAULT_PATH
from hawatch.errors import ConfigError
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter
from hawatch.keepalived.reader import read as read_keepalived
from hawatch.notifiers.apprise import check_installed
from hawatch.rota import local_zone

SUMMARY = "Say what is wrong with a configuration file, with the key at fault."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"default: {DEFAULT_PATH}")
    parser.add_argument(
        "--actions",
        metavar="FILE",
        help="check this list of what may be done (actions.toml), and no other file unless one is named",
    )
    parser.add_argument(
        "--witness",
        metavar="FILE",
        help="check this configuration of a witness (witness.toml) and its keys, and no other file unless one is named",
    )
    parser.epilog = (
        "Exit code 0: it can be used (warnings go to standard error), 2: it cannot.\n\n"
        "example:\n  hawatch check-config /etc/hawatch/hawatch.toml\n"
        "  hawatch check-config --actions /etc/hawatch/actions.toml\n"
        "  hawatch check-config --witness /etc/hawatch/witness.toml"
    )


def run(args: argparse.Namespace) -> int:
    """Check what was named. ConfigError: the first thing that is wrong, with the path of its key."""
    if args.actions is not None:
        _check_actions(args.actions)
    if args.witness is not None:
        _check_witness(args.witness)
    if (args.actions is None and args.witness is None) or args.file is not None:
        _check(args.file or DEFAULT_PATH)
    return 0


def _check_witness(path: str) -> None:
    from hawatch.cli.witness import read_keys
    from hawatch.config.witness_file import read_witness

    config = read_witness(path)
    read_keys(config, path)
    print(f"{path}: OK")
    for pair in config.pairs:
        members = ", ".join(f"{each.name} ({', '.join(each.addresses)})" for each in pair.members)
        services = ", ".join(each.name for each in pair.services) or "VIPs are pinged"
        print(f"  {pair.name}: {members}; {services}")


def _check(path: str) -> None:
    config = read_config(path)
    _languages(config)
    check_installed(config.channels)
    keepalived = None
    node = config.node.name or os.uname().nodename.partition(".")[0]
    warnings = [*_key_file(config), *_links(config), *on_call_warnings(config, wall(), local_zone())]
    warnings += token_warnings(config.listen)
    warnings += fence_warnings(config, node)
    warnings += passive_warnings(config.passive)
    warnings += monitor_warnings(config.monitors)
    warnings += mail_warnings(config)
    warnings += provider_warnings(config)
    try:
        keepalived = _keepalived(config)
    except ConfigError as error:
        warnings.append(f"keepalived.config: {error}")
    warnings += guard_warnings(config, keepalived)
    if keepalived:
        warnings += _instances(config, keepalived)
        warnings += [f"keepalived: {each}" for each in keepalived.warnings]
    _tell(path, _summary(config, keepalived), warnings)


def _check_actions(path: str) -> None:
    """Of the list of root. ConfigError as hawatch-helper would have it."""
    known = read_actions(path)
    _tell(path, actions_summary(known), actions_warnings(known))


def _tell(path: str, summary: Iterable[str], warnings: Iterable[str]) -> None:
    print(f"{path}: OK")
    for line in summary:
        print(f"  {line}")
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _languages(config: Config) -> None:
    """ConfigError names the contact whose language nobody has written, or what is wrong in a site's own file."""
    from hawatch.agent.surroundings import read_language

    for n, contact in enumerate(config.contacts):
        try:
            read_language(contact.language, config.oncall.languages)
        except ConfigError as error:
            raise ConfigError(f"contact[{n}].language", str(error)) from None


def _keepalived(config: Config) -> KeepalivedConfig:
    return read_keepalived(config.keepalived.config, fingerprint=_unseen, host_name=os.uname().nodename)


def _unseen(_password: bytes) -> str:
    """Passwords do not matter here."""
    return ""


def _key_file(config: Config) -> Iterator[str]:
    """Links carry only what the key vouches for."""
    path = Path(config.peer_link.key_file)
    wanted = any(peer.links for peer in config.peers)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if wanted or config.peers:
            yield f"peer_link.key_file: {path} is not there; without it no peer can be believed"
    except OSError as error:
        yield f"peer_link.key_file: {path}: {error.strerror}"
    else:
        if mode & 0o007:
            yield f"peer_link.key_file: {path} can be read by everybody (chmod 640 {path})"


def _links(config: Config) -> Iterator[str]:
    without = [f"peer[{n}]" for n, peer in enumerate(config.peers) if not peer.links]
    if len(without) > 1:
        yield f"{without[0]}: has no link, and neither has {without[1]}: addresses learned cannot tell them apart"
    for n, peer in enumerate(config.peers):
        yield from _devices(n, peer)


def _devices(number: int, peer: Peer) -> Iterator[str]:
    for n, link in enumerate(peer.links):
        if isinstance(link, SerialLink) and not Path(link.device).exists():
            yield f"peer[{number}].link[{n}].device: {link.device} is not there"


def _instances(config: Config, keepalived: KeepalivedConfig) -> Iterator[str]:
    known = [router.instance for router in keepalived.virtual_routers]
    for n, options in enumerate(config.virtual_routers):
        if options.instance not in known:
            names = f"it has {', '.join(known)}" if known else "it has none"
            yield (
                f"virtual_router[{n}].instance: {config.keepalived.config} has no vrrp_instance "
                f"{options.instance}; {names}"
            )
    for n, rule in enumerate(config.notify):
        if rule.instance is not None and rule.instance not in known:
            yield f"notify[{n}].instance: {config.keepalived.config} has no vrrp_instance {rule.instance}"


def _summary(config: Config, keepalived: KeepalivedConfig | None) -> Iterator[str]:
    if keepalived:
        routers = keepalived.virtual_routers
        yield f"{_count(len(routers), 'virtual router')} in {config.keepalived.config}"
        for router in routers:
            yield f"  {_line(router)}"
    links = sum(len(peer.links) for peer in config.peers)
    yield f"{_count(len(config.peers), 'peer')} with {_count(links, 'link')}"
    references = (
        _count(len(config.references), "reference") if config.references else "default gateways as references"
    )
    yield f"{references}, {_count(len(config.services), 'service')}"
    if config.contacts:
        channels = len(effective_channels(config))
        yield f"{_count(len(config.contacts), 'contact')} on {_count(channels, 'channel')}"
    for target in config.passive:
        yield f"results of the {target.of.value} are pushed to {target.name}: {target.way}, every {target.every:g} s"
    for monitor in config.monitors:
        yield f"acknowledgements are shown in {monitor.name} ({monitor.kind.value}): {monitor.way}"


def _line(router: VirtualRouter) -> str:
    vips = [vip.address for vip in router.all_vips]
    shown = ", ".join(vips[:3]) + (f" and {len(vips) - 3} more" if len(vips) > 3 else "")
    return (
        f"{router.instance}: {router.interface}, VRID {router.vrid}, {router.family.value}, "
        f"priority {router.priority}, {shown or 'no addresses'}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
