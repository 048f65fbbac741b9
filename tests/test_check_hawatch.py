from __future__ import annotations

import ast
import compileall
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.package.stage import plugin_in_two
from hawatch import __version__
from hawatch.exporter.check_question import CheckName
from hawatch.exporter.check_text import STATES
from hawatch.snapshot import Snapshot
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.serving import HANG, Served, served
from tests.snapshots import router, snapshot, verdict

PLUGIN = Path(__file__).resolve().parent.parent / "nagios" / "check_hawatch"


def check(*words: str) -> tuple[int, list[str]]:
    answer = subprocess.run(
        [sys.executable, "-IS", str(PLUGIN), *words], capture_output=True, timeout=HANG, check=False
    )
    assert answer.stderr == b""
    return answer.returncode, answer.stdout.decode().splitlines()


def told(*words: str) -> tuple[int, str]:
    """Exit code and first line without performance data, of an output of one line."""
    code, lines = check(*words)
    assert len(lines) == 1
    return code, lines[0].partition(" | ")[0]


@contextmanager
def pair(
    tmp_path: Path, first: Snapshot, second: Snapshot, *, ages: tuple[float, float] = (0.013, 0.013)
) -> Iterator[tuple[str, ...]]:
    """Two agents; gives the plugin's arguments that name them."""
    with (
        served(first, tmp_path / "1", age=ages[0]) as one,
        served(second, tmp_path / "2", age=ages[1]) as other,
    ):
        yield "-H", one.address, "-H", other.address


