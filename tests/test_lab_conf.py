"""What the lab writes into keepalived.conf (that keepalived takes it, the tests in tests/lab show)."""

from __future__ import annotations

from dataclasses import replace

from deploy.lab import Addressing, InstanceConf, KeepalivedConf, ScriptConf, Topology, conf


def test_a_pair_differs_in_priority_alone() -> None:
    pair = conf.pair(Topology(), auth_pass="secret")
    assert list(pair) == ["lb01", "lb02"]
    assert [one.priority for one in pair.values()] == [150, 100]
    assert replace(pair["lb02"], priority=150) == pair["lb01"]


def test_a_whole_file_reads_as_keepalived_writes_it() -> None:
    instance = InstanceConf(
        priority=150, advert_int=0.1, version=3, nopreempt=True, track_scripts=("check weight -20",)
    )
    whole = KeepalivedConf(
        instances=(instance,), scripts=(ScriptConf(weight=-60),), sync_groups={"G": ("VI_1",)}, router_id="lb"
    )
    assert (
        whole.render()
        == """\
global_defs {
    script_user root
    enable_script_security
    router_id lb
}
vrrp_script check {
    script "/usr/bin/test -e /etc/keepalived/healthy"
    interval 1
    fall 1
    rise 1
    weight -60
}
vrrp_sync_group G {
    group {
        VI_1
    }
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 0.1
    version 3
    nopreempt
    virtual_ipaddress {
        10.0.0.100/24
    }
    track_script {
        check weight -20
    }
}
"""
    )


def test_unicast_lists_all_others_in_the_family_of_the_vips() -> None:
    three = Topology(routers=("lb01", "lb02", "lb03"))
    assert conf.pair(three, unicast=True)["lb02"].unicast_peers == ("10.0.0.11", "10.0.0.13")
    six = conf.pair(Topology(), unicast=True, vips=("fd00::100/64",))["lb01"]
    assert (six.unicast_src_ip, six.unicast_peers) == ("fd00::11", ("fd00::12",))
    bare = conf.pair(Topology(addressing=Addressing.LINK_LOCAL), unicast=True, vips=("fd00::100/64",))["lb01"]
    assert (bare.unicast_src_ip, bare.unicast_peers) == ("fe80::ff:fe00:b", ("fe80::ff:fe00:c",))


def test_text_is_taken_as_it_is() -> None:
    assert conf.render("vrrp_instance broken {\n") == "vrrp_instance broken {\n"
