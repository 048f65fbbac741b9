"""keepalived.conf, read into a model that never holds a password."""
