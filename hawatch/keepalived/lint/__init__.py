"""Lint: what keepalived accepts without a word, or with one in a log that nobody reads, and that hurts later."""
