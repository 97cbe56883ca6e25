"""Whether a client to be launched has a key for OpenCode Go.

Invariant: keys are looked for, never returned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def has_go_key(env: Mapping[str, str]) -> bool:
    """Whether OPENCODE_API_KEY or auth.json has one; else Go must stay hidden."""
    if env.get("OPENCODE_API_KEY"):
        return True
    data = env.get("XDG_DATA_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".local/share")
    try:
        saved = json.loads((Path(data) / "opencode" / "auth.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(saved, dict) and "opencode-go" in saved
