"""The questions of `hawatch init`: each has an answer already, and Enter takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hawatch.cli.initiating.facts import HostFacts, OwnAddress
from hawatch.cli.initiating.peers import links_to, name_for, other_end, sibling, unicast_ends
from hawatch.cli.initiating.proposal import Proposal, ProposedPeer, Wishes
from hawatch.cli.initiating.proposing import with_peers, with_wire
from hawatch.cli.initiating.terminal import Terminal
from hawatch.cli.initiating.wishing import listen_problem, listening, name_problem
from hawatch.config import Listen, checks

EVERYBODY = "0.0.0.0"  # noqa: S104 - offered, never taken without being asked for
Answers = Callable[[str], bool]


def converse(
    terminal: Terminal, proposal: Proposal, host: HostFacts, wishes: Wishes, answers: Answers
) -> Proposal:
    """The proposal as somebody wants it; what was said on the command line is not asked. HawatchError at the end."""
    if wishes.node is None:
        proposal = replace(proposal, node=terminal.ask("This node's name", proposal.node, name_problem))
    if not wishes.peers:
        proposal = _ask_for_wires(terminal, _ask_for_peers(terminal, proposal, host), answers)
    if wishes.pair is None:
        pair = terminal.ask("A name for the pair (Enter: made of its members' names)", "", name_problem)
        proposal = replace(proposal, pair=pair or None)
    if wishes.listen is None:
        proposal = replace(proposal, listen=_ask_where_to_listen(terminal, proposal))
    return proposal


def _ask_for_peers(terminal: Terminal, proposal: Proposal, host: HostFacts) -> Proposal:
    if not proposal.peers:
        return _ask_for_a_peer(terminal, proposal, host)
    named: list[ProposedPeer] = []
    for peer in proposal.peers:
        taken = {proposal.node, *(each.name for each in named)}
        remotes = ", ".join(link.remote for link in peer.links)
        name = terminal.ask(f"The name of the node at {remotes}", peer.name, _not_one_of(taken))
        named.append(replace(peer, name=name, guessed=False))
    return with_peers(proposal, named)


def _ask_for_a_peer(terminal: Terminal, proposal: Proposal, host: HostFacts) -> Proposal:
    """keepalived.conf does not say where the other node is: it speaks to all by multicast."""
    here = f" (this one has {proposal.own[0]} on {proposal.own[0].device})" if proposal.own else ""
    likely = sibling(proposal.node)
    known = next((each for each, name in host.names.items() if name == likely), "")
    mine = {each.address for each in proposal.own}

    def check(text: str) -> str | None:
        return "is this node" if text in mine else checks.host(text)

    remote = terminal.ask(f"The other node's address{here}; Enter if you do not know it", known, check)
    if not remote:
        return proposal
    guess = name_for(remote, host, proposal.node, ())
    name = terminal.ask("The other node's name", guess, _not_one_of({proposal.node}))
    links = links_to([remote], proposal.own, unicast_ends(proposal.routers))
    return with_peers(proposal, [ProposedPeer(name=name, links=links)])


def _not_one_of(taken: set[str]) -> Callable[[str], str | None]:
    return lambda text: "is another node's name" if text in taken else name_problem(text)


def _ask_for_wires(terminal: Terminal, proposal: Proposal, answers: Answers) -> Proposal:
    """A second wire keeps the agents talking when the first is cut; one is offered when somebody answers there."""
    if len(proposal.peers) != 1:
        return proposal
    for wire in proposal.wires:
        proposal = _ask_for_wire(terminal, proposal, wire, answers)
    return proposal


def _ask_for_wire(terminal: Terminal, proposal: Proposal, wire: OwnAddress, answers: Answers) -> Proposal:
    peer = proposal.peers[0]
    likely = other_end(wire, peer.links, proposal.own)
    default = likely if likely and answers(likely) else ""
    question = f"{peer.name}'s address on {wire.device} ({wire}), if that is a wire to it"
    remote = terminal.ask(question if default else f"{question}; Enter if not", default, checks.host)
    return with_wire(proposal, wire, remote) if remote else proposal


def _ask_where_to_listen(terminal: Terminal, proposal: Proposal) -> str | None:
    usual = Listen().http
    ways = [(usual.host, "this host alone")]
    ways += [(each.address, f"whoever reaches {each.device}") for each in proposal.own]
    ways.append((EVERYBODY, "whoever reaches this host"))
    terminal.say(
        "Where do Prometheus, Nagios and browsers reach this agent? They may look, and change nothing."
    )
    for n, (address, who) in enumerate(ways, start=1):
        terminal.say(f"  {n}  {address:<16} {who}")

    def meant(answer: str) -> str:
        return ways[int(answer) - 1][0] if answer.isdecimal() and 1 <= int(answer) <= len(ways) else answer

    answer = terminal.ask("Number or address", "1", lambda text: listen_problem(meant(text)))
    found = listening(meant(answer))
    return None if found == str(usual) else found
