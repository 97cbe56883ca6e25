"""Words of requests that change the answer: reasoning efforts, names of clients."""

from __future__ import annotations

REASONING_EFFORTS: frozenset[str] = frozenset(
    "none minimal low medium high xhigh max auto enabled disabled adaptive".split()
)
CLIENTS: frozenset[str] = frozenset(
    "cli desktop app acp web vscode tui sdk server github mobile ide".split()
)
"""Values of `x-opencode-client`."""
