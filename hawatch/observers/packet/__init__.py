"""Packet sockets and their filters, for the observers that read or write whole frames."""
