"""keepalived.conf as people write it, and the model it becomes; and the real keepalived's word on the same files."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import ConfigError
from hawatch.keepalived.files import DiskFiles
from hawatch.keepalived.model import (
    KeepalivedConfig,
    SyncGroup,
    TrackedInterface,
    TrackedScript,
    VirtualAddress,
    VirtualRouter,
)
from hawatch.keepalived.reader import read
from hawatch.plain import codec
from hawatch.wire.family import Family
from tests import real_keepalived

MAIN = real_keepalived.MAIN
SAMPLES = Path("/usr/share/doc/keepalived/samples")


class MemoryFiles:
    """A file system of a few texts."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def read(self, path: str) -> str:
        if path not in self.texts:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.texts[path]

    def glob(self, pattern: str) -> list[str]:
        return sorted(path for path in self.texts if fnmatch.fnmatchcase(path, pattern))


def shown(password: bytes) -> str:
    return password.hex()


def parse(text: str, others: dict[str, str] | None = None, config_id: str = "lb01") -> KeepalivedConfig:
    files = MemoryFiles({MAIN: text, **(others or {})})
    return read(MAIN, fingerprint=shown, config_id=config_id, files=files)


def router(body: str, before: str = "") -> VirtualRouter:
    """The one virtual router of a file with these lines in its instance."""
    return parse(instance(body, before)).virtual_routers[0]


def instance(body: str, before: str = "") -> str:
    return f"{before}\nvrrp_instance VI_1 {{\ninterface eth0\nvirtual_router_id 51\n{body}\n}}\n"


