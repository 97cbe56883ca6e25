"""TLS of our own connections: who is trusted on them, and that nobody can read along."""

import hashlib
import re
import ssl
from pathlib import Path

import certifi

from pawwork_proxy.environment.private_files import private_home, remove_private, write_private
from pawwork_proxy.errors import ConfigurationError, reason_of

_CERTIFICATE = re.compile(rb"-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----")
"""OpenSSL, which mitmproxy verifies with, is to judge what is in it: others refuse some that it
takes."""


def trusting(certificates: Path | None) -> ssl.SSLContext:
    """Trusts these authorities, or certifi's, against which mitmproxy verifies the traffic.

    Python would write the keys of connections into the file that SSLKEYLOGFILE names.
    """
    context = ssl.create_default_context(cafile=certificates or certifi.where())
    context.keylog_filename = None  # type: ignore[assignment]
    return context


def trusted_as_well(certificates: Path) -> Path:
    """A private file of certifi's authorities and the user's: mitmproxy takes one file only.

    Nothing but certificates is copied. Raises ConfigurationError where there is none.
    """
    try:
        given = certificates.read_bytes()
    except OSError as error:
        raise _unusable(certificates, f"cannot be read: {reason_of(error)}") from None
    own = [found[0] for found in _CERTIFICATE.finditer(given)]
    if not own:
        raise _unusable(certificates, "holds no certificate in PEM form")
    data = b"\n".join([Path(certifi.where()).read_bytes(), *own, b""])
    # Named by its content: runs beside this one may trust others.
    path = private_home() / f"trusted-{hashlib.sha256(data).hexdigest()[:16]}.pem"
    write_private(path, data)
    try:
        trusting(path)
    except ssl.SSLError:
        remove_private(path, data)
        raise _unusable(certificates, "holds a damaged certificate") from None
    return path


def _unusable(certificates: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"--upstream-ca {certificates} {why}",
        "give the certificate of your network's authority as a PEM file",
    )
