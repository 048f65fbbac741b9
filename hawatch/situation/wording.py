"""The words that a rule's sentence may use of one virtual router; each is found when a sentence asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hawatch.situation.node import Node
from hawatch.situation.outsiders import disturber
from hawatch.situation.router import RouterState


@dataclass(frozen=True, slots=True)
class Wording:
    """What `str.format_map` asks for a word; KeyError for one that no sentence may use."""

    node: Node
    router: RouterState
    now: float

    def __getitem__(self, word: str) -> str:
        """The word, as it stands now."""
        return _WORDS[word](self)


def owners_of(router: RouterState, node: Node) -> tuple[str, ...]:
    """The names of its owners, those included that a proof names."""
    proof = router.proof
    if proof is None:
        return router.ownership.names
    names = set(router.ownership.names) | ({node.name} if proof.ours else set())
    if proof.member:
        names.add(proof.member)
    return tuple(sorted(names))


def _owner(wording: Wording) -> str:
    owners = owners_of(wording.router, wording.node)
    return owners[0] if owners else "nobody"


def _owners(wording: Wording) -> str:
    owners = owners_of(wording.router, wording.node)
    return " and ".join(owners) if len(owners) > 1 else f"{wording.node.name} and {_peer(wording)}"


def _peer(wording: Wording) -> str:
    router = wording.router
    if router.proof is not None and router.proof.member:
        return router.proof.member
    peers = (member.name for member in wording.node.members.members)
    return next((name for name in peers if name not in router.ownership.names), "") or "the peer"


def _former(wording: Wording) -> str:
    move = wording.router.last_move
    return move.origin if move else _peer(wording)


def _outsider(wording: Wording) -> str:
    outsider = disturber(wording.router, wording.now)
    return outsider.who if outsider else ""


def _vips(wording: Wording) -> str:
    config = wording.router.config
    addresses = [vip.address for vip in config.all_vips]
    if not addresses:
        return f"VRID {config.vrid}"
    shown = addresses[0]
    return shown if len(addresses) == 1 else f"{shown} and {len(addresses) - 1} more"


_WORDS: dict[str, Callable[[Wording], str]] = {
    "node": lambda wording: wording.node.name,
    "peer": _peer,
    "owner": _owner,
    "owners": _owners,
    "former": _former,
    "vips": _vips,
    "interface": lambda wording: wording.router.config.interface,
    "outsider": _outsider,
}