def problem(text: str, others: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as raised:
        parse(text, others)
    return str(raised.value)


PAIR = """
! Configuration File for keepalived
global_defs {
    router_id LVS_1          # who we are
}

vrrp_script chk_nginx {
    script "/usr/bin/pgrep nginx"
    interval 2
    weight -60
}

vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1
    nopreempt
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.136.100/24 dev eth1 label eth1:vip
        192.168.136.101
    }
    virtual_ipaddress_excluded {
        2001:db8:0::100/64
    }
    track_interface {
        eth1
        eth2 weight -10 reverse
    }
    track_script {
        chk_nginx
    }
}
"""


def test_the_configuration_most_people_have_becomes_what_it_says() -> None:
    config = parse(PAIR)

    assert config.router_id == "LVS_1"
    assert config.files == (MAIN,)
    assert config.warnings == ()
    assert config.virtual_routers == (
        VirtualRouter(
            instance="VI_1",
            interface="eth0",
            vrid=51,
            family=Family.IPV4,
            version=2,
            priority=150,
            advert_interval=1.0,
            initial_state="BACKUP",
            nopreempt=True,
            auth_type="pass",
            auth_fingerprint=b"1111\0\0\0\0".hex(),
            vips=(
                VirtualAddress(address="192.168.136.100", prefix_length=24, device="eth1"),
                VirtualAddress(address="192.168.136.101", prefix_length=32),
            ),
            excluded=(VirtualAddress(address="2001:db8::100", prefix_length=64),),
            tracked_interfaces=(
                TrackedInterface(name="eth1"),
                TrackedInterface(name="eth2", weight=-10, reverse=True),
            ),
            tracked_scripts=(TrackedScript(name="chk_nginx", kind="script", weight=-60),),
        ),
    )


def test_what_is_not_said_has_keepaliveds_defaults() -> None:
    found = router("virtual_ipaddress {\n10.0.0.1\n}")

    assert found == VirtualRouter(
        instance="VI_1",
        interface="eth0",
        vrid=51,
        vips=(VirtualAddress(address="10.0.0.1", prefix_length=32),),
    )
    assert (found.priority, found.version, found.initial_state, found.multicast_group) == (
        100,
        2,
        "BACKUP",
        "224.0.0.18",
    )


def test_state_master_without_a_priority_makes_an_address_owner() -> None:
    found = router("state MASTER\nnopreempt\nvirtual_ipaddress { 10.0.0.1 }")

    assert (found.priority, found.initial_state, found.nopreempt) == (255, "MASTER", False)


def test_nopreempt_and_preempt_delay_do_not_hold_with_state_master() -> None:
    text = instance("state MASTER\npriority 150\nnopreempt\npreempt_delay 5\nvirtual_ipaddress { 10.0.0.1 }")
    config = parse(text)

    assert not config.virtual_routers[0].nopreempt
    assert config.virtual_routers[0].preempt_delay == 0
    assert [warning.partition("VI_1: ")[2] for warning in config.warnings] == [
        "nopreempt has no effect with state MASTER",
        "preempt_delay has no effect with state MASTER",
    ]


@pytest.mark.parametrize(
    ("version", "asked", "used"),
    [(2, "1.4", 1), (2, "1.5", 2), (2, "0.3", 1), (3, "0.126", 0.13), (3, "0.1", 0.1), (3, "200", 40.95)],
)
def test_an_interval_is_rounded_to_what_the_version_can_say(version: int, asked: str, used: float) -> None:
    found = router(f"version {version}\nadvert_int {asked}\nvirtual_ipaddress {{ 10.0.0.1 }}")

    assert found.advert_interval == used


def test_the_first_address_decides_on_the_family() -> None:
    config = parse(instance("virtual_ipaddress {\nfe80::1/64\n2001:db8::1\n10.0.0.1/24\n}"))
    found = config.virtual_routers[0]

    assert (found.family, found.version, found.multicast_group) == (Family.IPV6, 3, "ff02::12")
    assert [vip.address for vip in found.vips] == ["fe80::1", "2001:db8::1"]
    assert "10.0.0.1 is not of the instance's address family" in config.warnings[0]


def test_unicast_peers_and_source_are_taken_in() -> None:
    found = router(
        "unicast_src_ip 10.0.0.2\nunicast_peer {\n10.0.0.3\n10.0.0.4 min_ttl 254\n}\nvirtual_ipaddress { 10.0.0.1 }"
    )

    assert found.unicast
    assert found.source == "10.0.0.2"
    assert found.unicast_peers == ("10.0.0.3", "10.0.0.4")


def test_a_unicast_keyword_without_peers_leaves_it_multicast() -> None:
    assert not router("unicast_src_ip 10.0.0.2\nvirtual_ipaddress { 10.0.0.1 }").unicast


def test_a_vmac_gets_the_first_free_name() -> None:
    text = "".join(
        f"vrrp_instance VI_{name} {{\ninterface {interface}\nvirtual_router_id 7\nuse_vmac {given}\n"
        f"virtual_ipaddress {{ {vip} }}\n}}\n"
        for name, interface, given, vip in (
            ("4", "eth0", "", "10.0.0.1"),
            ("6", "eth0", "", "fe80::1"),
            ("b", "eth1", "", "10.0.1.1"),
            ("c", "eth2", "mine 00:00:5e:00:01:09", "10.0.2.1"),
        )
    )

    names = [found.vmac_interface for found in parse(text).virtual_routers]
    assert names == ["vrrp.7", "vrrp6.7", "vrrp1.7", "mine"]


def test_globals_are_the_defaults_wherever_they_stand() -> None:
    text = instance("virtual_ipaddress { 10.0.0.1 }") + (
        "global_defs {\nvrrp_version 3\nvrrp_mcast_group4 224.0.0.99\nvrrp_lower_prio_no_advert\n"
        "vrrp_down_timer_adverts 5\nvrrp_garp_master_delay 2\nvrrp_garp_master_refresh 60\n}\n"
    )
    found = parse(text).virtual_routers[0]

    assert (found.version, found.multicast_group, found.lower_prio_no_advert) == (3, "224.0.0.99", True)
    assert (found.down_timer_adverts, found.garp_master_delay, found.garp_lower_prio_delay) == (5, 2, 2)
    assert found.garp_master_refresh == 60


def test_strict_mode_leaves_only_what_the_standard_has() -> None:
    found = router(
        "priority 150\nstate MASTER\npreempt_delay 3\nauthentication {\nauth_type PASS\nauth_pass x\n}\n"
        "virtual_ipaddress { 10.0.0.1 }",
        before="global_defs {\nvrrp_strict\n}",
    )

    assert (found.strict, found.initial_state, found.preempt_delay, found.auth_type) == (
        True,
        "BACKUP",
        0,
        "none",
    )
    assert (found.lower_prio_no_advert, found.accept, found.garp_lower_prio_repeat) == (True, False, 0)


def test_a_sync_group_tracks_for_all_its_members() -> None:
    text = """
    vrrp_script check { script /bin/true
        weight 5 }
    vrrp_script plain { script /bin/true
    }
    track_file level { file /run/level
    }
    vrrp_sync_group G {
        group { A
                B C }
        track_script { check }
        track_interface { eth9 }
    }
    """ + "".join(
        f"vrrp_instance {name} {{\ninterface eth{n}\nvirtual_router_id {n + 1}\nvirtual_ipaddress {{ 10.0.{n}.1 }}\n"
        "track_script {\ncheck weight 9\nplain\n}\ntrack_file {\nlevel\n}\ntrack_interface { eth8 weight 4 }\n}\n"
        for n, name in enumerate("AB")
    )
    config = parse(text)

    scripts = (TrackedScript(name="check", weight=5),)
    interfaces = (TrackedInterface(name="eth9"),)
    assert config.sync_groups == (
        SyncGroup(name="G", members=("A", "B"), tracked_scripts=scripts, tracked_interfaces=interfaces),
    )
    assert [found.sync_group for found in config.virtual_routers] == ["G", "G"]
    # Weights of a member's own would pull the group apart.
    assert config.virtual_routers[0].tracked_scripts == (
        TrackedScript(name="plain"),
        TrackedScript(name="level", kind="file", weight=0),
        TrackedScript(name="check", weight=5),
    )
    assert config.virtual_routers[0].tracked_interfaces == (
        TrackedInterface(name="eth8", weight=0),
        TrackedInterface(name="eth9"),
    )
    assert "there is no vrrp_instance C" in config.warnings[-1]


def test_a_script_must_be_defined_above_the_line_that_tracks_it() -> None:
    config = parse(
        instance("virtual_ipaddress { 10.0.0.1 }\ntrack_script { later }")
        + "vrrp_script later { script /bin/true\n}"
    )

    assert config.virtual_routers[0].tracked_scripts == ()
    assert "'later' is not defined above" in config.warnings[0]


# --- how a file is written -------------------------------------------------------------------------


def vips(text: str, others: dict[str, str] | None = None, config_id: str = "lb01") -> list[str]:
    (found,) = parse(text, others, config_id).virtual_routers
    return [vip.address for vip in found.vips]


def test_comments_quotes_and_braces_may_stand_almost_anywhere() -> None:
    found = parse(
        'vrrp_instance "VI # one"\n{interface eth0\nvirtual_router_id 51 virtual # x\n'
        'authentication { auth_type PASS\nauth_pass "a b#c!d" }\nvirtual_ipaddress { 10.0.0.1 ! y\n} }'
    ).virtual_routers[0]
    assert found.instance == "VI # one"
    assert found.auth_fingerprint == b"a b#c!d\0".hex()


def test_a_password_is_cut_to_what_a_packet_carries_and_never_kept() -> None:
    config = parse(instance("authentication { auth_type PASS\nauth_pass longer-than-eight }"))

    assert config.virtual_routers[0].auth_fingerprint == b"longer-t".hex()
    assert "longer-t" not in str(codec(KeepalivedConfig).encode(replace(config, warnings=())))


def test_an_escaped_sign_starts_no_comment_inside_quotes_only() -> None:
    bare = parse(instance("authentication {\nauth_type PASS\nauth_pass a\\#b\\!c\n}"))
    quoted = router('authentication {\nauth_type PASS\nauth_pass "a#b!c"\n}')

    assert bare.virtual_routers[0].auth_fingerprint == b"a\0\0\0\0\0\0\0".hex()
    assert "begins a comment all the same" in bare.warnings[0]
    assert quoted.auth_fingerprint == b"a#b!c\0\0\0".hex()


def test_an_include_behind_a_brace_is_read_twice() -> None:
    text = instance("virtual_ipaddress { include x.inc\n}")

    assert vips(text, {"/etc/keepalived/x.inc": "10.0.0.1"}) == ["10.0.0.1", "10.0.0.1"]


def test_lines_for_one_host_count_only_there() -> None:
    text = instance(
        "@lb01 priority 150\n@lb02 priority 100\n@^lb01 nopreempt\nvirtual_ipaddress { 10.0.0.1 }"
    )

    assert [parse(text, config_id=name).virtual_routers[0].priority for name in ("lb01", "lb02")] == [
        150,
        100,
    ]
    assert [parse(text, config_id=name).virtual_routers[0].nopreempt for name in ("lb01", "lb02")] == [
        False,
        True,
    ]


def test_the_first_part_of_the_host_name_is_the_id_by_default() -> None:
    files = MemoryFiles({MAIN: instance("@lb02 priority 77")})

    found = read(MAIN, fingerprint=shown, host_name="lb02.example.net", files=files)
    assert found.virtual_routers[0].priority == 77


def test_parameters_are_replaced_where_they_are_used() -> None:
    text = "$BASE=10.2.${SUB}\n$SUB=0\n" + instance(
        "virtual_ipaddress {\n${BASE}.100/32\n$SUB=10\n${BASE}.100/32\n$BASE.1\n}"
    )

    assert vips(text) == ["10.2.0.100", "10.2.10.100"]


def test_a_parameter_of_several_lines_is_a_template() -> None:
    text = r"""
    $INSTANCE= \
        vrrp_instance VI_${N} { \
            interface eth0 # a comment \
            virtual_router_id ${N} \
            @lb01 priority 150 \
            @lb02 priority 100 \
            virtual_ipaddress { 10.0.${N}.1/24 } \
        }

    ~SEQ(N, 1, 2, 5) $INSTANCE
    """
    config = parse(text)

    assert [(found.instance, found.vrid, found.priority) for found in config.virtual_routers] == [
        ("VI_1", 1, 150),
        ("VI_3", 3, 150),
        ("VI_5", 5, 150),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("~SEQ(A, 3) 10.0.0.${A}", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("~SEQ(A, 3, 2) 10.0.0.${A}", ["10.0.0.3", "10.0.0.2"]),
        ("~SEQ(A, 1, 2) ~SEQ(B, 1, 2) 10.0.${A}.${B}", ["10.0.1.1", "10.0.1.2", "10.0.2.1", "10.0.2.2"]),
        ("~SEQx(A, 0x9f, 0xa1) fe80::${A}", ["fe80::9f", "fe80::a0", "fe80::a1"]),
        ("~LST(A, 5, 7) 10.0.0.${A}", ["10.0.0.5", "10.0.0.7"]),
        ("~LST({A, B}, {1,2}, {3}) 10.0.${A}.1${B}", ["10.0.1.12", "10.0.3.1"]),
    ],
)
def test_repeats_stand_for_several_lines(line: str, expected: list[str]) -> None:
    assert vips(instance(f"virtual_ipaddress {{\n{line}\n}}")) == expected


def test_predefined_parameters_are_known() -> None:
    text = instance(
        "priority 10\nvirtual_ipaddress { 10.0.0.1 }\n${_INSTANCE}", before="$X=${_PWD}/more.conf"
    )

    assert "unknown keyword 'lb01'" in parse(text).warnings[0]


def test_included_files_are_found_beside_the_including_one_and_in_order() -> None:
    others = {
        "/etc/keepalived/conf.d/b.conf": "10.0.0.2\ninclude deeper/x.inc",
        "/etc/keepalived/conf.d/a.conf": "10.0.0.1",
        "/etc/keepalived/conf.d/deeper/x.inc": "10.0.0.3",
    }
    text = instance("virtual_ipaddress {\ninclude conf.d/*.conf\n}")
    config = parse(text, others)

    assert [vip.address for vip in config.virtual_routers[0].vips] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert config.files == (MAIN, *sorted(others)[:2], "/etc/keepalived/conf.d/deeper/x.inc")


def test_braces_in_an_include_line_are_alternatives() -> None:
    others = {f"/etc/keepalived/{name}.conf": f"10.0.0.{name}" for name in ("1", "2", "31", "32")}
    text = instance("virtual_ipaddress {\ninclude {2,1,3{1,2},9}.conf\n}")

    assert vips(text, others) == ["10.0.0.2", "10.0.0.1", "10.0.0.31", "10.0.0.32"]


def test_a_missing_include_is_an_error_only_where_it_is_asked_to_be_one() -> None:
    assert "no file /etc/keepalived/gone.conf" in parse("include gone.conf").warnings[0]
    assert problem("includem gone.conf") == f"{MAIN}:1: no file /etc/keepalived/gone.conf"
    assert problem("includea conf.d/*") == f"{MAIN}:1: no file /etc/keepalived/conf.d/*"
    assert parse("includem conf.d/*").warnings
    assert problem("global_defs {\ninclude_check match\n}\ninclude gone.conf").startswith(f"{MAIN}:4:")


def test_blocks_that_do_not_matter_are_read_past() -> None:
    text = PAIR + (
        "virtual_server 10.0.0.1 80 {\nlb_algo rr\nreal_server 10.0.0.2 80 {\nTCP_CHECK {\nconnect_port 80\n}\n}\n}\n"
        "static_ipaddress {\n10.0.0.9/24 dev eth0\n}\nlinkbeat_interfaces { eth0 }\n"
    )

    assert parse(text).virtual_routers == parse(PAIR).virtual_routers
    assert parse(text).warnings == ()


def test_what_is_not_known_is_said_and_passed_over() -> None:
    config = parse(instance("priorty 150\nvirtual_ipaddress { 10.0.0.1 }\nfuture_word"))

    assert config.virtual_routers[0].priority == 100
    assert [warning.partition(": ")[2] for warning in config.warnings] == [
        "unknown keyword 'priorty' in vrrp_instance VI_1 is ignored",
        "unknown keyword 'future_word' in vrrp_instance VI_1 is ignored",
    ]


def test_the_brace_of_an_unknown_block_ends_the_block_around_it_as_in_keepalived() -> None:
    lines = "priority 150\nauthentification {\npriority 160\n}\nvirtual_ipaddress { 10.0.0.1 }"
    config = parse(instance(lines) + instance("", "# two").replace("VI_1", "VI_2").replace("51", "52"))

    one, two = config.virtual_routers
    assert (one.priority, one.vips, two.vrid) == (160, (), 52)
    warnings = [warning.partition(": ")[2] for warning in config.warnings]
    assert "authentification takes no block here: its closing brace ends vrrp_instance VI_1" in warnings
    assert "unknown keyword 'virtual_ipaddress' in the file is ignored" in warnings


def test_two_routers_of_one_vrid_on_an_interface_are_told() -> None:
    one = instance("virtual_ipaddress { 10.0.0.1 }")
    warnings = parse(one + one.replace("VI_1", "VI_2").replace("0.1", "0.2")).warnings

    assert warnings[0].endswith("VI_2: VI_1 has VRID 51 on eth0 too; keepalived refuses to run")


# --- what is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vrrp_instance VI_1 {\ninterface eth0\n", ":1: the block of vrrp_instance is never closed"),
        ("vrrp_instance VI_1 {\n}\n}\n", ":3: '}' without a block that it could close"),
        ("{\n}\n", ":1: '{' without a keyword before it"),
        ("vrrp_instance VI_1 { { } }", ":1: '{' without a keyword before it"),
        ('router_id "x', ":1: a quote is never closed"),
        (instance("priority high"), ":5: priority: 'high' is not a number"),
        (instance("priority 150x"), ":5: priority: '150x' is not a number"),
        (instance("advert_int 1s"), ":5: advert_int: '1s' is not a number of seconds"),
        (instance("virtual_router_id 256"), ":5: virtual_router_id 256 is not between 1 and 255"),
        (instance("priority"), ":5: priority wants a value"),
        (instance("virtual_ipaddress\n10.0.0.1"), ":5: virtual_ipaddress wants a block in braces"),
        (
            instance("virtual_ipaddress {\n10.0.0.1 {\n}\n}"),
            ":6: an entry takes no block; text with a brace wants quotes",
        ),
        ("vrrp_instance VI_1 {\ninterface eth0\n}", ":1: vrrp_instance VI_1 has no virtual_router_id"),
        ("vrrp_instance VI_1 {\nvirtual_router_id 1\n}", ":1: vrrp_instance VI_1 has no interface"),
        ("$A=$A x\nfoo $A", ":2: $A refers to itself"),
        ("$A=${B}\n$B=${A}${A}\nfoo $A", ":3: $B grows without end"),
        ("$A= \\\nfoo \\\n$A\n\n$A", ":5: parameters and repeats are nested without end"),
        ("~SEQ(A,1,-1,5) x", ":1: ~SEQ: start, step and end do not fit together"),
        ("~SEQ(A,1,99999999) x", ":1: ~SEQ repeats 99999999 times, more than 100000"),
        ("~LST(A) x", ":1: ~LST is wanted as ~LST(name, value, ...) or ~LST({name, ...}, {value, ...}, ...)"),
        ("include keepalived.conf", f":1: {MAIN} includes itself"),
    ],
)
def test_what_cannot_be_meant_is_one_line_with_its_place(text: str, expected: str) -> None:
    assert problem(text) == MAIN + expected


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/keepalived\.conf: No such file or directory$"):
        read("/nowhere/keepalived.conf", fingerprint=shown)


