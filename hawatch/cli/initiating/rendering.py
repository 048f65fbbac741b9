"""A proposal as the text of a hawatch.toml: what is meant, and every other key as a comment that can be switched on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hawatch.cli.initiating.facts import OwnAddress
from hawatch.cli.initiating.on_call_text import on_call_text
from hawatch.cli.initiating.peers import other_end
from hawatch.cli.initiating.proposal import Proposal, ProposedLink, ProposedPeer
from hawatch.cli.initiating.services import ServiceGuess
from hawatch.cli.initiating.table_text import block, more_keys, note, switched_off, table_text
from hawatch.config.reference import judging, links, monitoring, node, services
from hawatch.config.reference.key import toml
from hawatch.keepalived.model import VirtualRouter
from hawatch.verdict import Cause

_HEAD = """\
hawatch.toml of {node}, as `hawatch init` proposes it from {conf}.
A line that begins with # and no space can be switched on: take the # away. What stands there is the default, or an
example. `hawatch check-config` says what is wrong; `man hawatch.toml` has all that stands here and more.
"""


def hawatch_toml(proposal: Proposal, keepalived_conf: str) -> str:
    """The whole file."""
    parts = (
        [note(_HEAD.format(node=proposal.node, conf=keepalived_conf))],
        _basics(proposal),
        _peers(proposal),
        _surroundings(proposal),
        _accepted(proposal.routers),
        on_call_text(proposal.routers),
        _monitoring(proposal),
    )
    return "\n".join(each for part in parts for each in part)


def _basics(proposal: Proposal) -> Iterator[str]:
    yield table_text(node.NODE, _given(name=proposal.node, pair=proposal.pair))
    yield table_text(node.KEEPALIVED, _given(config=proposal.keepalived_conf))
    yield table_text(node.OBSERVE)
    yield table_text(node.LISTEN, _given(http=proposal.listen))
    yield table_text(links.PEER_LINK, _given(key_file=proposal.key_file))


def _given(**values: str | None) -> dict[str, str]:
    return {key: toml(value) for key, value in values.items() if value is not None}


def _peers(proposal: Proposal) -> Iterator[str]:
    if not proposal.peers:
        yield note(
            "The other node. As long as none is written, it is known from unicast_peer, or once it is heard; write\n"
            "it, so that it is missed when it is silent from the beginning."
        )
        yield table_text(links.PEER)
        yield table_text(links.UDP_LINK)
    for peer in proposal.peers:
        yield _peer(peer)
        for link in peer.links:
            yield _link(link)
    for wire in proposal.wires:
        yield _wire(wire, proposal)
    yield table_text(links.SERIAL_LINK)


def _peer(peer: ProposedPeer) -> str:
    text = table_text(links.PEER, _given(name=peer.name))
    if not peer.guessed:
        return text
    return note("The name is a guess. It must be what the other node's own [node] name says.") + text


def _link(link: ProposedLink) -> str:
    return table_text(links.UDP_LINK, _given(name=link.name, remote=link.remote, local=link.local))


def _wire(wire: OwnAddress, proposal: Proposal) -> str:
    proposed = [link for peer in proposal.peers for link in peer.links]
    there = other_end(wire, proposed, proposal.own)
    told = note(f"{wire.device} ({wire}) may be another wire to the same node; two are better than one.")
    return told + switched_off(links.UDP_LINK, _given(name=wire.device, remote=there, local=wire.address))


def _surroundings(proposal: Proposal) -> Iterator[str]:
    gateways = ", ".join(proposal.gateways)
    now = f"now {gateways}" if gateways else "now there is none: name something that always answers"
    example = _given(address=proposal.gateways[0] if proposal.gateways else None)
    yield table_text(
        replace(links.REFERENCE, about=f"{links.REFERENCE.about[:-1]} ({now})."), examples=example
    )
    yield table_text(links.WITNESS)
    yield table_text(links.WITNESS_LINK)
    yield table_text(services.SERVICE)
    yield table_text(services.GUARD)
    if proposal.services:
        guesses = (block("#[[service]]", _guess(each)) for each in proposal.services)
        yield note("What keepalived tracks, looked at by hawatch, too; a guess:") + "".join(guesses)
    first = proposal.routers[0].instance if proposal.routers else None
    yield table_text(judging.VIRTUAL_ROUTER, examples=_given(instance=first))


def _guess(guess: ServiceGuess) -> Iterator[tuple[str, str, str]]:
    yield "#name", toml(guess.name), ""
    yield f"#{guess.way}", toml(guess.value), ""


def _accepted(routers: Iterable[VirtualRouter]) -> Iterator[str]:
    yield table_text(judging.ACCEPT)
    patient = [router.instance for router in routers if router.nopreempt]
    if patient:
        hint = f"{', '.join(patient)}: nopreempt. If both nodes have one priority on purpose, this says so:"
        meant = _given(cause=Cause.EQUAL_PRIORITY.value, reason="nopreempt by design")
        yield note(hint) + switched_off(judging.ACCEPT, meant)


def _monitoring(proposal: Proposal) -> Iterator[str]:
    first = _given(instance=proposal.routers[0].instance if proposal.routers else None)
    yield note("Monitoring systems. The plugin and /metrics need nothing here.")
    yield table_text(monitoring.PASSIVE)
    yield more_keys(monitoring.PASSIVE_INSTANCE, first)
    yield more_keys(monitoring.PASSIVE_ICINGA2)
    yield table_text(monitoring.MONITOR)
    for table in (monitoring.MONITOR_NAGIOS, monitoring.MONITOR_ICINGA2, monitoring.MONITOR_ALERTMANAGER):
        yield more_keys(table)
    yield table_text(monitoring.MATCHERS)
