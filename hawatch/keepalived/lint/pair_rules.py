"""The rules for two files of one pair, in the order in which they are documented; live findings have the same names."""

from __future__ import annotations

from hawatch.keepalived.lint import differences, pairs, virtual_servers
from hawatch.keepalived.lint.pairs import differing
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Couple

_E, _W = Severity.ERROR, Severity.WARNING

PAIR_RULES: tuple[Rule[Couple], ...] = (
    # must be the same
    Rule(
        "virtual_services_differ",
        _W,
        "a `virtual_server` that the other file lacks",
        "after a move nobody answers at it",
        virtual_servers.services_differ,
    ),
    Rule(
        "lvs_sync_daemon_wrong",
        _W,
        "`lvs_sync_daemon` with another id, or in one file alone",
        "the standby learns of no connection, and all of them end with a move",
        virtual_servers.sync_daemons_differ,
    ),
    Rule(
        "no_counterpart",
        _W,
        "an instance that the other file has nothing for",
        "no standby",
        pairs.no_counterpart,
    ),
    Rule(
        "vrid_mismatch",
        _E,
        "one set of VIPs under two VRIDs",
        "the nodes do not listen to each other, and both are MASTER",
        differing(pairs.vrid, "virtual_router_id"),
    ),
    Rule(
        "version_mismatch",
        _E,
        "VRRPv2 on one node, VRRPv3 on the other",
        "each drops what the other sends, and both are MASTER",
        differing(pairs.version, "version"),
    ),
    Rule(
        "auth_mismatch",
        _E,
        "another kind of authentication or another password",
        "each drops what the other sends, and both are MASTER",
        pairs.authentication,
    ),
    Rule(
        "destination_mismatch",
        _E,
        "unicast on one node, multicast on the other",
        "the nodes do not hear each other, and both are MASTER",
        pairs.destination_kind,
    ),
    Rule(
        "multicast_group_mismatch",
        _E,
        "two multicast groups",
        "the nodes do not hear each other, and both are MASTER",
        differing(pairs.group, "mcast_dst_ip"),
    ),
    Rule(
        "advert_interval_mismatch",
        _E,
        "another `advert_int` in VRRPv2",
        "each drops what the other sends, without a counter, and both are MASTER",
        differing(pairs.interval_2, "advert_int"),
    ),
    Rule(
        "advert_interval_differs",
        _W,
        "another `advert_int` in VRRPv3",
        "how fast a failure is noticed depends on who is MASTER",
        differing(pairs.interval_3, "advert_int"),
    ),
    Rule(
        "vip_list_mismatch",
        _E,
        "another list of advertised VIPs",
        "keepalived up to 2.3.2 drops such advertisements, and both are MASTER; later ones move only a part",
        pairs.vips,
    ),
    Rule(
        "excluded_vips_mismatch",
        _W,
        "another list of excluded VIPs",
        "after a failover some are held by nobody",
        pairs.excluded,
    ),
    Rule("vip_mask_mismatch", _W, "a VIP with two masks", "its routes depend on who holds it", pairs.masks),
    Rule(
        "checksum_form_mismatch",
        _E,
        "`v3_checksum_as_v2` on one node alone (VRRPv3 over IPv4)",
        "the node without it drops what the other sends",
        differing(pairs.checksum, "v3_checksum_as_v2"),
    ),
    Rule(
        "down_timer_mismatch",
        _W,
        "another `down_timer_adverts`",
        "how soon a standby takes over depends on which it is",
        differing(pairs.down_timer, "down_timer_adverts"),
    ),
    Rule(
        "sync_group_mismatch",
        _W,
        "instances in one sync group on one node alone",
        "they move together in one direction only",
        pairs.sync_groups,
    ),
    # must differ, and fit together
    Rule(
        "equal_priority",
        _W,
        "one priority on both nodes",
        "the higher address decides who is MASTER, also right after a split",
        differences.equal_priority,
    ),
    Rule(
        "duplicate_address_owner",
        _E,
        "priority 255 on both nodes",
        "two address owners never yield to each other",
        differences.duplicate_owner,
    ),
    Rule(
        "both_master",
        _W,
        "`state MASTER` on both nodes",
        "each takes the VIP when it starts, and yields a moment later",
        differences.both_master,
    ),
    Rule(
        "router_id_equal",
        _W,
        "one `router_id` on both nodes",
        "mail, SNMP and logs cannot tell them apart",
        differences.router_ids,
    ),
    Rule(
        "unicast_peer_mismatch",
        _E,
        "a `unicast_peer` list without the other's `unicast_src_ip`",
        "the other node hears nothing and becomes MASTER too",
        differences.peer_lists,
    ),
    Rule(
        "source_equal",
        _E,
        "one `unicast_src_ip` or `mcast_src_ip` on both nodes",
        "only one of them can have the address; the other is in FAULT or not heard",
        differences.equal_sources,
    ),
    Rule(
        "nopreempt_below",
        _W,
        "`nopreempt` on the node of lower priority alone",
        "it is the other one that would preempt",
        differences.nopreempt_below,
    ),
    Rule(
        "weight_too_small",
        _W,
        "a weight that does not outweigh the difference of the priorities",
        "the check fails and nothing moves",
        differences.weight_too_small,
    ),
    Rule(
        "sync_group_torn",
        _W,
        "members of one sync group that prefer different nodes",
        "no node can hold the whole group in peace",
        differences.torn_groups,
    ),
)
"""Looked at in each two files."""
