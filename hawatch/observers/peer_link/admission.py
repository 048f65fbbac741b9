"""Who is listened to: of each node one run, and each of its datagrams once."""

from __future__ import annotations

from hawatch.wire.replay_window import ReplayWindow

WINDOW = 1024
"""Datagrams of several links and slices interleave, so the window is wider than one link needs."""
UNPROVED = "unproved boot id"


class Admission:
    """The replay windows of all nodes."""

    def __init__(self) -> None:
        self._windows: dict[str, ReplayWindow] = {}

    def refusal(self, node: str, boot_id: str, sequence: int, *, proved: bool) -> str | None:
        """Why an authentic datagram is not to be taken, or None: it then counts as seen."""
        window = self._windows.setdefault(node, ReplayWindow(WINDOW))
        return window.accept(boot_id, sequence, proved=proved)
