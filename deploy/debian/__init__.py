"""The Debian package; build.py makes it."""
