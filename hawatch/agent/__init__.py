"""The agent: one inbox, one loop, and the crew of observers; the only place that knows everybody."""