def test_files_on_disk_are_read_as_keepalived_would(tmp_path: Path) -> None:
    directory = tmp_path / "conf.d"
    directory.mkdir()
    (directory / "a.conf").write_bytes(b"router_id caf\xe9\n")
    (directory / "run.conf").write_text("router_id no\n")
    (directory / "run.conf").chmod(0o755)
    (directory / "sub.conf").mkdir()
    main = tmp_path / "keepalived.conf"
    main.write_text("global_defs {\ninclude conf.d/*.conf\n}\n")

    config = read(str(main), fingerprint=shown)
    assert config.router_id == "caf\ufffd"  # other programs want UTF-8
    assert config.files == (str(main), str(directory / "a.conf"))


def test_a_password_keeps_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    main = tmp_path / "keepalived.conf"
    text = instance("authentication { auth_type PASS\nauth_pass caf# }\nvirtual_ipaddress { 10.0.0.1 }")
    main.write_bytes(text.encode().replace(b"#", b"\xe9"))

    found = read(str(main), fingerprint=shown).virtual_routers[0]
    assert found.auth_fingerprint == b"caf\xe9\0\0\0\0".hex()


def test_a_directory_that_may_not_be_looked_into_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, _mode: str(path) != str(tmp_path))

    with pytest.raises(PermissionError) as raised:
        DiskFiles().glob(str(tmp_path / "conf.d" / "*.conf"))
    assert raised.value.filename == str(tmp_path)


