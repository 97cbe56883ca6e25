"""The declarations: one module per command, which says what it takes and calls its work.

Invariant: a declaration imports click and `options` only, so that its `--help` is quick.
"""
