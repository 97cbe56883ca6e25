"""The certificate file that a client on the forward route is told to trust.

Invariant: a client keeps trusting what it trusted before.
"""

from __future__ import annotations

from pathlib import Path

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.private_files import write_private


def ca_bundle(identity: Identity, already: str | None) -> Path:
    """Our certificate, joined with what NODE_EXTRA_CA_CERTS names: it takes one file only."""
    ours = identity.ca_certificate
    if not already:
        return ours
    try:
        theirs = Path(already).read_bytes()
    except OSError:
        return ours  # a runtime ignores a missing file likewise
    joined = identity.ca_folder / "with-own.pem"
    write_private(joined, theirs.rstrip() + b"\n" + ours.read_bytes())
    return joined
