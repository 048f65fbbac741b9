"""Worked examples: files to copy, and the programs that show what they do."""
