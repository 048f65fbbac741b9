"""`hawatch init` as somebody at a shell, or a script, sees it: what it writes, and what it leaves alone."""

from __future__ import annotations

import grp
import os
import pty
import select
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hawatch import cli
from hawatch.cli.initiating import files
from hawatch.config import load
from hawatch.errors import ConfigError
from hawatch.keepalived.files import DiskFiles
from tests.test_keepalived_corpus import SHELF, source_of

CONF = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        10.0.0.100/24
    }
}
"""
KEY = "c2VjcmV0IG9mIGxiMDEgYW5kIGxiMDIgYWxvbmU="
ROOT = Path(__file__).resolve().parent.parent
HANG_GUARD = 60.0


class Place:
    """A directory with a keepalived.conf, where `hawatch init` is to write."""

    def __init__(self, directory: Path) -> None:
        self.toml = directory / "etc" / "hawatch.toml"
        self.key = directory / "etc" / "peer.key"
        self.conf = directory / "keepalived.conf"
        self.conf.write_text(CONF)

    @property
    def words(self) -> list[str]:
        places = [
            "--config",
            str(self.toml),
            "--key-file",
            str(self.key),
            "--keepalived-conf",
            str(self.conf),
        ]
        return ["init", *places]

    def init(self, *more: str) -> int:
        """The exit code of `hawatch init` with these words, nobody at a terminal."""
        return cli.main([*self.words, *more])

    def piped(self, *more: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The same as a process of its own, with something on its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "hawatch", *self.words, *more],
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


Captured = pytest.CaptureFixture[str]


# --- what is written ------------------------------------------------------------------------------


def test_it_writes_a_config_that_can_be_used_and_a_key_and_says_how_to_go_on(
    place: Place, capsys: Captured
) -> None:
    assert place.init("--yes", "--peer", "lb02=10.0.0.12") == 0
    out, _ = capsys.readouterr()

    assert f"{place.key}: made\n{place.toml}: written\nNext:\n" in out
    assert "ssh root@10.0.0.12 'hawatch init --yes --node lb02 --peer" in out
    assert "hawatch status" in out
    assert cli.main(["check-config", str(place.toml)]) == 0
    assert capsys.readouterr().err == ""


def test_the_files_are_closed_to_everybody_but_root_and_the_agent(place: Place) -> None:
    before = os.umask(0o000)
    try:
        place.init("--yes")
    finally:
        os.umask(before)

    for path in (place.toml, place.key):
        seen = path.stat()
        assert stat.S_IMODE(seen.st_mode) == 0o640
        assert seen.st_uid == os.geteuid()
        if os.geteuid() == 0:
            assert seen.st_gid == grp.getgrnam(files.GROUP).gr_gid
    assert sorted(each.name for each in place.toml.parent.iterdir()) == ["hawatch.toml", "peer.key"]


def test_a_key_is_new_each_time_and_is_never_shown(place: Place, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "other").mkdir()
    other = Place(tmp_path / "other")
    place.init("--yes", "--peer", "lb02=10.0.0.12")
    other.init("--yes")
    key = place.key.read_text().strip()

    assert len(key) == 44
    assert key != other.key.read_text().strip()
    assert key not in "".join(capsys.readouterr())
    assert key not in place.toml.read_text()


def test_the_key_of_the_other_node_comes_through_a_pipe(place: Place) -> None:
    done = place.piped("--key-from", "-", "--peer", "lb01=10.0.0.11", stdin=f"{KEY}\n")

    assert (done.returncode, done.stderr.count("\n") <= 1) == (0, True)
    assert place.key.read_text() == f"{KEY}\n"
    assert KEY not in done.stdout
    assert "ssh" not in done.stdout


def test_the_key_of_the_other_node_comes_from_a_file(place: Place, tmp_path: Path) -> None:
    (tmp_path / "copied").write_text(f"  {KEY}\n\n")

    assert place.init("--yes", "--key-from", str(tmp_path / "copied")) == 0
    assert place.key.read_text() == f"{KEY}\n"


def test_it_can_only_be_printed(place: Place, capsys: Captured) -> None:
    assert place.init("--print") == 0

    load(capsys.readouterr().out, "printed")
    assert not place.toml.parent.exists()


# --- what is left alone ---------------------------------------------------------------------------


def untouched(path: Path) -> tuple[int, ...]:
    """What would be another if somebody had written it; to look at it is allowed."""
    seen = path.stat()
    return seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode, seen.st_uid, seen.st_gid


def test_twice_the_same_changes_nothing_the_second_time(place: Place, capsys: Captured) -> None:
    place.init("--yes", "--peer", "lb02=10.0.0.12")
    before = [untouched(path) for path in (place.toml, place.key)]
    capsys.readouterr()

    assert place.init("--yes", "--peer", "lb02=10.0.0.12") == 0
    assert [untouched(path) for path in (place.toml, place.key)] == before
    out, _ = capsys.readouterr()
    assert f"{place.key}: kept\n{place.toml}: as proposed already\n" in out


def test_a_config_that_differs_is_shown_and_left_alone(place: Place, capsys: Captured) -> None:
    place.init("--yes", "--peer", "lb02=10.0.0.12")
    edited = place.toml.read_text() + "\n[[reference]]\naddress = '10.0.0.1'\n"
    place.toml.write_text(edited)
    capsys.readouterr()

    assert place.init("--yes", "--peer", "lb02=10.0.0.12") == 1
    out, err = capsys.readouterr()
    assert place.toml.read_text() == edited
    assert "-[[reference]]\n-address = '10.0.0.1'\n" in out
    assert err == f"hawatch: {place.toml}: is there and differs, so nothing was written (--force does)\n"


def test_nothing_is_written_beside_a_config_that_differs(place: Place) -> None:
    place.toml.parent.mkdir()
    place.toml.write_text("[node]\nname = 'mine'\n")

    assert place.init("--yes") == 1
    assert [each.name for each in place.toml.parent.iterdir()] == ["hawatch.toml"]


def test_force_keeps_the_old_config_beside_the_new_one(place: Place) -> None:
    place.toml.parent.mkdir()
    place.toml.write_text("[node]\nname = 'mine'\n")

    assert place.init("--yes", "--force", "--node", "lb01") == 0
    assert load(place.toml.read_text(), "").node.name == "lb01"
    assert place.toml.with_name("hawatch.toml.old").read_text() == "[node]\nname = 'mine'\n"


def test_a_config_of_nothing_but_comments_is_as_good_as_none(place: Place) -> None:
    place.toml.parent.mkdir()
    place.toml.write_text("# as the package brings it\n#[node]\n")

    assert place.init("--yes", "--node", "lb01") == 0
    assert load(place.toml.read_text(), "").node.name == "lb01"
    assert "as the package brings it" in place.toml.with_name("hawatch.toml.old").read_text()


def test_a_config_that_is_broken_is_somebodys_work(place: Place) -> None:
    place.toml.parent.mkdir()
    place.toml.write_text("[node\n")

    assert place.init("--yes") == 1
    assert place.toml.read_text() == "[node\n"


def test_another_key_is_not_written_over_without_force(
    place: Place, capsys: Captured, tmp_path: Path
) -> None:
    place.init("--yes")
    ours = place.key.read_text()
    (tmp_path / "copied").write_text(KEY)
    capsys.readouterr()

    assert place.init("--yes", "--key-from", str(tmp_path / "copied")) == 2
    assert place.key.read_text() == ours
    assert capsys.readouterr().err == (
        f"hawatch: {place.key}: there is another key already; --force takes the new one\n"
    )
    assert place.init("--yes", "--force", "--key-from", str(tmp_path / "copied")) == 0
    assert place.key.read_text() == f"{KEY}\n"


def test_a_config_behind_a_link_is_written_where_it_leads(place: Place, tmp_path: Path) -> None:
    place.toml.parent.mkdir()
    (tmp_path / "kept").mkdir()
    place.toml.symlink_to(tmp_path / "kept" / "lb01.toml")

    assert place.init("--yes") == 0
    assert place.toml.is_symlink()
    assert (tmp_path / "kept" / "lb01.toml").exists()


def test_a_disk_that_fails_leaves_the_old_file_and_no_rest(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    place.init("--yes")
    before = place.toml.read_text()
    capsys.readouterr()

    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("hawatch.cli.initiating.files.os.fsync", full)
    assert place.init("--yes", "--force", "--pair", "web") == 2
    assert capsys.readouterr().err.endswith(".old: No space left on device\n")
    assert place.toml.read_text() == before
    assert sorted(each.name for each in place.toml.parent.iterdir()) == ["hawatch.toml", "peer.key"]


# --- what goes wrong: one line --------------------------------------------------------------------


def test_no_keepalived_conf(place: Place, capsys: Captured) -> None:
    place.conf.unlink()

    assert place.init("--yes") == 2
    assert capsys.readouterr().err == (
        f"hawatch: {place.conf}: there is none; where keepalived has it says --keepalived-conf\n"
    )
    assert not place.toml.exists()


def test_a_keepalived_conf_that_may_not_be_read(
    place: Place, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: DiskFiles, path: str) -> str:
        raise PermissionError(13, os.strerror(13), path)

    monkeypatch.setattr(DiskFiles, "read", refuse)
    assert place.init("--yes") == 2
    assert capsys.readouterr().err == f"hawatch: {place.conf}: Permission denied; run this as root\n"


def test_a_place_that_may_not_be_written_to(
    place: Place, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr("hawatch.cli.initiating.files.tempfile.mkstemp", refuse)
    assert place.init("--yes") == 2
    assert capsys.readouterr().err == (
        f"hawatch: {place.key}: Permission denied; run this as root, or with --print\n"
    )


def test_a_host_without_the_agents_group_is_told(
    place: Place, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "group_id", lambda: None)

    assert place.init("--yes") == 0
    _, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert ("there is no group hawatch yet" if os.geteuid() == 0 else "belongs to you") in err


@pytest.mark.parametrize("name", sorted(path.stem for path in SHELF.glob("*.conf")))
def test_any_keepalived_conf_gives_a_file_or_one_line_that_names_the_place(
    place: Place, name: str, capsys: Captured
) -> None:
    place.conf.write_bytes((SHELF / f"{name}.conf").read_bytes())
    code = place.init("--print")
    out, err = capsys.readouterr()
    if code == 0:
        load(out, name)
    else:
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("hawatch: ")
        assert str(place.conf.parent) in err or "/etc/keepalived/" in err


def test_the_shelf_has_both_kinds() -> None:
    def is_read(name: str) -> bool:
        try:
            return source_of(name).config is not None
        except ConfigError:
            return False

    read = [is_read(path.stem) for path in SHELF.glob("*.conf")]
    assert 40 <= sum(read) < len(read)


@pytest.mark.parametrize(
    ("stdin", "problem"),
    [
        ("", "nothing came"),
        ("\n\n", "nothing came"),
        ("short\n", "the key is 5 bytes long; 16 is the least"),
        ("a line and another\nwhich is no key\n", "is not a key of hawatch (hawatch init makes one)"),
        ("schlüsselschlüsselschlüssel\n", "is not a key of hawatch (hawatch init makes one)"),
    ],
)
def test_what_is_no_key_is_not_taken_for_one(place: Place, stdin: str, problem: str) -> None:
    done = place.piped("--key-from", "-", stdin=stdin)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"hawatch: --key-from -: {problem}\n")
    assert not place.toml.exists()


# --- at a terminal --------------------------------------------------------------------------------


class AtATerminal:
    """`hawatch init` with somebody at a pseudo-terminal."""

    def __init__(self, words: list[str]) -> None:
        self._fd, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hawatch", *words],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def until(self, *endings: str) -> str | None:
        """Read until what is shown ends so; what it ended with, None when the program has ended."""
        while not (found := next((each for each in endings if self.seen.endswith(each)), None)):
            if not select.select([self._fd], [], [], HANG_GUARD)[0]:
                raise AssertionError(f"nothing more came after:\n{self.seen}")
            try:
                self.seen += os.read(self._fd, 4096).decode()
            except OSError:  # the program has closed the other end
                return None
        return found

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())
        self.seen = ""

    def end(self) -> int:
        try:
            return self._process.wait(HANG_GUARD)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._fd)


def test_enter_alone_all_the_way_gives_a_config_that_can_be_used(place: Place) -> None:
    at = AtATerminal(place.words)
    asked = []
    while at.until("]: ", "know it: ", "names): ", "if not: ", "name: ") is not None:
        asked.append(at.seen.splitlines()[-1])
        at.type("\n")
    assert at.end() == 0

    assert asked[0].startswith("This node's name [")
    assert asked[-1] == f"Write {place.toml}? [Y/n]: "
    assert any(each.startswith("Number or address [1]") for each in asked)
    load(place.toml.read_text(), "hawatch.toml")


def test_an_answer_that_makes_no_sense_is_asked_for_again(place: Place) -> None:
    at = AtATerminal([*place.words, "--peer", "lb02=lb02.example.org", "--pair", "web"])
    at.until("]: ")
    at.type("a=b\n")
    at.until("]: ")
    assert "'a=b' has a = or a comma in it" in at.seen
    at.type("lb07\n")
    at.until("]: ")
    at.type("300.1.2.3\n")
    at.until("]: ")
    assert "'300.1.2.3' is neither an address nor ADDRESS:PORT" in at.seen
    at.type("127.0.0.2:9000\n")
    at.until("]: ")
    at.type("maybe\n")
    at.until("]: ")
    assert "y or n?" in at.seen
    at.type("y\n")
    at.until("never ends so")
    assert at.end() == 0

    config = load(place.toml.read_text(), "hawatch.toml")
    assert (config.node.name, str(config.listen.http)) == ("lb07", "127.0.0.2:9000")


def test_no_at_the_end_writes_nothing(place: Place) -> None:
    at = AtATerminal(
        [
            *place.words,
            "--node",
            "lb01",
            "--peer",
            "lb02=lb02.example.org",
            "--pair",
            "web",
            "--listen",
            "::1",
        ]
    )
    at.until("]: ")
    at.type("n\n")
    at.until("never ends so")

    assert at.end() == 1
    assert "nothing was written" in at.seen
    assert not place.toml.exists()


def test_somebody_who_walks_away_leaves_everything_as_it_was(place: Place) -> None:
    at = AtATerminal(place.words)
    at.until("]: ")
    at.type("\x04")  # Ctrl-D
    at.until("never ends so")

    assert at.end() == 2
    assert "hawatch: the questions were not all answered: nothing was written" in at.seen
    assert not place.toml.exists()


def test_a_key_is_never_typed(place: Place) -> None:
    at = AtATerminal([*place.words, "--key-from", "-"])
    at.until("never ends so")

    assert at.end() == 2
    assert "the key comes through a pipe, never typed" in at.seen
