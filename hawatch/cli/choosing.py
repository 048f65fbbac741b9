"""Which configuration and key a command works with."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from hawatch.config import Config, Keepalived, read
from hawatch.config.records import DEFAULT_PATH
from hawatch.errors import ConfigError

log = logging.getLogger("hawatch.config")

SHORTEST_KEY = 16


def choose_config(path: str | None, keepalived_conf: str | None) -> Config:
    """The named file, or the default one if it is there, or nothing but defaults. ConfigError names what is wrong."""
    if path is not None:
        config = read(path)
    else:
        config = read(DEFAULT_PATH) if Path(DEFAULT_PATH).exists() else Config()
    if keepalived_conf is not None:
        config = replace(config, keepalived=Keepalived(config=keepalived_conf))
    return config


def read_key(config: Config) -> bytes | None:
    """The peer key; None, said once, when there is none: then the other evidence must do."""
    path = Path(config.peer_link.key_file)
    try:
        key = path.read_bytes().strip()
    except FileNotFoundError:
        log.warning("peer_key=%s missing: this agent does not talk to other agents", path)
        return None
    except OSError as error:
        raise ConfigError(str(path), error.strerror or str(error)) from None
    if len(key) < SHORTEST_KEY:
        raise ConfigError(str(path), f"the key is {len(key)} bytes long; {SHORTEST_KEY} is the least")
    return key
