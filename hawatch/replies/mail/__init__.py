"""Answers by mail, and bounces of our own: from a mailbox to replies and receipts."""
