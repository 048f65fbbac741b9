"""What is left to do when `hawatch init` has written its files: the line for each other node, and how to start."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from hawatch.cli.initiating.proposal import Proposal, ProposedPeer
from hawatch.config import PeerLink, checks

_SYSTEMD = "systemctl enable --now hawatch-helper.socket hawatch"
_BY_HAND = "hawatch agent        # as the user hawatch with CAP_NET_RAW; and as root: hawatch-helper"
_LINK = PeerLink()
_OTHER = "OTHER_NODE"
_MINE = "ADDRESS_OF_THIS_NODE"


def next_steps(proposal: Proposal, *, key_file: str, runs_systemd: bool, is_first: bool) -> Iterator[str]:
    """Lines for somebody who wants to go on; `is_first`: the other node has no key yet."""
    yield "Next:"
    if is_first:
        for peer in proposal.peers or (ProposedPeer(name=_OTHER),):
            yield f"  on {peer.name}:"
            yield f"    {other_nodes_line(proposal, peer, key_file)}"
    yield "  start, on both nodes:"
    yield f"    {_SYSTEMD if runs_systemd else _BY_HAND}"
    yield "  look:"
    yield "    hawatch status"
    yield f"UDP {_LINK.port} must pass between the nodes; `hawatch doctor` says what else to mend."


def other_nodes_line(proposal: Proposal, peer: ProposedPeer, key_file: str) -> str:
    """A shell line that sets up the other node, with the key on its standard input and nowhere else.

    What nobody knows stands there in capitals.
    """
    mine = [link.local for link in peer.links if link.local is not None and checks.parse_address(link.local)]
    words = ["hawatch", "init", "--yes"]
    words += ["--node", peer.name] if peer.links else []
    words += ["--pair", proposal.pair] if proposal.pair else []
    words += ["--peer", f"{proposal.node}={','.join(mine) or _MINE}"]
    for other in proposal.peers:
        if other is not peer:
            words += ["--peer", f"{other.name}={','.join(link.remote for link in other.links)}"]
    if listen := _listen_there(proposal, peer):
        words += ["--listen", listen]
    words += ["--keepalived-conf", proposal.keepalived_conf] if proposal.keepalived_conf else []
    words += ["--key-file", proposal.key_file] if proposal.key_file else []
    words += ["--key-from", "-"]
    host = f"root@{peer.links[0].remote}" if peer.links else _OTHER
    return f"ssh {shlex.quote(host)} {shlex.quote(shlex.join(words))} <{shlex.quote(key_file)}"


def _listen_there(proposal: Proposal, peer: ProposedPeer) -> str | None:
    """The same on the other node: its own address where we listen on ours, None for the default."""
    if proposal.listen is None:
        return None
    found = checks.split_endpoint(proposal.listen)
    if found is None:
        return None
    host, port = found
    ends = {link.local: link.remote for link in peer.links}
    if host in ends:
        remote = ends[host]
        return f"[{remote}]:{port}" if ":" in remote else f"{remote}:{port}"
    parsed = checks.parse_address(host)
    return proposal.listen if parsed is not None and parsed.is_unspecified else None
