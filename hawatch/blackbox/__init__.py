"""The black box: what was seen in the last minute, written down when a verdict says that something is wrong."""

from hawatch.blackbox.recorder import BlackBox

__all__ = ["BlackBox"]
