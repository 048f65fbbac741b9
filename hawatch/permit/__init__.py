"""Whether a deed may be done, and whether a node that was fenced is gone: looks at one snapshot, unknown is not yes."""

from __future__ import annotations

from hawatch.permit.gone import Gone, Trace, gone
from hawatch.permit.look import offered, permit

__all__ = ["Gone", "Trace", "gone", "offered", "permit"]
