"""Rules about scripts: what they track, who may change them, and how fast they decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Written

_NOTIFY = frozenset(
    {
        "notify", "notify_master", "notify_backup", "notify_fault", "notify_stop", "notify_deleted",
        "notify_master_rx_lower_pri",
    }
)  # fmt: skip
_GLOBAL_SCRIPTS = frozenset(
    {
        "startup_script",
        "shutdown_script",
        "notify_fifo_script",
        "vrrp_notify_fifo_script",
        "lvs_notify_fifo_script",
    }
)


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A line that names a program, its path, and whether a user for it is named; arguments may be secrets."""

    statement: Statement
    path: str
    has_user: bool


def script_lines(written: Written) -> list[ScriptLine]:
    """Every program that keepalived would run for VRRP."""
    found = []
    for block in written.source.statements:
        keywords = {
            "vrrp_script": {"script"},
            "vrrp_instance": _NOTIFY,
            "vrrp_sync_group": _NOTIFY,
            "global_defs": _GLOBAL_SCRIPTS,
        }.get(block.keyword, frozenset())
        has_user = any(each.keyword == "user" for each in block.body or ())
        for each in block.body or ():
            if each.keyword in keywords and len(each.words) > 1 and (path := each.words[1].split()[:1]):
                found.append(ScriptLine(each, path[0], has_user or _user_behind(each)))
    return found


def _user_behind(statement: Statement) -> bool:
    """A notify line may end with a user; the words behind an unquoted script are its arguments."""
    return statement.keyword != "script" and len(statement.words) > 2


def script_security_missing(written: Written) -> Iterator[Found]:
    """Scripts without enable_script_security."""
    lines = script_lines(written)
    if lines and not _says(written, "enable_script_security"):
        text = (
            f"{lines[0].path} runs without enable_script_security: keepalived does not ask who may change it"
        )
        yield Found(lines[0].statement.where, text, "enable_script_security, in global_defs")


def script_user_missing(written: Written) -> Iterator[Found]:
    """Scripts that run as root, since nobody else is named."""
    lines = [each for each in script_lines(written) if not each.has_user]
    if lines and not _says(written, "script_user"):
        text = (
            f"no script_user is named: {lines[0].path} runs as root, unless there is a user keepalived_script"
        )
        yield Found(lines[0].statement.where, text, "script_user keepalived_script, in global_defs")


def _says(written: Written, keyword: str) -> bool:
    return any(each.keyword == keyword for each in written.globals)


def script_writable(written: Written) -> Iterator[Found]:
    """A script that others than root may change."""
    for line in script_lines(written):
        facts = written.scripts.get(line.path)
        if facts is not None and facts.writable is not None:
            text = f"{line.path} can be changed by others than root, through {facts.writable}"
            path = facts.writable.split(" (")[0]
            yield Found(line.statement.where, text, f"chown root: {path} && chmod go-w {path}")


def script_missing(written: Written) -> Iterator[Found]:
    """A script that is not there, or cannot be executed: keepalived stops tracking it."""
    for line in script_lines(written):
        facts = written.scripts.get(line.path)
        if facts is not None and not (facts.exists and facts.executable):
            how = "cannot be executed" if facts.exists else "is not there"
            text = f"{line.path} {how}; keepalived goes on without it"
            remedy = (
                f"chmod 755 {line.path}" if facts.exists else f"{line.statement.keyword} /path/to/the/script"
            )
            yield Found(line.statement.where, text, remedy)


def script_hasty(written: Written) -> Iterator[Found]:
    """A tracked script whose first failure moves the VIP, or whose first success moves it back."""
    for block in _tracked(written):
        said = {each.keyword for each in block.body or ()}
        lacking = [each for each in ("fall", "rise") if each not in said]
        if lacking:
            name = f"vrrp_script {block.words[1]}"
            text = f"{name} has no {' and no '.join(lacking)}, so a single run decides"
            yield Found(block.where, text, " and ".join(f"{each} 2" for each in lacking))


def script_faults(written: Written) -> Iterator[Found]:
    """A tracked script without weight: where it fails on both nodes, nobody has the VIP."""
    for instance, router in written.running:
        for script in router.tracked_scripts:
            if script.kind == "script" and script.weight == 0:
                text = f"{script.name} has weight 0: where it fails on both nodes, nobody is left to hold the VIPs of "
                where = instance.place("track_script")
                yield Found(where, text + instance.name, "weight -60, if a node is better than none")


def script_unused(written: Written) -> Iterator[Found]:
    """A vrrp_script that nothing tracks."""
    used = {_words(block) for block in _tracked(written)}
    for block in written.every("vrrp_script"):
        if len(block.words) > 1 and _words(block) not in used:
            text = f"vrrp_script {block.words[1]} is tracked by no vrrp_instance and no vrrp_sync_group"
            yield Found(block.where, text, f"track_script {{ {block.words[1]} }}")


def _words(block: Statement) -> tuple[str, ...]:
    return block.words[:2]


def _tracked(written: Written) -> list[Statement]:
    """The vrrp_script blocks that some instance or group tracks."""
    names = {
        entry.keyword
        for block in written.source.statements
        if block.keyword in {"vrrp_instance", "vrrp_sync_group"}
        for tracks in block.body or ()
        if tracks.keyword == "track_script"
        for entry in tracks.body or ()
    }
    return [each for each in written.every("vrrp_script") if len(each.words) > 1 and each.words[1] in names]
