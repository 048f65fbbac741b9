"""The helper's answer to the verb `firewall` to one Ruleset, each rule counted once."""

from __future__ import annotations

from collections.abc import Mapping

from hawatch.netfilter.iptables_listing import read_iptables
from hawatch.netfilter.nft_listing import read_devices, read_nft
from hawatch.netfilter.ruleset import Chain, Ruleset

LISTINGS: dict[str, tuple[str, ...]] = {
    "nft": ("nft", "-j", "-n", "list", "ruleset"),
    "nft_chains": ("nft", "list", "chains"),  # some versions leave the devices of chains out of their JSON
    "iptables": ("iptables-save",),
    "ip6tables": ("ip6tables-save",),
    "iptables_legacy": ("iptables-legacy-save",),  # where iptables is nft's, it leaves these out
    "ip6tables_legacy": ("ip6tables-legacy-save",),
}
"""What root runs for a listing, by the name under which its output stands there."""


def read_listing(listing: Mapping[str, object]) -> Ruleset:
    """All rules of `nft` (its JSON or None), `iptables` and `ip6tables` (text or None), with `problems` by name.

    The tables of iptables-nft stand in both listings; then iptables-save has the say, because nft does not spell out
    the extensions of iptables. `iptables_legacy` and `ip6tables_legacy` are the kernel's older tables, which stand
    beside them. `nft_chains`, the text of `nft list chains`, may add the devices that some versions of nft leave out of
    their JSON. DecodeError when a listing is not what the tools write.
    """
    chains: dict[tuple[str, str, str], Chain] = {}
    sets: dict[tuple[str, str, str], object] = {}
    unseen = None
    if listing.get("nft") is not None:
        text = listing.get("nft_chains")
        nft = read_nft(listing["nft"], read_devices(text) if isinstance(text, str) else None)
        chains, sets = dict(nft.chains), nft.sets
    else:
        unseen = _problem(listing, "nft")
    for name, family in (("iptables", "ip"), ("ip6tables", "ip6")):
        in_nft = True
        if listing.get(name) is not None:
            iptables = read_iptables(listing[name], family)
            in_nft = iptables.in_nft or not iptables.chains
            if in_nft:
                chains = {
                    key: chain for key, chain in chains.items() if not _is_in(key, family, iptables.tables)
                }
            chains.update({chain.key: chain for chain in iptables.chains})
        if in_nft and listing.get(f"{name}_legacy") is not None:
            legacy = read_iptables(listing[f"{name}_legacy"], family, listed_by="iptables-legacy")
            chains.update({chain.key: chain for chain in legacy.chains})
    return Ruleset(chains=chains, sets=sets, unseen=unseen)


def _is_in(key: tuple[str, str, str], family: str, tables: frozenset[str]) -> bool:
    return key[0] == family and key[1] in tables


def _problem(listing: Mapping[str, object], name: str) -> str:
    problems = listing.get("problems")
    said = problems.get(name) if isinstance(problems, Mapping) else None
    return f"the rules of {name} could not be listed" + (f": {said}" if isinstance(said, str) else "")
