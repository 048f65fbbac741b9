"""Nights on call in which the agents are killed at every step, at random, and what must hold all the same.

python -m tests.crash --kills 200 --seed 1 --jobs 3
"""
