"""An OpenCode Zen look-alike that we own: a pure world of limits, and a thin server around it.

Nothing here knows of the proxy or of captures; the clock and all chance are arguments.
"""
