"""The keywords that keepalived knows and that say nothing about who owns a VIP: read past without a word.

From keepalived.conf(5) and the keyword tables of 2.2.7 to 2.4 (init_vrrp_keywords, init_global_keywords).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OTHER_ROOT = _words("""
    SSL child_wait_time garp_group instance interface_up_down_delays linkbeat_interfaces linkbeat_use_polling
    namespace_with_ipsets net_namespace net_namespace_ipvs static_ipaddress static_routes static_rules track_group
    use_pid_dir virtual_server virtual_server_group
    """)

OTHER_GLOBAL = _words("""
    bfd_cpu_affinity bfd_no_swap bfd_priority bfd_process_name bfd_rlimit_rtime bfd_rlimit_rttime bfd_rt_priority
    checker_cpu_affinity checker_log_all_failures checker_no_swap checker_priority checker_process_name
    checker_rlimit_rtime checker_rlimit_rttime checker_rt_priority child_wait_time config_save_dir data_use_instance
    dbus_no_interface_name dbus_service_name default_interface disable_local_igmp dynamic_interfaces enable_dbus
    enable_script_security enable_snmp_checker enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2
    enable_snmp_rfcv3 enable_snmp_vrrp enable_traps fifo_write_vrrp_states_on_reload include_check instance
    json_version linkbeat_use_polling log_unknown_vrids lvs_flush lvs_flush_on_stop lvs_flush_onstop
    lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs
    lvs_netlink_monitor_rcv_bufs_force lvs_notify_fifo lvs_notify_fifo_script lvs_process_name lvs_sync_daemon
    lvs_timeouts max_auto_priority min_auto_priority_delay namespace_with_ipsets net_namespace net_namespace_ipvs
    nftables nftables_counters nftables_ifindex nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark
    nftables_priority no_checker_emails no_email_faults notification_email notification_email_from notify_fifo
    notify_fifo_script process_monitor_rcv_bufs process_monitor_rcv_bufs_force process_name process_names
    random_seed reload_check_config reload_file reload_repeat reload_time_file rs_init_notifies script_user
    shutdown_script shutdown_script_timeout smtp_alert smtp_alert_checker smtp_alert_vrrp smtp_connect_timeout
    smtp_helo_name smtp_server snmp_socket startup_script startup_script_timeout state_dump_file
    tmp_config_directory umask use_pid_dir use_symlink_paths vmac_addr_prefix vrrp_check_unicast_src
    vrrp_cpu_affinity vrrp_garp_extra_if vrrp_garp_interval vrrp_garp_master_refresh_repeat vrrp_gna_interval
    vrrp_ipsets vrrp_iptables vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force
    vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force vrrp_no_swap vrrp_notify_fifo
    vrrp_notify_fifo_script vrrp_notify_priority_changes vrrp_priority vrrp_process_name
    vrrp_rlimit_rtime vrrp_rlimit_rttime vrrp_rt_priority vrrp_rx_bufs_multiplier vrrp_rx_bufs_policy
    vrrp_skip_check_adv_addr vrrp_startup_delay vrrp_vmac_garp_intvl
    """)

OTHER_INSTANCE = _words("""
    check_unicast_src debug garp_extra_if garp_master_refresh_repeat kernel_rx_buf_size linkbeat_use_polling
    lvs_sync_daemon_interface no_virtual_ipaddress notify notify_backup notify_deleted notify_fault notify_master
    notify_master_rx_lower_pri notify_priority_changes notify_stop old_unicast_checksum owner_ignore_adverts
    promote_secondaries skip_check_adv_addr smtp_alert timer_expired_backup track_src_ip unicast_fault_no_peer
    unicast_ttl use_vmac_addr virtual_routes virtual_rules vmac_garp_intvl vrf
    """)

OTHER_AUTHENTICATION = frozenset({"auth_hmac"})

OTHER_SYNC_GROUP = _words("""
    notify notify_backup notify_deleted notify_fault notify_master notify_priority_changes notify_stop smtp_alert
    """)

OTHER_SCRIPT = _words("fall init_fail interval rise timeout user")
OTHER_TRACK_FILE = frozenset({"init_file"})
OTHER_TRACK_PROCESS = _words("delay fork_delay full_command param_match quorum quorum_max terminate_delay")
OTHER_BFD = _words(
    """
    checker hoplimit idle_tx max_hops min_rx min_tx multiplier neighbor_ip neighbour_ip passive source_ip ttl vrrp
    """
)


@dataclass(frozen=True, slots=True)
class Level:
    """What may stand in braces at one place of the file: the keywords there that open a block of their own.

    OPAQUE blocks may hold anything, ENTRIES only lines without braces.
    """

    blocks: Mapping[str, Level]


OPAQUE = Level({})
ENTRIES = Level({})
_SINGLE = Level({})  # keywords, none of which opens a block
_TRACKED = dict.fromkeys(
    ("track_interface", "track_script", "track_file", "track_process", "track_bfd"), ENTRIES
)
_LISTS = (
    "unicast_peer",
    "virtual_ipaddress",
    "virtual_ipaddress_excluded",
    "virtual_routes",
    "virtual_rules",
)
_INSTANCE = Level({**_TRACKED, **dict.fromkeys(_LISTS, ENTRIES), "authentication": _SINGLE})
_DEFINITIONS = (
    "vrrp_script",
    "vrrp_track_file",
    "track_file",
    "vrrp_track_process",
    "track_process",
    "bfd_instance",
)
ROOT = Level(
    {
        **dict.fromkeys(OTHER_ROOT, OPAQUE),
        "global_defs": Level({"notification_email": ENTRIES}),
        "vrrp_instance": _INSTANCE,
        "vrrp_sync_group": Level({**_TRACKED, "group": ENTRIES}),
        **dict.fromkeys(_DEFINITIONS, _SINGLE),
    }
)
"""The whole file."""