@contextmanager
def closed_port() -> Iterator[str]:
    """An address at which nobody listens, and nobody else can begin to."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Something that gives every caller this answer; empty: it takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(HANG)
        done = threading.Event()

        def answer_once() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(65536)
                if answer:
                    caller.sendall(answer)
                else:
                    done.wait(HANG)

        thread = threading.Thread(target=answer_once)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join(HANG)


# --- one agent ------------------------------------------------------------------------------------


def test_a_split_brain_is_critical_with_its_whole_line(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path) as where:
        code, lines = check("-H", where.address)
    assert code == 2
    assert lines == [
        (
            "HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 192.168.136.100; VRRP is dropped inbound on"
            " lb02 | VI_1_severity=2;;;0;3 lb02_lan_rtt=0.0003s;;;0 lb02_lan_loss=0%;;;0;100 VI_1_adverts_in=4c;;;0"
            " VI_1_adverts_out=1200c;;;0 VI_1_adverts_invalid=1c;;;0 VI_1_owner_changes=2c;;;0 age=0.013s;;;0"
        )
    ]


@pytest.mark.parametrize(
    ("seen", "code", "line"),
    [
        (snapshots.steady(), 0, "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100"),
        (
            snapshots.failover(),
            1,
            "HAWATCH WARNING - VI_1 failover: lb02 took 192.168.136.100 over from lb01",
        ),
        (
            snapshots.indeterminate(),
            3,
            "HAWATCH UNKNOWN - VI_1 indeterminate: just started; nothing heard yet",
        ),
    ],
)
def test_the_exit_code_is_the_state(tmp_path: Path, seen: Snapshot, code: int, line: str) -> None:
    with served(seen, tmp_path) as where:
        assert told("-H", where.address) == (code, line)


def test_the_unix_socket_is_asked_as_well(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        assert told("-s", str(where.socket_path)) == (
            0,
            "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100",
        )


def test_the_script_runs_by_itself_with_the_system_s_python(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        answer = subprocess.run(
            [str(PLUGIN), "-H", where.address], capture_output=True, timeout=HANG, check=False
        )
    assert (answer.returncode, answer.stdout[:13], answer.stderr) == (0, b"HAWATCH OK - ", b"")


def test_a_recent_failover_is_a_warning_for_as_long_as_was_asked(tmp_path: Path) -> None:
    with served(snapshots.moved(), tmp_path) as where:
        line = (
            "HAWATCH WARNING - VI_1 steady: lb02 holds 192.168.136.100 (preferred: lb01);"
            " failover from lb01 to lb02 4 min ago (keepalived_dead)"
        )
        for window in ((), ("--moved-within", "5m"), ("--moved-within=1h",), ("--moved-within", "300")):
            assert told("-H", where.address, *window) == (1, line)
        for window in (("--moved-within", "0"), ("--moved-within", "3m"), ("--moved-within=200s",)):
            assert told("-H", where.address, *window)[0] == 0


def test_each_check_can_be_chosen(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path) as where:
        assert told("-H", where.address, "--check", "peers") == (
            0,
            "HAWATCH OK - lb02: agent up, lan up 0.3 ms",
        )
        assert told("-H", where.address, "--check=agent")[0] == 0
        assert told("-H", where.address, "--check", "oncall")[0] == 3
        assert told("-H", where.address, "--check", "instance", "-i", "VI_1")[0] == 2


def test_thresholds_judge_the_number_of_a_check_and_stand_in_its_performance_data(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        code, (well,) = check("-H", where.address, "--check", "peers", "-w", "5", "--critical=20")
        assert code == 0
        assert " | loss=0%;5;20;0;100 " in well
        code, line = told("--hostname", where.address, "--check", "peers", "-w", "~:-1", "-c", "@20:30")
        assert (code, line) == (1, "HAWATCH WARNING - loss on the worst link: 0% (warning ~:-1)")
        assert told("-H", where.address, "--check", "agent", "-c", "@0:")[0] == 2


def test_thresholds_of_a_pair_count_by_the_worse_of_both(tmp_path: Path) -> None:
    lossy = snapshot(router(), links=(replace(snapshots.UP, loss_ratio=0.3),), node="lb02")
    with pair(tmp_path, snapshots.steady(), lossy) as hosts:
        code, (line,) = check(*hosts, "--check", "peers", "-w", "5", "-c", "20")
    assert code == 2
    assert line.startswith("HAWATCH CRITICAL - loss on the worst link: 30% (critical 20) [lb01 says OK] | ")
    assert "lb01_loss=0%;5;20;0;100" in line
    assert "lb02_loss=30%;5;20;0;100" in line


def test_a_bar_or_a_line_break_in_what_is_said_begins_no_performance_data() -> None:
    with answering(b"HTTP/1.1 400 Bad\r\n\r\na | b\nc=1\n") as address:
        assert check("-H", address) == (3, [f"HAWATCH UNKNOWN - {address}: the agent refused: a ¦ b c=1"])
    code, lines = check("-H", "a|b=1")
    assert code == 3
    assert "|" not in lines[0]
    with answering(OK + HEADER + b"\nHAWATCH OK - fine\ndetail | x=1\n") as address:
        assert check("-v", "-H", address) == (0, ["HAWATCH OK - fine", "detail ¦ x=1"])


def test_the_first_line_of_a_pair_stays_below_4_kib(tmp_path: Path) -> None:
    finding = replace(snapshots.BLIND, summary="裂脑 " * 500)
    routers = [router(instance=f"VI_{number}", findings=(finding,)) for number in range(60)]
    with pair(tmp_path, snapshot(*routers), snapshot(*routers, node="lb02")) as hosts, closed_port() as gone:
        code, (line,) = check(*hosts, "-H", gone)
    assert code == 1
    assert len(line.encode()) < 4096
    assert f"[no answer from {gone}: connection refused] | lb01_VI_0_severity=1;;;0;3 " in line


def test_the_plugin_in_two_as_packages_install_it_says_what_the_one_file_says(tmp_path: Path) -> None:
    module, starter = plugin_in_two(python=sys.executable, modules=str(tmp_path))
    source, program = tmp_path / "check_hawatch.py", tmp_path / "check_hawatch"
    program.write_text(starter)
    program.chmod(0o755)
    gone = subprocess.run([program, "-V"], capture_output=True, timeout=HANG, check=False)
    assert (gone.returncode, gone.stderr) == (3, b"")
    assert gone.stdout.startswith(b"HAWATCH UNKNOWN - check_hawatch cannot be loaded: No module named")
    source.write_text(module)
    compileall.compile_file(source, quiet=2)
    assert list((tmp_path / "__pycache__").iterdir())
    with pair(tmp_path, snapshot(router()), snapshot(router(), node="lb02")) as hosts:
        whole = subprocess.run([PLUGIN, *hosts], capture_output=True, timeout=HANG, check=False)
        two = subprocess.run([program, *hosts], capture_output=True, timeout=HANG, check=False)
    assert (two.returncode, two.stderr) == (whole.returncode, whole.stderr)
    assert two.stdout.partition(b"|")[0] == whole.stdout.partition(b"|")[0] != b""


def test_a_crash_is_unknown(tmp_path: Path) -> None:
    broken = tmp_path / "check_hawatch"
    broken.write_text(
        PLUGIN.read_text().replace("    question = Question(given)\n", "    question = 1 / 0\n")
    )
    answer = subprocess.run(
        [sys.executable, "-IS", str(broken)], capture_output=True, timeout=HANG, check=False
    )
    assert (answer.returncode, answer.stderr) == (3, b"")
    assert answer.stdout == b"HAWATCH UNKNOWN - check_hawatch failed: ZeroDivisionError: division by zero\n"


def test_an_instance_may_have_any_name(tmp_path: Path) -> None:
    seen = snapshot(router(), router(instance="öffentlich & 1%"))
    with served(seen, tmp_path) as where:
        code, line = told("-H", where.address, "-i", "öffentlich & 1%")
        assert (code, line) == (0, "HAWATCH OK - öffentlich & 1% steady: lb01 holds 192.168.136.100")
        code, line = told("-H", where.address, "-iVI_7")
        assert code == 3
        assert line == "HAWATCH UNKNOWN - no virtual router is called VI_7 (there are VI_1, öffentlich & 1%)"


def test_verbosity_is_counted_however_it_is_written(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path) as where:
        lengths = [
            len(check("-H", where.address, *words)[1]) for words in ([], ["-v"], ["-vv"], ["-v", "-vv"])
        ]
        assert len(set(lengths)) == 4
        assert lengths == sorted(lengths)
        assert check("-H", where.address, "-vvv") == check("-H", where.address, "--verbose", "-v", "-v")


# --- no usable answer -----------------------------------------------------------------------------


def test_no_agent_is_unknown() -> None:
    with closed_port() as address:
        assert told("-H", address) == (3, f"HAWATCH UNKNOWN - {address}: connection refused")


def test_a_socket_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "hawatch.sock"
    assert told("-s", str(path)) == (3, f"HAWATCH UNKNOWN - {path}: no such file or directory")


def test_an_agent_that_hangs_is_unknown_within_the_timeout() -> None:
    with answering(b"") as address:
        assert told("-H", address, "-t", "0.2") == (3, f"HAWATCH UNKNOWN - {address}: no answer within 0.2 s")


def test_an_old_picture_is_unknown_and_never_ok(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path, age=42.0) as where:
        line = f"HAWATCH UNKNOWN - {where.address}: its picture is 42 s old (limit 30 s)"
        assert told("-H", where.address) == (3, line)
        assert told("-H", where.address, "--max-age", "1m")[0] == 0


OK = b"HTTP/1.1 200 OK\r\n\r\n"
HEADER = b"hawatch=1 state=0 age=0 node=a pair=b basis=definite rank=0 founded=0 verdict= holds="
NO_AGENT = "that is no hawatch agent, or one too old or too new for this plugin"


def test_the_answer_that_the_others_are_bent_from_is_taken() -> None:
    with answering(OK + HEADER + b"\nHAWATCH OK - fine") as address:
        assert told("-H", address) == (0, "HAWATCH OK - fine")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"220 mail.example ESMTP\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 404 Not Found\r\n\r\nno", "HTTP 404; that is no hawatch agent, or it cannot answer now"),
        (
            b"HTTP/1.1 400 Bad\r\n\r\nx: this agent knows no such parameter\n",
            "the agent refused: x: this agent knows",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhawatch=1", "the answer was cut off"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>It works!</html>", NO_AGENT),
        (b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x00", NO_AGENT),
        (b"HTTP/1.1 200 OK\r\n\r\nhawatch=1 state=0 age=x\nHAWATCH OK - fine", NO_AGENT),
        (OK + HEADER.replace(b"state=0", b"state=7") + b"\nHAWATCH OK - fine", NO_AGENT),
        (OK + HEADER + b"\nHAWATCH CRITICAL - not fine", NO_AGENT),
        (OK + HEADER.replace(b"hawatch=1", b"hawatch=2") + b"\nHAWATCH OK - fine", NO_AGENT),
    ],
)
def test_an_answer_that_is_no_agent_s_is_unknown(answer: bytes, problem: str) -> None:
    with answering(answer) as address:
        code, line = told("-H", address)
    assert code == 3
    assert line.startswith(f"HAWATCH UNKNOWN - {address}: {problem}")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--frobnicate"], "--frobnicate: no such option"),
        (["-x"], "-x: no such option"),
        (["lb01"], "lb01: what is this for?"),
        (["-H"], "-H: a value is missing"),
        (["-H", ""], "--host is empty"),
        (["-H", "lb01:x"], "-H lb01:x: not HOST, HOST:PORT or [IPV6]:PORT"),
        (["-H", "[::1"], "-H [::1: not HOST, HOST:PORT or [IPV6]:PORT"),
        (["-H", "lb01:99999"], "-H lb01:99999: not HOST, HOST:PORT or [IPV6]:PORT"),
        (["--check", "all"], "--check all: there are overall, instance, peers, services, agent, oncall"),
        (["--check", "instance"], "--check instance needs -i INSTANCE"),
        (["--moved-within", "soon"], "--moved-within soon: not a duration such as 900, 15m or 1h"),
        (["--moved-within", "-5"], "--moved-within -5: not a duration such as 900, 15m or 1h"),
        (["--max-age="], "--max-age : not a duration such as 900, 15m or 1h"),
        (["-t", "s"], "--timeout s: not a duration such as 900, 15m or 1h"),
        (
            ["-w", "5"],
            "--warning: the check overall has no number; peers, services, agent, oncall have one",
        ),
        (
            ["-i", "VI_1", "--check", "instance", "-c5"],
            "--critical: the check instance has no number; peers, services, agent, oncall have one",
        ),
        (
            ["--check", "peers", "-w", "5%"],
            "--warning 5%: not a range such as 10, 10:, ~:10, 10:20 or @10:20",
        ),
        (
            ["--check", "peers", "-c", "20:10"],
            "--critical 20:10: not a range such as 10, 10:, ~:10, 10:20 or @10:20",
        ),
        (["-t", "5", "--timeout", "6"], "--timeout is given twice"),
    ],
)
def test_a_usage_error_is_one_line_and_unknown(words: list[str], problem: str) -> None:
    assert told(*words) == (3, f"HAWATCH UNKNOWN - {problem} (see check_hawatch --help)")


def test_help_and_version_are_no_ok_for_a_monitoring_system() -> None:
    assert check("-V") == (3, [f"check_hawatch {__version__}"])
    assert check("--version") == check("-V")
    code, lines = check("--help")
    assert code == 3
    assert all(len(line) <= 80 for line in lines)
    assert lines[-1].startswith("Example: check_hawatch -H lb01 -H lb02")
    for check_name in CheckName:
        assert check_name.value in "\n".join(lines)


# --- a pair ---------------------------------------------------------------------------------------


def test_two_agents_that_agree_give_one_line(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.steady(), snapshots.steady("lb02")) as hosts:
        code, (line,) = check(*hosts)
    assert code == 0
    text, _, numbers = line.partition(" | ")
    assert text == "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100"
    labels = [number.split("=")[0] for number in numbers.split(" ")]
    assert "lb01_VI_1_severity" in labels
    assert "lb02_VI_1_severity" in labels
    assert len(labels) == len(set(labels))
    assert numbers.endswith(" agents_answering=2;;;0;2")


def test_a_silent_agent_is_a_warning_beside_one_that_is_well(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where, closed_port() as gone:
        assert told("-H", where.address, "-H", gone) == (
            1,
            f"HAWATCH WARNING - VI_1 steady: lb01 holds 192.168.136.100 [no answer from {gone}: connection refused]",
        )


def test_a_silent_agent_does_not_soften_what_the_other_says(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path) as where, closed_port() as gone:
        code, line = told("-H", gone, "-s", str(where.socket_path))
        assert code == 2
        assert line.startswith("HAWATCH CRITICAL - VI_1 split_brain: ")
        assert line.endswith(f" [no answer from {gone}: connection refused]")


def test_an_old_picture_counts_as_a_silent_agent(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.steady(), snapshots.split_brain("lb02"), ages=(0.013, 99.0)) as hosts:
        code, line = told(*hosts)
    assert code == 1
    assert line.endswith(f" [no answer from {hosts[3]}: its picture is 99 s old (limit 30 s)]")


def test_two_silent_agents_are_unknown() -> None:
    with closed_port() as one, closed_port() as other:
        assert told("-H", one, "-H", other) == (
            3,
            f"HAWATCH UNKNOWN - no agent answers: {one}: connection refused; {other}: connection refused",
        )


def test_a_split_brain_wins_over_steady(tmp_path: Path) -> None:
    held_by: tuple[tuple[str, bool | None], ...] = (("lb01", False), ("lb02", True))
    with pair(tmp_path, snapshot(router(held_by=held_by)), snapshots.split_brain("lb02")) as hosts:
        code, line = told(*hosts)
    assert code == 2
    assert line == (
        "HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 192.168.136.100;"
        " VRRP is dropped inbound on lb02 [lb01 says OK, steady]"
    )


def test_indeterminate_loses_against_a_definite_verdict(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.indeterminate(), snapshots.steady("lb02")) as hosts:
        assert told(*hosts) == (
            0,
            "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100 [lb01: indeterminate]",
        )


def test_two_undecided_agents_are_unknown(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.indeterminate(), snapshots.indeterminate("lb02")) as hosts:
        assert told(*hosts) == (3, "HAWATCH UNKNOWN - VI_1 indeterminate: just started; nothing heard yet")


def cut_off(node: str) -> Snapshot:
    """Isolated, and without the VIP."""
    judged = verdict(VerdictKind.ISOLATED, f"{node} is cut off")
    return snapshot(router(judged, held_by=((node, False),)), node=node)


def test_a_node_that_is_cut_off_leaves_the_word_to_the_other_one(tmp_path: Path) -> None:
    with pair(tmp_path, cut_off("lb01"), snapshots.failover("lb02")) as hosts:
        assert told(*hosts) == (
            1,
            "HAWATCH WARNING - VI_1 failover: lb02 took 192.168.136.100 over from lb01 [lb01 is cut off]",
        )


def test_a_node_that_is_cut_off_is_at_least_a_warning(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.steady(), cut_off("lb02")) as hosts:
        assert told(*hosts) == (
            1,
            "HAWATCH WARNING - VI_1 steady: lb01 holds 192.168.136.100 [lb02 is cut off]",
        )


def test_what_a_cut_off_node_knows_of_itself_still_counts(tmp_path: Path) -> None:
    broken = replace(snapshots.STALE_ARP, node="lb02")
    with pair(tmp_path, snapshots.steady(), replace(cut_off("lb02"), node_findings=(broken,))) as hosts:
        assert told(*hosts)[0] == 2


def test_both_nodes_cut_off_is_critical(tmp_path: Path) -> None:
    with pair(tmp_path, cut_off("lb01"), cut_off("lb02")) as hosts:
        assert told(*hosts) == (2, "HAWATCH CRITICAL - VI_1 isolated: lb01 is cut off")


def test_the_more_telling_verdict_of_one_state_is_shown(tmp_path: Path) -> None:
    degraded = snapshot(router(verdict(VerdictKind.DEGRADED, "no standby"), held_by=(("lb02", True),)))
    with pair(tmp_path, degraded, snapshots.failover("lb02")) as hosts:
        assert told(*hosts) == (
            1,
            "HAWATCH WARNING - VI_1 failover: lb02 took 192.168.136.100 over from lb01",
        )


def test_an_instance_that_one_node_does_not_know_is_said(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.steady(), snapshot(router(instance="VI_2"), node="lb02")) as hosts:
        code, line = told(*hosts, "-i", "VI_1")
    assert code == 0
    assert line == (
        "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100"
        " [lb02: no virtual router is called VI_1 (there are VI_2)]"
    )


def test_verbosity_shows_what_each_agent_says(tmp_path: Path) -> None:
    with (
        pair(tmp_path, snapshots.steady(), snapshots.split_brain("lb02")) as hosts,
        closed_port() as gone,
    ):
        _, lines = check(*hosts, "-H", gone, "-v")
    assert lines[1] == "lb01 says OK - VI_1 steady: lb01 holds 192.168.136.100"
    assert lines[2].startswith("  VI_1 (vrid 51, eth0, ipv4) steady for 1 h 0 min by rule R1: ")
    assert any(line.startswith("lb02 says CRITICAL - VI_1 split_brain: ") for line in lines)
    assert lines[-1] == f"no answer from {gone}: connection refused"


# --- the plugin as a witness ----------------------------------------------------------------------

PARTITION = (
    "HAWATCH CRITICAL - split_brain: lb01 and lb02 both hold 192.168.136.100, as each says of itself;"
    " VI_1 failover: lb02 took 192.168.136.100 over from lb01 [lb01 is cut off]"
)


def test_two_nodes_that_keep_saying_they_hold_the_vip_are_a_split_brain(tmp_path: Path) -> None:
    with pair(tmp_path, snapshots.isolated(), snapshots.failover("lb02")) as hosts:
        assert told(*hosts) == (2, PARTITION)
        assert told(*hosts[2:], *hosts[:2]) == (2, PARTITION)


def test_claims_from_before_a_move_prove_nothing(tmp_path: Path) -> None:
    # Pictures 5 s old, which in a check of 2 s never become comparable.
    with pair(tmp_path, snapshots.isolated(), snapshots.failover("lb02"), ages=(5.0, 0.013)) as hosts:
        code, line = told(*hosts, "-t", "2")
    assert (code, line) == (
        1,
        "HAWATCH WARNING - VI_1 failover: lb02 took 192.168.136.100 over from lb01 [lb01 is cut off]",
    )


class GivesWay:
    """Asks like the plugin, but swaps lb01's picture after the first answer: it has let go of the VIP."""

    def __init__(self, where: Served) -> None:
        self._where = where
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(HANG)
        self._thread = threading.Thread(target=self._relay)
        self._thread.start()

    def _relay(self) -> None:
        for _ in range(2):
            caller, _ = self.listener.accept()
            with caller, socket.create_connection(("127.0.0.1", self._where.port), timeout=HANG) as agent:
                agent.sendall(caller.recv(65536))
                while chunk := agent.recv(65536):
                    caller.sendall(chunk)
            self._where.publish(snapshots.failover("lb01"))

    def stop(self) -> None:
        self._thread.join(HANG)
        self.listener.close()


