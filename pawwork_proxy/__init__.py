"""pawwork-proxy: a local intercepting proxy that records what OpenCode's free quota follows."""

__version__ = "0.1.0"
