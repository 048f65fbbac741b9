"""Bytes to records and back, without a socket."""
