"""What clients did after each answer, held against what their releases are known to do.

Invariant: a capture that cannot tell is not judged. Waits may be longer than known on a busy
machine, but never shorter.
"""
