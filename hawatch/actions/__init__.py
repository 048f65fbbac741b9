"""Permitted actions, run through hawatch-helper; whether one is run is decided elsewhere."""
