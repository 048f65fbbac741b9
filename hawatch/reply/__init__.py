"""What people answer: from a text to what it means, and what it changes: pure."""
