"""hawatch lint: every rule on a file that breaks it and on one that does not, and the command as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs import generate_lint
from hawatch.cli import main
from hawatch.cli.lint import _script
from hawatch.errors import ConfigError
from hawatch.keepalived.lint.file_rules import FILE_RULES
from hawatch.keepalived.lint.judge import lint
from hawatch.keepalived.lint.pair_rules import PAIR_RULES
from hawatch.keepalived.lint.pairing import couple
from hawatch.keepalived.lint.problem import Problem, Severity
from hawatch.keepalived.lint.subject import ScriptFacts, Written
from hawatch.keepalived.reader import read_source
from tests.test_keepalived_parser import MemoryFiles

A, B = "a.conf", "b.conf"
GOOD_GLOBALS = "global_defs {\nrouter_id {id}\nenable_script_security\nscript_user root\n}\n"


def conf(
    *lines: str,
    name: str = "VI_1",
    interface: str = "eth0",
    vrid: int | str = 51,
    priority: int = 150,
    vips: str = "10.0.0.1/24",
    before: str = "",
    router_id: str = "one",
) -> str:
    """A file that lint has nothing to say about, but for what is asked for; lines of the instance come last."""
    addresses = f"virtual_ipaddress {{\n{vips}\n}}\n" if vips else ""
    start = GOOD_GLOBALS.replace("{id}", router_id) if router_id else ""
    return (
        f"{start}{before}vrrp_instance {name} {{\ninterface {interface}\nvirtual_router_id {vrid}\n"
        f"priority {priority}\n{addresses}" + "\n".join(lines) + "\n}\n"
    )


def peer(*lines: str, **changes: object) -> str:
    """The other half of it."""
    return conf(*lines, **{"priority": 100, "router_id": "two", **changes})  # type: ignore[arg-type]


def written(text: str, name: str = A, scripts: dict[str, ScriptFacts] | None = None) -> Written:
    source = read_source(
        name,
        fingerprint=lambda password: password[::-1].hex(),
        config_id="one",
        files=MemoryFiles({name: text, "more.inc": "eth9"}),
    )
    return Written(name=name, source=source, scripts=scripts or {})


def problems(
    text: str, other: str | None = None, scripts: dict[str, ScriptFacts] | None = None
) -> list[Problem]:
    files = [written(text, A, scripts)]
    if other is not None:
        files.append(written(other, B))
    return lint(files)


def shown(found: list[Problem]) -> list[str]:
    return [f"{each.file}:{each.line} {each.rule}: {each.sentence} | {each.remedy}" for each in found]


SCRIPT = "vrrp_script check {\nscript /usr/bin/check\nfall 2\nrise 2\nweight -60\n}\n"
V3 = "version 3"
PASSWORD = "authentication {\nauth_type PASS\nauth_pass s3cret\n}"
UNICAST = "unicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.2\n}"
SECOND = conf(name="VI_2", vrid=52, vips="10.0.0.2/24", router_id="")
GROUP = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n"

# A file that breaks the rule, and words that its sentence or remedy must have.
BROKEN: dict[str, tuple[str, str]] = {
    "does_not_run": (conf("priority high"), "'high' is not a number"),
    "stray_block": (conf("authentification {\nauth_type PASS\n}"), "authentication {"),
    "unknown_keyword": (conf(before="global_defs {\nroute_id LVS\n}\n"), "router_id LVS"),
    "parameter_undefined": (conf(interface="$IF"), "$IF=VALUE"),
    "keyword_repeated": (conf("priority 90"), "priority 150 above and 90 here"),
    "words_behind": (conf("advert_int 1 second"), "'second' behind it"),
    "include_missing": (conf("include gone.inc"), "includem"),
    "include_twice": (conf("track_interface { include more.inc\n}"), "read twice"),
    "escaped_sign": (conf("notify /bin/a\\#b x"), "comment all the same"),
    "deprecated": (conf("linkbeat_use_polling"), "linkbeat_interfaces"),
    "ignored": (conf("state SLAVE"), "'SLAVE' is not known"),
    "router_id_missing": (conf(router_id=""), "there is no router_id"),
    "vrid_out_of_range": (conf(vrid=5151), "51 written twice"),
    "vrid_reused": (conf() + SECOND.replace("52", "51"), "VI_1 has VRID 51 on eth0 too"),
    "vrid_shared": (
        conf() + conf(name="X", interface="eth1", vips="10.0.0.2/24", router_id=""),
        "eth1 has VRID 51",
    ),
    "priority_out_of_range": (conf(priority=300), "priority 300 is not between"),
    "priority_owner": (conf(priority=255), "has priority 255"),
    "priority_assumed": (conf().replace("priority 150\n", ""), "100 is assumed"),
    "advert_int_out_of_range": (conf("advert_int 300"), "300 is not between"),
    "advert_int_rounded": (conf("advert_int 0.5"), "advert_int 0.5 cannot be said in VRRPv2; 1 is used"),
    "advert_int_tight": (conf(V3, "advert_int 0.05"), "a pause of 0.15 s"),
    "state_changed": (conf("strict_mode", V3, "accept", "state MASTER"), "BACKUP is used"),
    "nopreempt_ignored": (conf("state MASTER", "nopreempt"), "no effect with state MASTER"),
    "preempt_delay_ignored": (conf("nopreempt", "preempt_delay 9"), "no effect with nopreempt"),
    "weight_with_nopreempt": (
        conf("nopreempt", "track_interface {\neth9 weight -20\n}"),
        "weight -20 of eth9",
    ),
    "auth_ignored": (conf(V3, PASSWORD), "VRRPv3 has none"),
    "auth_without_type": (conf(PASSWORD.replace("auth_type PASS\n", "")), "auth_type PASS"),
    "auth_pass_cut": (
        conf(PASSWORD.replace("s3cret", "s3cret-and-more")),
        "has 15 bytes and only the first 8",
    ),
    "password_commented": (conf(PASSWORD.replace("s3cret", "s3#cret")), "in quotes"),
    "strict_drops_traffic": (conf("strict_mode"), "strict_mode off"),
    "strict_unicast": (conf("strict_mode", UNICAST), "forbids unicast"),
    "unicast_without_peers": (conf("unicast_src_ip 192.0.2.1"), "it uses multicast"),
    "unicast_source_missing": (conf("unicast_peer {\n192.0.2.2\n}"), "the first address of eth0"),
    "unicast_peer_is_self": (conf(UNICAST.replace("2.2", "2.1")), "lists 192.0.2.1"),
    "interface_assumed": (
        conf(UNICAST, vips="10.0.0.1/24 dev eth1").replace("interface eth0\n", ""),
        "eth1 is watched",
    ),
    "vmac_xmit_base_assumed": (conf("use_vmac", UNICAST), "vmac_xmit_base"),
    "dont_track_primary": (conf("dont_track_primary"), "while eth0 is down"),
    "no_address_refused": (conf(V3, vips=""), "refuses to run"),
    "no_address": (conf(vips=""), "nothing moves"),
    "vip_without_mask": (conf(vips="10.0.0.1\n10.0.0.2"), "10.0.0.1 and 1 more in VI_1"),
    "vip_repeated": (conf(vips="10.0.0.1/24\n10.0.0.1/24"), "10.0.0.1 twice"),
    "vip_in_two_instances": (
        conf() + SECOND.replace("10.0.0.2", "10.0.0.1"),
        "10.0.0.1 is in VI_2 and in VI_1",
    ),
    "vip_no_host": (conf(vips="10.0.0.255/24"), "broadcast address of 10.0.0.0/24"),
    "vip_of_other_family": (conf(vips="10.0.0.1/24\n2001:db8::1/64"), "2001:db8::1 is not of"),
    "vips_not_advertised": (
        conf(vips="~SEQ(B,1,2) ~SEQ(A,1,150) 10.0.${B}.${A}/16"),
        "so 45 are not advertised",
    ),
    "vips_many": (conf(vips="~SEQ(A,1,21) 10.0.0.${A}/24"), "advertises 21 addresses"),
    "vip_on_other_device": (conf(vips="10.0.0.1/24 dev eth1"), "put on eth1 while VI_1 advertises on eth0"),
    "first_not_link_local": (conf(vips="2001:db8::1/64"), "fe80::33/64"),
    "script_security_missing": (conf("notify /bin/x root", router_id=""), "/bin/x runs without"),
    "script_user_missing": (conf("notify /bin/x", router_id=""), "/bin/x runs as root"),
    "script_writable": (conf("notify /opt/x"), "chown root: /opt && chmod go-w /opt"),
    "virtual_server_no_vip": (
        conf(before="virtual_server 10.0.0.9 80 {\nlvs_sched rr\n}\n"),
        "10.0.0.9 is no VIP",
    ),
    "script_missing": (conf("notify_master /gone/x"), "/gone/x is not there"),
    "script_hasty": (
        conf("track_script {\ncheck\n}", before=SCRIPT.replace("fall 2\n", "")),
        "has no fall, so",
    ),
    "script_faults": (
        conf("track_script {\ncheck\n}", before=SCRIPT.replace("-60", "0")),
        "check has weight 0",
    ),
    "script_unused": (conf(before=SCRIPT), "vrrp_script check is tracked by no"),
    "tracked_undefined": (conf("track_script {\ncheck\n}"), "'check' is not defined above"),
    "sync_group_members": (conf(before=GROUP.replace("VI_2\n", "")), "only one member"),
}
FACTS = {
    "/opt/x": ScriptFacts(exists=True, writable="/opt (mode 0777)"),
    "/gone/x": ScriptFacts(exists=False),
}
# Two files that break a rule between them.
TORN = (
    conf(before=GROUP) + SECOND.replace("priority 150", "priority 90"),
    peer(before=GROUP) + SECOND.replace("priority 150", "priority 120"),
)
BALANCED = "virtual_server 10.0.0.1 80 {\nlvs_sched rr\n}\n"
SYNCED = "global_defs {\nlvs_sync_daemon eth1 VI_1 id 7\n}\n"
BROKEN_PAIRS: dict[str, tuple[str, str, str]] = {
    "virtual_services_differ": (conf(before=BALANCED), peer(), "b.conf lacks tcp 10.0.0.1:80"),
    "lvs_sync_daemon_wrong": (
        conf(before=SYNCED),
        peer(before=SYNCED.replace("id 7", "id 8")),
        "id 7 in a.conf, id 8 in b.conf",
    ),
    "no_counterpart": (
        conf() + SECOND,
        peer(),
        "VI_2 (VRID 52 on eth0, 10.0.0.2) has no counterpart in b.conf",
    ),
    "vrid_mismatch": (
        conf(),
        peer(vrid=52),
        "virtual_router_id 52, VI_1 in a.conf has virtual_router_id 51 (a.conf:8)",
    ),
    "version_mismatch": (conf(), peer(V3), "VI_1 in b.conf has version 3, VI_1 in a.conf has version 2"),
    "auth_mismatch": (conf(PASSWORD), peer(PASSWORD.replace("3", "e")), "different passwords"),
    "destination_mismatch": (conf(UNICAST), peer(), "sends to group 224.0.0.18, VI_1 in a.conf to 192.0.2.2"),
    "multicast_group_mismatch": (conf("mcast_dst_ip 224.0.0.99"), peer(), "mcast_dst_ip 224.0.0.99, on both"),
    "advert_interval_mismatch": (
        conf("advert_int 2"),
        peer(),
        "has advert_int 1, VI_1 in a.conf has advert_int 2",
    ),
    "advert_interval_differs": (
        conf(V3, "advert_int 0.5"),
        peer(V3),
        "has advert_int 1, VI_1 in a.conf has advert_int 0.5",
    ),
    "vip_list_mismatch": (
        conf(vips="10.0.0.1/24\n10.0.0.2/24"),
        peer(vips="10.0.0.1/24\n10.0.0.3/24"),
        "only in b.conf 10.0.0.3, only in a.conf 10.0.0.2",
    ),
    "excluded_vips_mismatch": (
        conf("virtual_ipaddress_excluded {\n10.0.9.1/24\n}"),
        peer(),
        "only in b.conf none, only in a.conf 10.0.9.1",
    ),
    "vip_mask_mismatch": (conf(), peer(vips="10.0.0.1/25"), "10.0.0.1 has /25 in b.conf and /24 in a.conf"),
    "checksum_form_mismatch": (conf(V3, "v3_checksum_as_v2"), peer(V3), "v3_checksum_as_v2 off"),
    "down_timer_mismatch": (conf("down_timer_adverts 5"), peer(), "has down_timer_adverts 3"),
    "sync_group_mismatch": (conf(before=GROUP) + SECOND, peer() + SECOND, "the same vrrp_sync_group"),
    "equal_priority": (conf(), peer(priority=150), "have priority 150 (a.conf:9)"),
    "duplicate_address_owner": (conf(priority=255), peer(priority=255), "priority 255 (a.conf:9)"),
    "both_master": (conf("state MASTER"), peer("state MASTER"), "state BACKUP"),
    "router_id_equal": (conf(), peer(router_id="one"), "router_id one is in b.conf and in a.conf (a.conf:2)"),
    "unicast_peer_mismatch": (
        conf(UNICAST),
        peer("unicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.9\n}"),
        "VI_1 in b.conf sends to 192.0.2.9 and not to 192.0.2.1",
    ),
    "source_equal": (conf(UNICAST), peer(UNICAST), "send from 192.0.2.1"),
    "nopreempt_below": (conf(), peer("nopreempt"), "with priority 100; a.conf has 150"),
    "weight_too_small": (
        conf("track_interface {\neth9 weight -50\n}"),
        peer("track_interface {\neth9 weight -50\n}"),
        "still has priority 100, and b.conf has 100",
    ),
    "sync_group_torn": (*TORN, "VI_1 has priority 150 in a.conf and 100 in b.conf, VI_2 has 90 and 120"),
}


def test_every_rule_has_a_name_of_its_own_and_a_test() -> None:
    assert [*BROKEN] == [rule.name for rule in FILE_RULES]
    assert [*BROKEN_PAIRS] == [rule.name for rule in PAIR_RULES]
    assert not set(BROKEN) & set(BROKEN_PAIRS)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_finds_the_file_that_breaks_it(rule: str) -> None:
    text, words = BROKEN[rule]
    found = [each for each in problems(text, scripts=FACTS) if each.rule == rule]

    assert len(found) == 1, shown(problems(text))
    assert words in f"{found[0].sentence} | {found[0].remedy}"
    assert found[0].file == A


@pytest.mark.parametrize("rule", BROKEN_PAIRS)
def test_a_rule_finds_the_pair_that_breaks_it(rule: str) -> None:
    one, other, words = BROKEN_PAIRS[rule]
    found = [each for each in problems(one, other) if each.rule == rule]

    assert len(found) == 1, shown(problems(one, other))
    assert words in f"{found[0].sentence} | {found[0].remedy}"


def test_a_good_file_and_a_good_pair_have_no_problem() -> None:
    track = "track_script {\ncheck\n}"
    v6 = conf(name="six", vips="fe80::1/64\n2001:db8::1/64", router_id="")
    one = conf(track, PASSWORD, before=SCRIPT) + v6
    other = peer(track, PASSWORD, before=SCRIPT) + v6.replace("150", "100")
    assert shown(problems(one)) == []
    assert shown(problems(one, other)) == []
    three = conf(V3, UNICAST), peer(V3, "unicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.1\n}")
    assert shown(problems(*three)) == []


def test_the_line_is_that_of_the_keyword() -> None:
    text = conf("advert_int 1", "state SLAVE", PASSWORD.replace("s3cret", "s3cret-and-more"))

    lines = text.split("\n")
    found = {each.rule: lines[(each.line or 0) - 1].split()[0] for each in problems(text)}
    assert found == {"ignored": "state", "auth_pass_cut": "auth_pass"}


def test_a_problem_in_an_included_file_is_told_there() -> None:
    files = MemoryFiles({"dir/a.conf": conf("include more.inc"), "dir/more.inc": "\nadvert_int 0.5\n"})
    source = read_source("dir/a.conf", fingerprint=lambda _: "", files=files)

    (found,) = lint([Written(name="dir/a.conf", source=source)])
    assert (found.file, found.line, found.rule) == ("dir/more.inc", 2, "advert_int_rounded")


# --- what belongs together ------------------------------------------------------------------------


def paired(one: str, other: str) -> list[tuple[str, str]]:
    found = couple(written(one, A), written(other, B))
    return [(ours.instance.name, theirs.instance.name) for ours, theirs in found.pairs]


def test_names_do_not_pair_instances() -> None:
    one = conf(name="X") + conf(name="Y", vrid=52, vips="10.0.0.2/24", router_id="")
    other = peer(name="Y") + conf(name="X", vrid=52, vips="10.0.0.2/24", router_id="")

    assert paired(one, other) == [("X", "Y"), ("Y", "X")]


def test_interfaces_may_be_called_differently() -> None:
    assert paired(conf(interface="ens192"), peer(interface="eno1")) == [("VI_1", "VI_1")]


def test_vrid_and_interface_pair_where_the_addresses_are_others() -> None:
    assert paired(conf(), peer(vips="10.0.0.9/24")) == [("VI_1", "VI_1")]
    assert paired(conf(), peer(vips="10.0.0.9/24", interface="eth1")) == []


def test_two_crossed_vrids_are_two_mismatches() -> None:
    one = conf() + SECOND
    other = peer(vrid=52) + SECOND.replace("_id 52", "_id 51").replace("150", "100")

    assert paired(one, other) == [("VI_1", "VI_1"), ("VI_2", "VI_2")]
    assert [each.rule for each in problems(one, other)] == ["vrid_mismatch", "vrid_mismatch"]


def test_families_are_never_paired() -> None:
    assert paired(conf(), peer(vips="fe80::1/64")) == []


# --- secrets --------------------------------------------------------------------------------------

LEAKS = [
    conf("authentication {\nauth_pas hunter2x\n}"),
    conf("authentication {\nauth_pass\nhunter2x\n}"),
    conf("authentication {\nhunter2x\n}"),
    conf("authentication {\nauth_type hunter2x\nauth_pass a\n}"),
    conf("authentication {\nauth_type PASS\nauth_pass hunter2xhunter2x\n}"),
    conf("authentication {\nauth_type PASS\nauth_pass a hunter2x\n}"),
    conf("authentication {\nauth_type PASS\nauth_pass a#hunter2x\n}"),
    conf("authentication {\nauth_type PASS\nauth_pass hunter2x\n}", V3),
    conf("authentification {\nauth_type PASS\nauth_pass hunter2x\n}"),
    conf("authentification {\nauth_type PASS\nauth_pass\nhunter2x\n}"),
    conf("auth_pass hunter2x"),
    conf("authentication {\nauth_type PASS\nauth_pass hunter2x {\n}\n}"),
    conf("authentication {\nauth_type PASS\nauth_pass hunter{hunter2x}hunter2x\n}"),
    conf('authentication {\nauth_type PASS\nauth_pass "hunter2x\n}'),
    conf("notify /bin/x --password hunter2x root"),
    conf('notify "/bin/x --password hunter2x"', router_id=""),
]


@pytest.mark.parametrize("text", LEAKS)
def test_a_password_is_never_said(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / A).write_text(text)
    (tmp_path / B).write_text(peer(PASSWORD))
    for arguments in ([], ["--json"]):
        main(["lint", str(tmp_path / A), str(tmp_path / B), *arguments])
        told = capsys.readouterr()
        assert "hunter2x" not in told.out + told.err
        assert "s3cret" not in told.out + told.err


_PASSWORDS = st.text(alphabet="abcXYZ0189#!\\$%&/()=?*+~'.,;:- ", min_size=3, max_size=12)


@given(_PASSWORDS.map(lambda text: f"q7{text}"))
def test_no_password_of_any_form_is_said(password: str) -> None:
    for form in (password, f'"{password}"'):
        told = linted_or_refused(conf(f"authentication {{\nauth_type PASS\nauth_pass {form}\n}}"))
        assert not [line for line in told if "q7" in line]


def linted_or_refused(one: str, other: str | None = None) -> list[str]:
    """What lint says of one file or two: its problems, or the one line of refusal."""
    try:
        return shown(problems(one, other))
    except ConfigError as error:
        return [str(error)]


# --- any text -------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    [line for text, _ in BROKEN.values() for line in text.split("\n")]
    + [
        "{",
        "}",
        "vrrp_instance {",
        "vrrp_script {",
        "script",
        'script ""',
        "group {",
        "virtual_router_id ²",
        "notify ' '",
    ]
)
_TEXTS = st.one_of(st.text(), st.lists(_LINES, max_size=40).map("\n".join))


@given(_TEXTS, _TEXTS)
def test_any_two_files_are_linted_or_refused_in_single_lines(one: str, other: str) -> None:
    for line in linted_or_refused(one, other):
        assert line.startswith((A, B, "more.inc", "gone.inc"))
        assert "\n" not in line


@given(st.sampled_from([text for text, _ in BROKEN.values()]), st.data())
def test_any_small_change_is_linted_or_refused(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    changed = text[:start] + data.draw(st.text(max_size=3)) + text[end:]
    assert all("\n" not in line for line in linted_or_refused(changed, peer()))


# --- the command ----------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["lint", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_problem_is_a_line_with_its_remedy_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(conf("advert_int 0.5"))

    code, out, err = run(capsys, str(path))
    assert code == 1
    sentence = "vrrp_instance VI_1: advert_int 0.5 cannot be said in VRRPv2; 1 is used"
    assert out.splitlines() == [
        f"{path}:13: warning: {sentence} [advert_int_rounded]",
        "    advert_int 1, or version 3 on every node",
        f"{path}: 1 warning",
    ]
    assert err == ""


def test_json_is_a_list_of_objects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / A, tmp_path / B
    one.write_text(conf())
    other.write_text(peer(vrid=52))

    code, out, _ = run(capsys, str(one), str(other), "--json")
    assert code == 2
    assert json.loads(out) == [
        {
            "file": str(other),
            "line": 8,
            "severity": "error",
            "rule": "vrid_mismatch",
            "sentence": f"VI_1 in {other} has virtual_router_id 52, VI_1 in {one} has virtual_router_id 51 ({one}:8)",
            "remedy": "virtual_router_id 51, on both nodes",
        }
    ]


@pytest.mark.parametrize(
    ("text", "code"), [(conf(), 0), (conf(router_id=""), 0), (conf("state X"), 1), ("{", 2)]
)
def test_the_exit_code_is_that_of_the_worst(
    text: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / A
    path.write_text(text)
    assert run(capsys, str(path))[0] == code


def test_braces_that_do_not_match_are_a_problem_with_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / A
    path.write_text("vrrp_instance VI_1 {\n")

    code, out, _ = run(capsys, str(path), "--json")
    (found,) = json.loads(out)
    assert (code, found["line"], found["rule"]) == (2, 1, "does_not_run")


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "gone.conf"
    assert run(capsys, str(missing)) == (2, "", f"hawatch: {missing}: No such file or directory\n")
    code, out, err = run(capsys)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_one_shared_file_is_linted_as_each_host_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / A
    path.write_text(
        conf("@lb01 priority 120", "@lb02 priority 110", router_id="").replace("priority 150\n", "")
    )

    both = [str(path), str(path)]
    _, out, _ = run(capsys, *both, "--config-id", "lb01", "--config-id", "lb02")
    assert "equal_priority" not in out
    _, out, _ = run(capsys, *both, "--config-id", "lb01", "--config-id", "lb01")
    assert "equal_priority" in out
    code, _, err = run(capsys, *both, "--config-id", "lb01")
    assert (code, err.count("\n")) == (2, 1)


def test_a_script_that_others_may_write_is_told_with_the_part_of_its_path(tmp_path: Path) -> None:
    script = tmp_path / "check.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o777)
    facts = _script(str(script))
    assert facts is not None
    assert facts.writable is not None
    assert facts.writable.startswith(str(script))

    assert _script(str(tmp_path / "gone.sh")) == ScriptFacts(exists=False)
    assert _script("killall") is None
    assert _script("/usr/bin/env") == ScriptFacts(exists=True)


def test_scripts_of_another_host_are_not_missed_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / A, tmp_path / B
    one.write_text(conf("notify /nowhere/at/all"))
    other.write_text(peer("notify /nowhere/at/all"))

    assert "script_missing" in run(capsys, str(one))[1]
    assert run(capsys, str(one), str(other))[0] == 0


def test_severities_are_ordered_by_their_exit_codes() -> None:
    assert [kind.exit_code for kind in Severity] == [2, 1, 0]


def test_the_page_of_rules_is_current() -> None:
    assert generate_lint.PLACE.read_text(encoding="utf-8") == generate_lint.page()
