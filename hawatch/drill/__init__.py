"""Drills: what may be tried on a pair in service, what it has to come to, and the report on what it came to."""