def test_the_digest_changes_with_meaning_and_secrets_only() -> None:
    text = instance("authentication { auth_type PASS\nauth_pass one }\nvirtual_ipaddress { 10.0.0.1 }")
    same = "# a comment\n" + text.replace("interface eth0", "  interface   eth0")

    assert parse(text).digest == parse(same).digest
    assert parse(text).digest != parse(text.replace("one", "two")).digest
    assert parse(text).digest != parse(text.replace("10.0.0.1", "10.0.0.2")).digest


WORDS = """vrrp_instance VI_1|interface eth0|virtual_router_id|priority|51|virtual_ipaddress|10.0.0.1/24|{|}|\n|\n| |"
|#|\\|$A|${A}|$A=|$B= \\\n|$B|@lb01 |@^x |include |~SEQ(A,1,3) |~LST(A,1,2) |~SEQ(|global_defs|track_script|weight|-5
|vrrp_script s|vrrp_sync_group G|group|use_vmac|state MASTER|fe80::1|unicast_peer|advert_int 0.5|${_PWD}|auth_pass"""
_FRAGMENTS = st.sampled_from(WORDS.split("|"))


@given(st.one_of(st.text(), st.lists(_FRAGMENTS).map(" ".join), st.lists(_FRAGMENTS).map("".join)))
def test_any_text_is_a_configuration_or_one_line_of_complaint(text: str) -> None:
    assert_read_or_refused(text)