def test_a_node_that_lets_go_of_the_vip_meanwhile_is_no_split_brain(tmp_path: Path) -> None:
    with ExitStack() as stack:
        one = stack.enter_context(served(snapshots.steady("lb01"), tmp_path / "1"))
        other = stack.enter_context(served(snapshots.failover("lb02"), tmp_path / "2"))
        between = GivesWay(one)
        stack.callback(between.stop)
        code, line = told("-H", f"127.0.0.1:{between.listener.getsockname()[1]}", "-H", other.address)
    assert code == 1
    assert "split_brain" not in line


# --- the file itself ------------------------------------------------------------------------------


def evaluated_annotations(tree: ast.AST) -> Iterator[ast.expr]:
    """Those that the interpreter evaluates: of functions, and of what stands outside of them."""
    inside = {
        id(each) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for each in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns
        if isinstance(node, ast.arg) and node.annotation:
            yield node.annotation
        if isinstance(node, ast.AnnAssign) and id(node) not in inside:
            yield node.annotation


def unions(annotation: ast.expr) -> bool:
    """Whether it has `X | Y`, which fails when Python 3.9 evaluates it."""
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) for node in ast.walk(annotation)
    )


def test_what_python_3_9_cannot_run_would_be_found() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass", feature_version=(3, 9))
    found = list(evaluated_annotations(ast.parse("def f(a: int | None) -> int:\n    b: int | None = None")))
    assert [unions(each) for each in found] == [False, True]


