"""What each cause means and how bad it can be: the table behind docs/verdicts.md, to which every finding is held."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.ability import (
    ANNOUNCE_VIP,
    REMOVE_VIP,
    RESTART_SERVICE,
    START_KEEPALIVED,
    THAW_KEEPALIVED,
)
from hawatch.verdict import Cause, Severity

_I, _W, _C = Severity.INFO, Severity.WARNING, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Entry:
    """One cause: the group it is listed in, the severities a finding of it may have, and what it means.

    `mended_by` is the action with a ready name (docs/actions.md) that is safe to have run from a phone; None: its
    remedy is for a person at a keyboard.
    """

    group: str
    severities: tuple[Severity, ...]
    meaning: str
    mended_by: str | None = None


CATALOGUE: dict[Cause, Entry] = {
    Cause.VRRP_BLOCKED_INBOUND: Entry(
        "path",
        (_W,),
        "advertisements reach the node's wire and not its keepalived, or a rule there would drop them",
    ),
    Cause.VRRP_BLOCKED_OUTBOUND: Entry(
        "path",
        (_W,),
        "the node is MASTER and its advertisements never leave it, or a rule there would drop them",
    ),
    Cause.MULTICAST_NOT_DELIVERED: Entry(
        "path", (_W,), "the network carries unicast between the nodes and loses the multicast of VRRP"
    ),
    Cause.MULTICAST_MEMBERSHIP_LOST: Entry(
        "path", (_W,), "keepalived runs and no socket of the node has joined the group"
    ),
    Cause.ONE_WAY_LOSS: Entry(
        "path", (_W,), "what the one sends never reaches this node, the other way works"
    ),
    Cause.PARTITION: Entry(
        "path", (_W,), "neither hears the other on VRRP's network, and both live on another path"
    ),
    Cause.LINK_DOWN: Entry("path", (_W,), "a device that matters has no link"),
    Cause.HEARTBEAT_LINK_DOWN: Entry("path", (_W,), "one path to a peer is down while another works"),
    Cause.RP_FILTER: Entry("path", (_W,), "the kernel's reverse path filter drops the advertisements"),
    Cause.PEER_UNREACHABLE: Entry("path", (_W,), "a peer is gone on every path: down or cut off"),
    Cause.NODE_DOWN: Entry("path", (_W,), "a peer's host said that it goes down, and is gone on every path"),
    Cause.LOOPED_FRAMES: Entry(
        "path", (_W,), "the node's own frames come back to it, or another host has its address"
    ),
    Cause.VRID_MISMATCH: Entry("configuration", (_W,), "the same VIPs under different virtual_router_id"),
    Cause.AUTH_MISMATCH: Entry(
        "configuration", (_W,), "different auth_type or auth_pass, compared by fingerprint"
    ),
    Cause.ADVERT_INTERVAL_MISMATCH: Entry(
        "configuration", (_I, _W), "different advert_int; version 2 refuses that"
    ),
    Cause.VERSION_MISMATCH: Entry("configuration", (_W,), "VRRP version 2 on one node and 3 on the other"),
    Cause.VIP_LIST_MISMATCH: Entry(
        "configuration", (_W,), "different virtual_ipaddress; up to 2.3.2 that is refused"
    ),
    Cause.DESTINATION_MISMATCH: Entry(
        "configuration", (_W,), "another multicast group, or unicast against multicast"
    ),
    Cause.CHECKSUM_FORM_MISMATCH: Entry(
        "configuration", (_W,), "different forms of the version 3 checksum over IPv4"
    ),
    Cause.EQUAL_PRIORITY: Entry(
        "configuration", (_I, _W), "the same priority: the higher address wins, not your plan"
    ),
    Cause.DUPLICATE_ADDRESS_OWNER: Entry("configuration", (_W,), "priority 255 on more than one node"),
    Cause.TTL_INVALID: Entry(
        "configuration", (_W,), "multicast advertisements arrive with a TTL other than 255"
    ),
    Cause.SOURCE_ADDRESS_WRONG: Entry(
        "configuration",
        (_W,),
        "a node speaks from an address that is not its own any more, or that the other does not list",
    ),
    Cause.CONFIG_NOT_LOADED: Entry(
        "configuration", (_W,), "keepalived.conf is newer than what keepalived runs"
    ),
    Cause.CLOCK_SKEW: Entry("configuration", (_W,), "the nodes' clocks differ by more than a second"),
    Cause.KEEPALIVED_DEAD: Entry(
        "daemon and host",
        (_W,),
        "no keepalived runs in the node's network namespace",
        mended_by=START_KEEPALIVED,
    ),
    Cause.KEEPALIVED_FROZEN: Entry(
        "daemon and host", (_W,), "keepalived is stopped by a signal", mended_by=THAW_KEEPALIVED
    ),
    Cause.KEEPALIVED_STARVED: Entry(
        "daemon and host", (_I, _W), "keepalived runs late, for want of processor time"
    ),
    Cause.HOST_PAUSED: Entry(
        "daemon and host", (_I, _W), "the whole host stood still for a while, as in a snapshot"
    ),
    Cause.BOOT_RACE: Entry(
        "daemon and host", (_W,), "MASTER too soon after its boot, start or link, before it could hear"
    ),
    Cause.STANDBY_FAULT: Entry("daemon and host", (_W,), "a standby could not take over"),
    Cause.TRACKED_FAULT: Entry(
        "daemon and host", (_W,), "something that keepalived tracks has failed, or cost priority"
    ),
    Cause.STALE_VIP: Entry(
        "daemon and host",
        (_W,),
        "VIPs that a dead keepalived left behind, or that something else put up, beside the owner's",
        mended_by=REMOVE_VIP,
    ),
    Cause.VIP_REMOVED: Entry("daemon and host", (_W,), "somebody took the VIP away from the MASTER"),
    Cause.VIP_WITHOUT_MASTER: Entry(
        "daemon and host", (_W,), "the node holds VIPs, and no keepalived runs there", mended_by=REMOVE_VIP
    ),
    Cause.STALE_ARP: Entry(
        "daemon and host",
        (_C,),
        "clients still find the VIP at the node that gave it up",
        mended_by=ANNOUNCE_VIP,
    ),
    Cause.FOREIGN_ROUTER: Entry("outsiders", (_I, _W), "somebody outside the pair uses our VRID"),
    Cause.ADDRESS_CLAIMED: Entry("outsiders", (_C,), "a MAC that belongs to no member answers for a VIP"),
    Cause.VIRTUAL_SERVICE_MISSING: Entry(
        "LVS", (_C,), "the owner's kernel lacks a virtual service that keepalived.conf has for a VIP"
    ),
    Cause.NO_REAL_SERVER: Entry(
        "LVS",
        (_W, _C),
        "a virtual service of the owner has no real server that gets connections; a warning if a sorry_server answers",
    ),
    Cause.VIRTUAL_SERVICES_DIFFER: Entry(
        "LVS",
        (_I, _W),
        "the standby would balance otherwise than the owner; information if only their health checks differ",
    ),
    Cause.LVS_SYNC_DAEMON_WRONG: Entry(
        "LVS",
        (_W,),
        "the sync daemon is not master on the owner or backup on the standby, so that connections end with a move",
    ),
    Cause.SERVICE_DOWN: Entry(
        "service and watch",
        (_W,),
        "a service check fails where the service ought to be",
        mended_by=RESTART_SERVICE,
    ),
    Cause.VIP_GIVEN_UP: Entry(
        "service and watch",
        (_W,),
        "the guard of a service has given its VIP up, since restarts were in vain",
    ),
    Cause.REFERENCE_DOWN: Entry(
        "service and watch", (_I, _W), "a reference does not answer; a warning if no peer does"
    ),
    Cause.PEER_UNVERIFIED: Entry(
        "service and watch", (_I,), "a peer never had an agent: its own view is not known"
    ),
    Cause.BLIND: Entry("service and watch", (_W,), "a part of the agent's own sight fails"),
    Cause.NOTIFICATION_PATH_DOWN: Entry(
        "service and watch",
        (_W,),
        "a channel to people does not get through, or its gateway tells nothing of what it was given",
    ),
    Cause.WITNESS_DOWN: Entry(
        "service and watch",
        (_W,),
        "a witness is silent, speaks of the past, or has another key; it is ignored",
    ),
}