@given(st.data())
def test_any_small_change_to_a_good_file_is_read_or_complained_about(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PAIR)))
    end = data.draw(st.integers(start, min(len(PAIR), start + 10)))
    assert_read_or_refused(PAIR[:start] + data.draw(st.text(max_size=3)) + PAIR[end:])


@pytest.mark.parametrize("sign", ["\x1c", "\x1b", "\x85", "\u2028"])
def test_a_control_character_in_a_name_does_not_reach_whoever_reads_the_error(sign: str) -> None:
    told = problem(f"vrrp_instance VI_1 {{\n{sign}vi x {{\n")
    assert told.isprintable()
    assert "is never closed" in told


def assert_read_or_refused(text: str) -> None:
    try:
        config = parse(text)
    except ConfigError as error:
        refused_at = error.where
    else:
        refused_at = MAIN
        assert codec(KeepalivedConfig).decode(codec(KeepalivedConfig).encode(config)) == config
    assert refused_at.startswith(MAIN)


# --- the real keepalived ---------------------------------------------------------------------------


@pytest.mark.lab
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="this host leaves out the documentation of its packages")
def test_every_sample_of_the_package_is_read() -> None:
    samples = sorted(SAMPLES.glob("keepalived.conf.*"))
    read_well = {path.name: len(read(str(path), fingerprint=shown).virtual_routers) for path in samples}

    assert read_well["keepalived.conf.vrrp"] == 4
    assert all(count for name, count in read_well.items() if ".vrrp" in name), read_well


