"""Push one finished plugin result to a monitoring system, and say what became of it; they decide nothing."""
