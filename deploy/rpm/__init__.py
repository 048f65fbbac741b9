"""The RPM for the RHEL 9 family, made of what deploy/package lays out."""
