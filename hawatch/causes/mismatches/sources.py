"""Advertisements from an address that is not their sender's own any more, or that unicast peers do not agree on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.causes.finder import found
from hawatch.causes.mismatches.telling import address_of, edit
from hawatch.causes.mismatches.word import Word
from hawatch.situation.member import without_zone
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity


def lost_source(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """This node's keepalived speaks from an address that was taken from the node."""
    own = router.own
    if own.heard_at is None or own.src not in node.lost_addresses or own.src in node.held:
        return
    if own.heard_at <= node.lost_addresses[own.src] or not router.advertising(now):
        return
    yield found(
        Cause.SOURCE_ADDRESS_WRONG,
        node.name,
        Severity.WARNING,
        f"keepalived on {node.name} goes on advertising from {own.src}, which {node.name} has no more",
        f"on {node.name}: ip address add {own.src} dev {router.config.interface} with its prefix length, and in the "
        f"network's configuration; or take it out of mcast_src_ip or unicast_src_ip in keepalived.conf and "
        f"systemctl restart keepalived",
        advertised_from=own.src,
        addresses=", ".join(sorted(node.own_addresses())) or "none",
        seconds_since_it_was_lost=now - node.lost_addresses[own.src],
    )


def unicast_sources(router: RouterState, node: Node, words: Sequence[Word]) -> Iterator[Finding]:
    """Whose unicast_peer leaves another member out, and who speaks from an address that the other does not list."""
    own = {without_zone(address) for address in node.own_addresses()}
    ours = _End(node.name, own, router.config.source, router.config.unicast_peers)
    seen: set[str] = set()
    for word in words:
        settings = word.told.settings if word.told is not None else None
        report = word.member.report
        if settings is None or report is None or not settings.unicast_peers:
            continue
        theirs = _End(word.member.name, set(report.addresses), settings.source, settings.unicast_peers)
        for speaker, listener in ((ours, theirs), (theirs, ours)):
            for finding in _compare(router, node, speaker, listener):
                if finding.node not in seen:
                    seen.add(finding.node)
                    yield finding


class _End:
    """One end of a unicast path: addresses, the configured source (None: keepalived chooses), and whom it lists."""

    __slots__ = ("addresses", "listed", "name", "source")

    def __init__(self, name: str, addresses: set[str], source: str | None, listed: Sequence[str]) -> None:
        self.name = name
        self.source = without_zone(source) if source else None
        self.addresses = addresses | ({self.source} if self.source else set())
        self.listed = {without_zone(address) for address in listed}


def _compare(router: RouterState, node: Node, speaker: _End, listener: _End) -> Iterator[Finding]:
    if not speaker.addresses:
        return
    listed = ", ".join(sorted(listener.listed))
    facts = {
        f"unicast_peer on {listener.name}": listed,
        f"unicast_src_ip on {speaker.name}": speaker.source or "not configured",
        f"addresses of {speaker.name}": ", ".join(sorted(speaker.addresses)),
    }
    if speaker.addresses.isdisjoint(listener.listed):
        wanted = address_of(router, node, speaker.name)
        surplus = (
            f'delete "{listed}" and ' if len(listener.listed) == 1 and len(node.members.members) <= 2 else ""
        )
        yield found(
            Cause.SOURCE_ADDRESS_WRONG,
            listener.name,
            Severity.WARNING,
            f"unicast_peer on {listener.name} lists {listed}, and no address of {speaker.name}: "
            f"what {listener.name} advertises never reaches it",
            edit(router, node, listener.name, f'{surplus}write "{wanted}" in the block unicast_peer'),
            **facts,
        )
    elif speaker.source is not None and speaker.source not in listener.listed:
        expected = sorted(speaker.addresses & listener.listed)[0]
        yield found(
            Cause.SOURCE_ADDRESS_WRONG,
            speaker.name,
            Severity.WARNING,
            f"keepalived on {speaker.name} speaks from {speaker.source} and listens there alone, and {listener.name} "
            f"lists {listed} as its unicast_peer: what it advertises is not heard",
            edit(router, node, speaker.name, f'write "unicast_src_ip {expected}"'),
            **facts,
        )
