"""The command line: finds the command's file, runs it, and turns what goes wrong into one line."""

from __future__ import annotations

import os
import sys

from hawatch import __version__

TYPE_CHECKING = False  # as in typing, whose import alone takes longer than some commands may
if TYPE_CHECKING:
    from collections.abc import Sequence

    from hawatch.cli.parser import Command

# Command, its module in hawatch/cli/, and its line in `hawatch --help`.
# The line stands here too, so that the help of one command does not import all of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "agent": ("agent", "Watch this node's virtual routers until told to stop."),
    "init": ("init", "Propose a configuration for this node, and make the key that the pair shares."),
    "status": ("status", "Show what the agent on this node sees."),
    "watch": ("watch", "Show what the agent sees, live in a terminal, with keys to answer incidents."),
    "incidents": ("incidents", "Show the incidents that this node's agent keeps, or one with its timeline."),
    "ack": ("ack", "Acknowledge an incident: you look after it."),
    "release": ("release", "Give an acknowledged or snoozed incident back: nobody looks after it."),
    "snooze": ("snooze", "Keep an incident quiet for a while, or until it gets worse."),
    "act": ("act", "Show what can be done about an incident, or have one of these actions done."),
    "silence": ("silence", "Tell nobody of one virtual router, or of one cause, for a while."),
    "maintenance": (
        "maintenance",
        "Tell people less while you work on the pair; without an argument, show what is muted.",
    ),
    "test-message": (
        "test_message",
        "Send a test message on every way to a person, and say what came of each.",
    ),
    "drill": ("drill", "Try a graceful failover and failback on this pair, and grade what came of it."),
    "phone": ("phone", "A telephone in the terminal: shows the messages to a person, and takes replies."),
    "guard": ("guard", "Say whether a service works, in milliseconds: for keepalived's vrrp_script."),
    "check": (
        "check",
        "Look once, for a few seconds, without an agent, and print one line for a monitoring system.",
    ),
    "check-config": ("check_config", "Say what is wrong with a configuration file, with the key at fault."),
    "lint": (
        "lint",
        "Say what keepalived accepts and later hurts, in one keepalived.conf or between those of a pair.",
    ),
    "doctor": ("doctor", "Examine this host, and say what would mend it for good."),
    "decode": ("decode", "Show every VRRP frame of a capture file."),
    "replay": ("replay", "Give the verdicts of a recorded night: the agent's journal, or a capture file."),
}

# 2 means CRITICAL to Nagios, so a command that Nagios runs must say UNKNOWN about its own faults; and to keepalived
# everything but 0 is a failure, by which a VIP would move.
USAGE_EXIT_CODES = {"check": 3, "guard": 0}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is without the program's name."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except SystemExit as exit_:  # argparse: --help, --version, a usage error
        return exit_.code if isinstance(exit_.code, int) else 0
    except BrokenPipeError:
        return _reader_went_away()
    except KeyboardInterrupt:
        return 130
    return code


def _dispatch(words: list[str]) -> int:
    name = words[0] if words else ""
    if name in {"-h", "--help", "help"}:
        print(_overview())
        return 0
    if name in {"-V", "--version"}:
        print(_version())
        return 0
    if name not in COMMANDS:
        problem = f"no such command: {name}" if name else "which command?"
        return _complain(f"{problem} (see hawatch --help)", 2)
    if name == "guard":
        from hawatch.cli.guard_board import quick_answer

        code = quick_answer(words[1:])
        if code is not None:
            return code
    return _run_carefully(name, words[1:])


def _run_carefully(name: str, words: list[str]) -> int:
    from hawatch.errors import HawatchError

    try:
        return _run(name, words)
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except HawatchError as error:
        return _complain(str(error), USAGE_EXIT_CODES.get(name, error.exit_code))
    except OSError as error:
        return _complain(_describe(error), USAGE_EXIT_CODES.get(name, 2))
    except Exception as error:  # a fault of ours; still one line for the user
        if os.environ.get("HAWATCH_DEBUG"):
            raise
        problem = f"internal error: {type(error).__name__}: {error} (HAWATCH_DEBUG=1 shows where)"
        return _complain(problem, USAGE_EXIT_CODES.get(name, 2))


def _run(name: str, words: list[str]) -> int:
    from importlib import import_module
    from typing import cast

    from hawatch.cli.parser import Parser

    module, summary = COMMANDS[name]
    command = cast("Command", import_module(f"hawatch.cli.{module}"))
    usage_exit_code = USAGE_EXIT_CODES.get(name, 2)
    parser = Parser(name, summary, version=_version(), usage_exit_code=usage_exit_code)
    command.configure(parser)
    return command.run(parser.parse_args(words))


def _overview() -> str:
    width = max((len(name) for name in COMMANDS), default=0)
    lines = [f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: hawatch COMMAND [ARGUMENT ...]",
            "",
            "Who owns each VIP of a Keepalived pair: failover or split brain, and why.",
            "",
            *lines,
            "",
            "hawatch COMMAND --help explains one, with an example; hawatch --version.",
        ]
    )


def _version() -> str:
    return f"hawatch {__version__}"


def _complain(problem: str, exit_code: int) -> int:
    print("hawatch:", " ".join(problem.splitlines()), file=sys.stderr)
    return exit_code


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _reader_went_away() -> int:
    """Keep the interpreter from flushing into the closed pipe once more at exit; end as a SIGPIPE would."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
    return 128 + 13
