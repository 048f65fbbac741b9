"""The virtual_server blocks of a keepalived.conf, as the services that they become in the kernel."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.reader import read
from hawatch.keepalived.virtual_server import ConfiguredSyncDaemon, Server, VirtualServers
from tests.test_keepalived_parser import MemoryFiles

INSTANCE = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress { 10.0.0.100/24 }
    %s
}
"""


def configured(text: str, instance: str = "") -> KeepalivedConfig:
    return read("a.conf", fingerprint=bytes.hex, files=MemoryFiles({"a.conf": text + INSTANCE % instance}))


def servers(text: str, instance: str = "") -> VirtualServers:
    return configured(text, instance).virtual_servers


def names(text: str) -> list[str]:
    return [name for each in servers(text).servers for name in each.services]


def test_a_virtual_server_has_its_service_its_real_servers_and_who_says_sorry() -> None:
    (found,) = servers("""
        virtual_server 10.0.0.100 80 {
            delay_loop 6
            lvs_sched wlc
            lvs_method DR
            persistence_timeout 300
            protocol TCP
            ha_suspend
            sorry_server 10.0.0.99 8080
            real_server 10.0.0.11 80 {
                weight 3
                HTTP_GET { url { path /health
                status_code 200 } }
            }
            real_server 10.0.0.12 {
                weight 1
            }
        }
    """).servers
    assert (found.name, found.services) == ("10.0.0.100 80", ("tcp 10.0.0.100:80",))
    assert found.real_servers == (Server(address="10.0.0.11", port=80), Server(address="10.0.0.12"))
    assert found.sorry_server == Server(address="10.0.0.99", port=8080)
    assert found.ha_suspend


def test_protocols_ports_and_families_are_in_the_name() -> None:
    assert names("virtual_server 10.0.0.100 53 {\nprotocol UDP\n}") == ["udp 10.0.0.100:53"]
    assert names("virtual_server 10.0.0.100 5 {\nprotocol sctp\n}") == ["sctp 10.0.0.100:5"]
    assert names("virtual_server 10.0.0.100 {\npersistence_timeout 50\n}") == ["tcp 10.0.0.100:0"]
    assert names("virtual_server 2001:DB8:0::100 443 {\nlvs_sched rr\n}") == ["tcp [2001:db8::100]:443"]


def test_a_mark_has_the_family_that_is_said_or_that_of_its_servers() -> None:
    six, four = "real_server fd00::11 80 {\n}", "real_server 10.0.0.11 80 {\n}"
    assert names(f"virtual_server fwmark 3 {{\n{four}\n}}") == ["fwmark 3 ipv4"]
    assert names(f"virtual_server fwmark 3 {{\n{six}\n}}") == ["fwmark 3 ipv6"]
    assert names(f"virtual_server fwmark 3 {{\nip_family inet6\n{four}\n}}") == ["fwmark 3 ipv6"]
    assert names(f"virtual_server fwmark 3 {{\nlvs_method TUN\n{six}\n}}") == ["fwmark 3 ipv6"]
    assert names(f"virtual_server fwmark 3 {{\nlvs_method TUN\n{six}\n{four}\n}}") == ["fwmark 3 ipv4"]
    assert names("virtual_server fwmark 3 {\nlvs_method TUN\n}") == ["fwmark 3 ipv4"]


def test_a_group_is_all_that_it_lists_wherever_it_stands() -> None:
    text = """
        virtual_server group WEB {
            lvs_sched rr
        }
        virtual_server_group WEB {
            10.0.0.100 80
            10.0.0.102-104 443
            10.0.0.254-10.0.1.1 8080
            10.0.0.8/30 90
            fwmark 7
            fwmark 8 inet6
        }
    """
    assert names(text) == [
        "tcp 10.0.0.100:80",
        *(f"tcp 10.0.0.{last}:443" for last in (102, 103, 104)),
        *(f"tcp {each}:8080" for each in ("10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1")),
        *(f"tcp 10.0.0.{last}:90" for last in (8, 9, 10, 11)),
        "fwmark 7 ipv4",
        "fwmark 8 ipv6",
    ]
    assert names("virtual_server group NOBODY {\nlvs_sched rr\n}") == []


def test_a_range_is_looked_at_as_far_as_is_sensible() -> None:
    text = "virtual_server_group W {\nfd00::/64 80\n}\nvirtual_server group W {\nlvs_sched rr\n}"
    assert len(names(text)) == 256


def test_what_keepalived_would_skip_is_no_service() -> None:
    for odd in ("virtual_server nowhere 80", "virtual_server 10.0.0.100 http", "virtual_server fwmark none"):
        assert names(f"{odd} {{\nlvs_sched rr\n}}") == []
    assert names("virtual_server 10.0.0.100 80") == []


def test_the_sync_daemon_is_of_an_instance_and_has_its_vrid_for_an_id() -> None:
    def daemon(line: str, instance: str = "") -> ConfiguredSyncDaemon | None:
        return servers(f"global_defs {{\n{line}\n}}\n", instance).sync_daemon

    usual = ConfiguredSyncDaemon(interface="eth1", instance="VI_1", sync_id=51)
    assert daemon("lvs_sync_daemon eth1 VI_1") == usual
    assert daemon("lvs_sync_daemon eth1 inst VI_1 maxlen 1400 port 8848") == usual
    for written in ("VI_1 7", "VI_1 id 7", "inst VI_1 id 7", "id 7 inst VI_1"):
        assert daemon(f"lvs_sync_daemon eth1 {written}") == ConfiguredSyncDaemon(
            interface="eth1", instance="VI_1", sync_id=7
        )
    assert daemon("lvs_sync_daemon eth1") == ConfiguredSyncDaemon(interface="eth1", instance=None, sync_id=0)
    assert daemon("lvs_sync_daemon eth1 VI_9") is None, "keepalived forgets one of an instance there is not"
    assert daemon("router_id a", "lvs_sync_daemon_interface eth1") == usual
    assert daemon("router_id a") is None


def test_a_namespace_of_its_own_for_ipvs_is_known() -> None:
    assert servers("global_defs {\nnet_namespace_ipvs lvs\n}\n").namespace == "lvs"
    assert servers("net_namespace_ipvs lvs\n").namespace == "lvs"
    assert servers("net_namespace lvs\nnet_namespace_ipvs lvs\n").namespace is None
    assert servers("net_namespace lvs\n").namespace is None
    assert servers("net_namespace lvs\nnet_namespace_ipvs\n").namespace == "default"
    assert servers("net_namespace_ipvs\n").namespace is None


def test_a_configuration_without_any_is_as_it_was_and_one_with_some_has_another_digest() -> None:
    without = configured("")
    assert not without.virtual_servers.any
    assert without.digest != configured("virtual_server 10.0.0.100 80 {\nlvs_sched rr\n}").digest


@given(
    st.lists(st.text(st.characters(codec="ascii", exclude_characters='{}"#!\\@$~'), max_size=30), max_size=6)
)
def test_nonsense_in_a_virtual_server_is_read_past(lines: list[str]) -> None:
    body = "\n".join(" ".join(line.split()) for line in lines)
    text = f"virtual_server 10.0.0.100 80 {{\n{body}\n}}\nvirtual_server_group G {{\n{body}\n}}\n"
    assert (
        "tcp 10.0.0.100:80" in names(text + "virtual_server group G {\nlvs_sched rr\n}\n")
        or "protocol" in body
    )
