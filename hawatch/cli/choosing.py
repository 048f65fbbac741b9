"""Which configuration and key a command works with."""

from __future__ import annotations

import logging
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from hawatch.config import Config, Keepalived, read
from hawatch.config.records import DEFAULT_PATH
from hawatch.errors import ConfigError
from hawatch.verdict import Cause, VerdictKind

log = logging.getLogger("hawatch.config")

EVERYBODY = 0o007
SHORTEST_KEY = 16


def choose_config(path: str | None, keepalived_conf: str | None) -> Config:
    """The named file, or the default one if it is there, or nothing but defaults. ConfigError names what is wrong."""
    absent = path is None and not Path(DEFAULT_PATH).exists()
    config = Config() if absent else read_config(path or DEFAULT_PATH)
    if keepalived_conf is not None:
        config = replace(config, keepalived=Keepalived(config=keepalived_conf))
    return config


def read_config(path: str) -> Config:
    """One file, with the causes and verdicts that it names checked too. ConfigError names what is wrong."""
    config = read(path)
    for index, accept in enumerate(config.accepts):
        _check_word(accept.cause, Cause, f"{path}: accept[{index}].cause")
    for index, rule in enumerate(config.notify):
        if rule.cause is not None:
            _check_word(rule.cause, Cause, f"{path}: notify[{index}].cause")
        if rule.verdict is not None:
            _check_word(rule.verdict, VerdictKind, f"{path}: notify[{index}].verdict")
    return config


def _check_word(word: str, kind: type[Cause | VerdictKind], where: str) -> None:
    known = [member.value for member in kind]
    if word not in known:
        near = get_close_matches(word, known, n=1, cutoff=0.6)
        hint = f", did you mean {near[0]}?" if near else ""
        noun = "cause" if kind is Cause else "verdict"
        raise ConfigError(where, f"no such {noun}: {word!r}{hint}")


def read_key(config: Config) -> bytes | None:
    """The peer key; None, said once, when there is none: then the other evidence must do."""
    path = Path(config.peer_link.key_file)
    try:
        key = path.read_bytes().strip()
        if path.stat().st_mode & EVERYBODY:
            log.warning("peer_key=%s can be used by everybody on this host (chmod 640 %s)", path, path)
    except FileNotFoundError:
        log.warning("peer_key=%s missing: this agent does not talk to other agents", path)
        return None
    except OSError as error:
        raise ConfigError(str(path), error.strerror or str(error)) from None
    if len(key) < SHORTEST_KEY:
        raise ConfigError(str(path), f"the key is {len(key)} bytes long; {SHORTEST_KEY} is the least")
    return key
