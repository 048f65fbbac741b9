"""A GSM modem of the lab: AT commands over TCP for a real SMS daemon, and behind it a telephone network that tells all.

A test program: PDUs are coded by hand here so that what the daemon sends is read by somebody else's eyes.
"""
