"""One module per command: what it takes, and what it does with it.

Invariant: modules import click, `options` and `output` only; functions import the rest of the
package where they use it, so that every `--help` is quick.
"""
