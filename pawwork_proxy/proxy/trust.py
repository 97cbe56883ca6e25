"""TLS of our own connections: who is trusted on them, and that nobody can read along."""

import ssl
from pathlib import Path

import certifi


def trusting(certificates: Path | None) -> ssl.SSLContext:
    """Trusts these authorities, or certifi's, against which mitmproxy verifies the traffic.

    Python would write the keys of connections into the file that SSLKEYLOGFILE names.
    """
    context = ssl.create_default_context(cafile=certificates or certifi.where())
    context.keylog_filename = None  # type: ignore[assignment]
    return context
