"""Whether a webhook is from whom it says: one file for each way of knowing, every comparison in constant time."""

from __future__ import annotations

from hawatch.provider.verifying.verdict import Forged, forged

__all__ = ["Forged", "forged"]
