"""`hawatch agent --witness`: a host that owns nothing, and sees many pairs from beside them.

One process and one event loop; the sockets are shared, and each pair has a key, a run and a memory of its own.
"""

from hawatch.witness.composition import Witness

__all__ = ["Witness"]
