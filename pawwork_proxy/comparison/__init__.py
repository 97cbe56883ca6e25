"""Observations → contrasts → verdicts → an answer and the next experiment. Pure, no I/O.

Invariant: a verdict is what *every* keying that the evidence leaves possible agrees on, so adding
uncertainty can only turn a verdict into `undetermined`, never into another one.
"""
