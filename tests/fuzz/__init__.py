"""Coverage-guided fuzzing of every decoder and parser: the table of targets, a corpus for each, and the run."""
