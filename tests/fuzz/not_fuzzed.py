"""The places that read text or bytes and that no input of the corpus comes to, each with the reason why not."""

from __future__ import annotations

_REASONS: dict[str, str] = {
    "a number, an address or a time that hawatch has made itself": """
        agent/composition.py:_is_address agent/drill_desk.py:_through agent/own_endpoint.py:_address
        agent/passive_statement.py:statement blackbox/bundle.py:_entry blackbox/frames.py:_nanoseconds
        blackbox/host.py:_entries blackbox/host.py:_listed_apart
        cli/check.py:run cli/replay.py:_line config/reference/twilio.py:- desk/commands.py:_snooze
        desk/telling.py:_start exporter/check_measure.py:measured exporter/samples.py:_drill exporter/samples.py:_loop
        exporter/samples.py:_router exporter/samples.py:samples exporter/words.py:duration helper/daemon.py:-
        incident/naming.py:next_id monitors/nagios.py:command notifiers/apprise.py:AppriseNotifier._tell
        notifiers/http.py:HttpNotifier._values notifiers/mail/letter.py:letter observers/arp_probe/own_address.py:-
        observers/icmp/echo_socket.py:EchoSocket.fileno observers/icmp/echo_socket.py:is_address
        observers/peer_link/endpoint.py:is_address observers/peer_link/endpoints.py:Endpoints.at
        passive/command_file.py:command passive/spool.py:Spool._waiting provider/signing/mac.py:sign_mac
        provider/signing/tencent.py:sign_tencent replies/http_list.py:HttpList._ask wire/letter_datagram.py:encode
        wire/report_virtual_services.py:_digest wire/serial_vips.py:_run witness/metrics.py:_families
        """,
    "what the agent or the witness of this host says of itself, over a socket of its own": """
        cli/drill_course.py:Course._bring_back cli/guard.py:_line cli/incident_text.py:local_time
        cli/phone_text.py:_clock cli/reply_loop.py:_line cli/reply_loop.py:run_loop cli/watching/around.py:_milliseconds
        cli/watching/details.py:last_move cli/watching/details.py:summary cli/watching/details.py:timeline
        cli/watching/heading.py:_mute cli/watching/heading.py:_trouble cli/watching/lanes.py:_seconds
        cli/watching/lanes.py:_telling cli/watching/look.py:age cli/watching/rows.py:_natural
        cli/watching/rows.py:_row cli/watching/table.py:_pieces drill/lanes.py:_read exporter/text.py:_ago
        exporter/text.py:_heading exporter/text.py:muted
        """,
    "what somebody types at a command of this host; what is wrong is a usage error, or asked for before": """
        cli/check.py:_is_address cli/check.py:_one_vip cli/check.py:_seconds cli/drill.py:_drill
        cli/initiating/dialogue.py:_ask_where_to_listen.meant cli/initiating/peers.py:_is_address
        cli/phone.py:_typed_lines cli/snooze.py:seconds cli/watch.py:seconds
        """,
    "what was checked when hawatch.toml was read (target hawatch_toml)": """
        cli/provider_warnings.py:_is_loopback cli/token_warnings.py:_is_loopback config/provider_template.py:_part
        doctor/nonlocal_bind.py:_configured exporter/listening.py:_host_and_port exporter/targets_view.py:is_loopback
        notifiers/twilio.py:_with_name observers/arp_probe/own_address.py:sender_among
        observers/icmp/echo_socket.py:EchoSocket.__init__ observers/service/tcp.py:check_tcp provider/drawing.py:_body
        provider/exchange.py:place_of provider/signing/aliyun.py:_query provider/signing/aliyun.py:sign_aliyun
        rota/source.py:WebSource.__init__ wire/address.py:mac_bytes
        """,
    "addresses that the kernel or keepalived's parser has given as such (targets keepalived_conf, netlink)": """
        cli/initiating/facts.py:HostFacts.without cli/initiating/facts.py:OwnAddress.network
        cli/initiating/facts.py:OwnAddress.reaches cli/initiating/peers.py:_is_link_local
        cli/initiating/peers.py:other_end cli/initiating/peers.py:sibling doctor/direct_routing.py:_may_be_vip
        doctor/packet_filter.py:_addresses keepalived/lint/scripts.py:script_writable
        """,
    "what the kernel writes in a form of its own, without a word of anybody else in it": """
        doctor/clock_offset.py:kernel_clock_status doctor/host.py:Host.processes doctor/serial_lines.py:_rights
        doctor/virtual_mac.py:_takes_group exporter/server.py:_caller exporter/places.py:caller_of
        helper/daemon.py:_children helper/daemon.py:_running helper/daemon.py:_stat helper/daemon.py:_takes
        helper/server.py:_uid_of observers/arp_probe/own_address.py:_ipv4_addresses
        observers/keepalived_daemon/process.py:ids_of observers/keepalived_daemon/search.py:Search._family
        observers/keepalived_daemon/search.py:uptime observers/keepalived_daemon/sockets.py:_own_sockets
        observers/keepalived_daemon/sockets.py:link_followers observers/packet/device.py:look_at
        observers/packet/packet_socket.py:PacketSocket.dropped observers/packet/packet_socket.py:PacketSocket.receive
        observers/peer_link/endpoint.py:Endpoint._arrived_at observers/peer_link/endpoint.py:Endpoint._source
        observers/shadow/shadow_socket.py:ShadowSocket.receive
        """,
    "what root or a program of root's writes on this host; what it cannot be is caught where it is read": """
        agent/service_manager.py:ServiceManager.of doctor/gathering.py:_own_listing helper/daemon.py:_written
        helper/daemon.py:Daemon.signal_number helper/dump.py:Dump.answer helper/dump.py:_is_json
        observers/keepalived_daemon/search.py:Search._pid_files observers/service/process.py:_is
        observers/service/unit.py:check_unit
        """,
    "four bytes of a length that was looked at before, an echo to a question of ours": """
        observers/icmp/echo_socket.py:EchoSocket.receive
        """,
    "reached with the key alone, or by the socket's group alone; tests of their own tell what is refused": """
        exporter/drill_routes.py:_away provider/verifying/verdict.py:_too_old
        """,
    "comes with the package": """
        exporter/page/__init__.py:words
        """,
}
NOT_FUZZED: dict[str, str] = {
    place: reason for reason, places in _REASONS.items() for place in places.split()
}
"""By place: the file below hawatch/, and the function."""
