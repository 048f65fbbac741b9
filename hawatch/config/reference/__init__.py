"""Every key of hawatch.toml and actions.toml as data: documents, man pages and `hawatch init` are made from it.

That it says what the loader does is shown by tests/test_docs_configuration.py, both ways.
"""

from __future__ import annotations

from hawatch.config.reference import (
    actions,
    channels,
    judging,
    links,
    monitoring,
    node,
    oncall,
    provider,
    provider_incoming,
    services,
    twilio,
    witness,
)
from hawatch.config.reference.key import Key, KeyTable

HAWATCH_TOML: tuple[KeyTable, ...] = (
    *node.TABLES,
    *links.TABLES,
    *services.TABLES,
    *judging.TABLES,
    *oncall.TABLES,
    *channels.TABLES,
    *twilio.TABLES,
    *provider.TABLES,
    *provider_incoming.TABLES,
    *monitoring.TABLES,
)
ACTIONS_TOML: tuple[KeyTable, ...] = actions.TABLES
WITNESS_TOML: tuple[KeyTable, ...] = witness.TABLES

__all__ = ["ACTIONS_TOML", "HAWATCH_TOML", "Key", "KeyTable", "WITNESS_TOML"]
