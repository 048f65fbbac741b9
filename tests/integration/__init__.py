"""Real monitoring systems look at a real split; `make test-integration` runs them."""
