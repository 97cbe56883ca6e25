"""Verdicts on random worlds with a known truth, against what could be known of each.

The oracle shares no code with the comparison. `python -m tests.evaluation` runs it at any size.
"""
