"""Observations → hypotheses that contradict no row → verdicts and the next experiment, as values.

`report` says all of it in words. Invariant: a verdict is what *every* hypothesis that the evidence
leaves possible agrees on, so adding uncertainty can only turn a verdict into `undetermined`, never
into another one.
"""
