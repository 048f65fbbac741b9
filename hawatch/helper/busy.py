"""The refusal that is worth another try."""

from __future__ import annotations

from hawatch.errors import HawatchError


class BusyError(HawatchError):
    """Something else is under way; its answer to a client has `busy` set."""