def test_the_plugin_runs_on_python_3_9_and_imports_next_to_nothing() -> None:
    source = PLUGIN.read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"_socket", "_thread", "sys", "time"}
    assert not [each for each in evaluated_annotations(tree) if unions(each)]
    assert PLUGIN.stat().st_mode & 0o777 == 0o755


def test_the_plugin_and_the_agent_mean_the_same() -> None:
    source = PLUGIN.read_text()
    assert re.search(r'^VERSION = "(.*)"$', source, re.MULTILINE)[1] == __version__  # type: ignore[index]
    states = re.search(r"^STATES = (\(.*\))$", source, re.MULTILINE)[1]  # type: ignore[index]
    for severity, word in STATES.items():
        assert ast.literal_eval(states)[severity.exit_code] == word
    checks = re.search(r"^CHECKS = (\(.*\))$", source, re.MULTILINE)[1]  # type: ignore[index]
    assert ast.literal_eval(checks) == tuple(name.value for name in CheckName)


def test_the_manual_names_every_option_check_and_object_file() -> None:
    manual = (PLUGIN.parents[1] / "docs" / "nagios.md").read_text()
    _, usage = check("--help")
    options = set(re.findall(r"(?<![\w-])-(?:-[a-z-]+|[A-Za-z])(?=[, ])", "\n".join(usage)))
    assert {"-H", "--host", "-w", "--critical", "--max-age", "-t"} <= options
    names = options | {f"`{name.value}`" for name in CheckName}
    names |= {path.name for path in (PLUGIN.parent / "nagios4").iterdir()}
    assert sorted(name for name in names if name not in manual) == []
