"""Which tool owns a rule, as far as the listings tell."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from hawatch.netfilter.ruleset import Chain, Rule, Ruleset, XtMatch


class FirewallTool(StrEnum):
    """The tool that would put the rule back at the next reload, and in whose language the remedy is spoken."""

    NFT = "nft"
    IPTABLES = "iptables"
    FIREWALLD = "firewalld"
    UFW = "ufw"
    DOCKER = "docker"
    LIBVIRT = "libvirt"


_TABLES = (
    ("firewalld", FirewallTool.FIREWALLD),
    ("libvirt_network", FirewallTool.LIBVIRT),
    ("docker-bridges", FirewallTool.DOCKER),
)
_CHAINS = (
    ("ufw-", FirewallTool.UFW),
    ("ufw6-", FirewallTool.UFW),
    ("DOCKER", FirewallTool.DOCKER),
    ("LIBVIRT_", FirewallTool.LIBVIRT),
)
_FIREWALLD_CHAINS = (
    "INPUT_direct",
    "INPUT_ZONES",
    "OUTPUT_direct",
    "FORWARD_direct",
    "PREROUTING_ZONES",
    "INPUT_POLICIES_pre",
)
_FIREWALLD_ZONES = ("IN_", "FWD", "PRE_", "POST_", "OUT_")
_XTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_XTABLES_CHAINS = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


def owner_of(chain: Chain, rule: Rule | None, ruleset: Ruleset) -> FirewallTool:
    """The owner of a rule (None: of the policy) of a chain.

    Chains that iptables itself has belong to ufw or firewalld when these have their chains in the same table, but a
    rule there that names a protocol was put in by hand.
    """
    for beginning, tool in _TABLES:
        if chain.table.startswith(beginning):
            return tool
    for beginning, tool in _CHAINS:
        if chain.name.startswith(beginning):
            return tool
    if not _is_of_xtables(chain):
        return FirewallTool.NFT
    siblings = [each.name for each in ruleset.chains.values() if each.key[:2] == chain.key[:2]]
    has_firewalld = bool(set(_FIREWALLD_CHAINS).intersection(siblings))
    if has_firewalld and (chain.name in _FIREWALLD_CHAINS or chain.name.startswith(_FIREWALLD_ZONES)):
        return FirewallTool.FIREWALLD
    if chain.name in _XTABLES_CHAINS and not _names_a_protocol(rule):
        if has_firewalld:
            return FirewallTool.FIREWALLD
        if _any_begins(siblings, ("ufw-", "ufw6-")):
            return FirewallTool.UFW
    return FirewallTool.IPTABLES


def _is_of_xtables(chain: Chain) -> bool:
    """A table of iptables, in its own listing or, where that is missing, in nft's."""
    if chain.listed_by != "nft":
        return True
    return (
        chain.family in {"ip", "ip6"}
        and chain.table in _XTABLES
        and (chain.name in _XTABLES_CHAINS or chain.hook is None)
    )


def _names_a_protocol(rule: Rule | None) -> bool:
    return rule is not None and any(
        isinstance(step, XtMatch) and step.option == "--protocol" for step in rule.steps
    )


def _any_begins(names: Iterable[str], beginnings: tuple[str, ...]) -> bool:
    return any(name.startswith(beginnings) for name in names)
