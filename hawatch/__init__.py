"""hawatch: watches a Keepalived pair from inside, tells failover from split brain, names cause and remedy."""

__version__ = "0.1.0"
