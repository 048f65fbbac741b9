"""One acknowledgement for all tools: what monitoring tools should show of ours, and what theirs mean here."""
