"""Look at a monitoring tool once, or carry out one wish there; they decide nothing."""