DEFAULTS = PAIR.replace("pgrep nginx", "true") + instance("virtual_ipaddress { 10.0.0.1 }").replace(
    "51", "52"
).replace("VI_1", "VI_2")

CORRECTIONS = """
global_defs {
    vrrp_garp_master_repeat 3
    vrrp_down_timer_adverts 4
    vmac_prefix vm
    enable_script_security
    script_user root
}
track_file level { file /etc/hosts
    weight 2 reverse
}
vrrp_script plain { script /bin/true
}
vrrp_instance A {
    interface eth0
    virtual_router_id 1
    priority 150
    unicast_src_ip 192.168.0.1
    unicast_peer { 192.168.0.2 min_ttl 3
        192.168.0.3/24
    }
    use_vmac
    preempt_delay 2.5
    virtual_ipaddress { 10.0.0.1/24 dev eth1 }
    virtual_ipaddress_excluded { 2001:db8::1/64
        10.0.0.9 dev eth0 }
    track_script { plain weight 7 reverse }
    track_file { level
    }
    track_interface { eth0 weight 4
        eth1 weight 9 }
}
vrrp_instance B {
    interface eth0
    virtual_router_id 2
    version 3
    advert_int 0.126
    mcast_dst_ip 224.0.0.99
    use_vmac
    garp_master_refresh 30
    higher_prio_send_advert
    virtual_ipaddress { 10.0.0.2/24 dev eth0 }
}
vrrp_instance C {
    interface eth0
    virtual_router_id 3
    strict_mode
    priority 90
    nopreempt
    preempt_delay 3
    virtual_ipaddress { 10.0.0.3/24 }
    track_interface { eth1 weight -30 reverse }
    track_script { later }
}
vrrp_script later { script /bin/true
}
vrrp_instance D {
    interface eth0
    virtual_router_id 4
    priority 255
    virtual_ipaddress { 10.0.0.4/33
        10.0.0.5/24 bogus
        10.0.0.999
        2001:db8::9/64
        10.0.0.6/24 dev }
    track_interface { eth1 weight -30 reverse }
    track_file { level
    }
    track_script { plain weight 3 }
}
vrrp_instance E {
    interface eth0
    version 2
    virtual_router_id 2
    state MASTER
    use_vmac
    virtual_ipaddress { 2001:db8::5/64
        fe80::5/64 }
}
vrrp_instance F {
    interface eth1
    virtual_router_id 2
    use_vmac
    native_ipv6
    priority 300
    advert_int 500
    virtual_ipaddress { fe80::6/64 }
}
"""

