"""What Linux says in text under /proc, read into records; nothing here opens a file."""
