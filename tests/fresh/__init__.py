"""What the first page promises, from roots in which nothing is but Debian: `make test-fresh`."""