UNFOLDED = r"""
global_defs {
    router_id ${_INSTANCE}
}
$NET=10.${A}.0
$A=1
$ONE= \
vrrp_instance VI_${N} { \
    interface eth0 # why not \
    virtual_router_id ${N} \
    @lb01 priority 15${N} \
    @^lb01 priority 10${N} \
    virtual_ipaddress { \
        ~LST({X, Y}, {1,2}, {9}) ${NET}.${X}${N}${Y}/24 \
    } \
}

~SEQ(N, 1, 2, 5) $ONE
$A=2
vrrp_instance "VI \# six" { interface eth1
    virtual_router_id 6
    include conf.d/{a,b,c*}.inc
    virtual_ipaddress { ${NET}.6 } authentication { auth_type PASS
    auth_pass "a\#b c" # d
    } }
"""
INCLUDED = {
    "/etc/keepalived/conf.d/a.inc": "nopreempt",
    "/etc/keepalived/conf.d/c1.inc": "include deep/x.inc\nadvert_int 3",
    "/etc/keepalived/conf.d/deep/x.inc": "garp_master_delay 7",
}


@pytest.mark.lab
@pytest.mark.parametrize(
    "text", [DEFAULTS, CORRECTIONS, UNFOLDED], ids=["defaults", "corrections", "unfolded"]
)
def test_the_model_is_what_the_real_keepalived_runs(text: str) -> None:
    files = {MAIN: text, **INCLUDED}
    dumped = real_keepalived.instances(real_keepalived.ask(files, "dump").dump)
    config = read(
        MAIN,
        fingerprint=lambda password: password.rstrip(b"\0").decode(),
        host_name=real_keepalived.HOST_NAME,
        files=MemoryFiles(files),
    )

    assert {found.instance: _as_modelled(found) for found in config.virtual_routers} == {
        name: _as_dumped(each) for name, each in dumped.items()
    }


def _as_modelled(found: VirtualRouter) -> dict[str, object]:
    return {
        "version": found.version,
        "interface": found.interface,
        "vmac": found.vmac_interface,
        "xmit_base": found.vmac_xmit_base,
        "source": found.source,
        "group": None if found.unicast else found.multicast_group,
        "peers": list(found.unicast_peers),
        "vrid": found.vrid,
        "priority": found.priority,
        "interval": found.advert_interval,
        "down_timer_adverts": found.down_timer_adverts,
        "accept": found.accept,
        "strict": found.strict,
        "preempt": not found.nopreempt,
        "preempt_delay": found.preempt_delay,
        "lower_prio_no_advert": found.lower_prio_no_advert,
        "higher_prio_send_advert": found.higher_prio_send_advert,
        "garp": (found.garp_master_delay, found.garp_master_repeat, found.garp_master_refresh),
        "garp_lower": (found.garp_lower_prio_delay, found.garp_lower_prio_repeat),
        "auth": (found.auth_type, found.auth_fingerprint),
        "vips": [(vip.address, vip.prefix_length, vip.device or found.interface) for vip in found.vips],
        "excluded": [
            (vip.address, vip.prefix_length, vip.device or found.interface) for vip in found.excluded
        ],
        "interfaces": [(each.name, each.weight, each.reverse) for each in found.tracked_interfaces],
        "scripts": [(s.name, s.weight, s.reverse) for s in found.tracked_scripts if s.kind == "script"],
        "files": [(s.name, s.weight, s.reverse) for s in found.tracked_scripts if s.kind == "file"],
    }


