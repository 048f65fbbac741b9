"""Deliver one message, and say how far it came; they decide nothing."""