def _as_dumped(each: real_keepalived.Dumped) -> dict[str, object]:
    values, lists = each.values, each.lists
    vmac = next((key for key in values if key.startswith("Use VMAC")), None)
    interface, _, base = values["Interface"].partition(", xmit base")[0].partition(", vmac on ")
    source, _, origin = values.get("Using src_ip", "").partition(" (from ")
    group = next((re.split(r"[\s,]+", key)[2] for key in values if key.startswith("Multicast address")), None)
    number, unit = values["Advert interval"].split()
    kinds = {"none": "none", "SIMPLE_PASSWORD": "pass", "IPSEC_AH": "ah"}
    return {
        "version": int(values["VRRP Version"]),
        "interface": base or interface,
        "vmac": interface if vmac else None,
        "xmit_base": values.get(vmac or "", "").endswith("true"),
        "source": source if origin else None,
        "group": group,
        "peers": [line.split()[0] for line in lists.get("Unicast Peer", [])],
        "vrid": int(values["Virtual Router ID"]),
        "priority": int(values["Priority"]),
        "interval": float(number) / (1000 if unit == "milli-sec" else 1),
        "down_timer_adverts": int(values["Down timer adverts"]),
        "accept": values["Accept"] == "enabled",
        "strict": "Enforcing strict VRRP compliance" in values,
        "preempt": values["Preempt"] == "enabled",
        "preempt_delay": float(values.get("Preempt delay", "0").split()[0]),
        "lower_prio_no_advert": values["Send advert after receive lower priority advert"] == "false",
        "higher_prio_send_advert": values["Send advert after receive higher priority advert"] == "true",
        "garp": tuple(float(values[f"Gratuitous ARP {each}"]) for each in ("delay", "repeat", "refresh")),
        "garp_lower": tuple(
            float(values[f"Gratuitous ARP lower priority {each}"]) for each in ("delay", "repeat")
        ),
        "auth": (kinds[values.get("Authentication type", "none")], values.get("Password")),
        "vips": [_address(line) for line in lists.get("Virtual IP", [])],
        "excluded": [_address(line) for line in lists.get("Virtual IP Excluded", [])],
        "interfaces": [_tracked(line) for line in lists.get("Tracked interfaces", [])],
        "scripts": [_tracked(line) for line in lists.get("Tracked scripts", [])],
        "files": [_tracked(line) for line in lists.get("Tracked files", [])],
    }


def _address(line: str) -> tuple[str, int, str]:
    address, length, device = re.match(r"(\S+?)(?:/(\d+))?(?: brd \S+)? dev (?:\S+@)?(\S+)", line).groups()  # type: ignore[union-attr]
    return address, int(length or (128 if ":" in address else 32)), device


def _tracked(line: str) -> tuple[str, int, bool]:
    name, weight, reverse = re.match(r"(\S+?),? weight (-?\d+)( reverse)?", line).groups()  # type: ignore[union-attr]
    return name, int(weight), bool(reverse)


GOOD: dict[str, Callable[[], str]] = {
    "a pair": lambda: instance("priority 150\nvirtual_ipaddress { 10.0.0.1/24 }"),
    "a sequence": lambda: instance("virtual_ipaddress {\n~SEQ(A,1,3) 10.0.0.${A}\n}"),
    "braces on lines of their own": lambda: instance("virtual_ipaddress\n{\n10.0.0.1\n}"),
}
BAD: dict[str, Callable[[], str]] = {
    "an open block": lambda: instance("virtual_ipaddress { 10.0.0.1") + "\n",
    "a brace too many": lambda: instance("virtual_ipaddress { 10.0.0.1 }\n}\n"),
    "an open quote": lambda: instance('notify "x'),
    "no number": lambda: instance("priority high"),
    "no VRID": lambda: instance("").replace("virtual_router_id 51", ""),
    "VRID 0": lambda: instance("virtual_router_id 0"),
    "a value missing": lambda: instance("state"),
    "a bad sequence": lambda: instance("~SEQ(A,1,-1,5) x"),
    "a needed include": lambda: "includem gone.conf\n" + instance("virtual_ipaddress { 10.0.0.1 }"),
}


@pytest.mark.lab
@pytest.mark.parametrize("case", GOOD)
def test_what_keepalived_takes_without_a_word_we_do_too(case: str) -> None:
    text = GOOD[case]()

    answer = real_keepalived.ask({MAIN: text}, "test")
    assert (answer.exit_code, answer.complaints) == (0, "")
    assert parse(text).warnings == ()


@pytest.mark.lab
@pytest.mark.parametrize("case", BAD)
def test_what_we_refuse_keepalived_complains_about_too(case: str) -> None:
    text = BAD[case]()

    assert problem(text)
    assert real_keepalived.ask({MAIN: text}, "test").exit_code != 0


def test_a_notify_fifo_that_a_script_of_keepalived_reads_is_known_as_such() -> None:
    fifo = "vrrp_notify_fifo /run/fifo root"
    script = "vrrp_notify_fifo_script /usr/bin/reader"
    body = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 10.0.0.100\n }\n}\n"
    assert parse(f"global_defs {{\n{fifo}\n}}\n{body}").scripted_fifos == ()
    assert parse(f"global_defs {{\n{fifo}\n{script}\n}}\n{body}").scripted_fifos == ("/run/fifo",)
    # The script of one FIFO reads no other.
    other = "notify_fifo /run/all\nnotify_fifo_script /usr/bin/reader"
    assert parse(f"global_defs {{\n{fifo}\n{other}\n}}\n{body}").scripted_fifos == ("/run/all",)
