"""TLS for the simulator: a certificate of its own making, and a look at each client's ClientHello.

The authority that signs the certificate is made at the start and its key is thrown away, so nobody
can sign anything else with it: a client that trusts it trusts this one simulator only.
"""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pawwork_proxy.facts.server import HOST

_VALID = timedelta(days=30)
_NAMES = [HOST, "localhost"]
_ADDRESSES = ["127.0.0.1", "::1"]
_CLIENT_HELLO = 1


def own_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context for opencode.ai on loopback, and the file of the authority to trust.

    `folder` must be private: the server's key is in it for a moment.
    """
    authority, authority_key = _made("pawwork-proxy simulator (made for one run)", None)
    server, server_key = _made(HOST, (authority, authority_key))
    trusted = folder / "ca.pem"
    trusted.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    chain = folder / "server.pem"
    try:
        chain.touch(mode=0o600)
        chain.write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + server.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
    finally:
        chain.unlink(missing_ok=True)
    return context, trusted


_Signer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _made(name: str, signer: _Signer | None) -> _Signer:
    """A certificate and its key: an authority's own, or one for the simulator that it signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(of_authority=signer is None), critical=True)
    )
    if signer is not None:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer[1].public_key())
        builder = builder.add_extension(issuer, critical=False)
        addresses = [x509.IPAddress(ipaddress.ip_address(one)) for one in _ADDRESSES]
        names = [*map(x509.DNSName, _NAMES), *addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer[1] if signer else key, hashes.SHA256()), key


def _usage(*, of_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not of_authority,
        key_cert_sign=of_authority,
        crl_sign=of_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


class HelloWatch:
    """Keeps the first ClientHello of each connection that a server's context serves."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._hellos: WeakKeyDictionary[object, bytes] = WeakKeyDictionary()
        # The only way to see it before the handshake goes on; meant for debugging, and the same
        # since Python 3.8. Without it there is no hello, and everything else goes on.
        context._msg_callback = self._message  # type: ignore[attr-defined]

    def of(self, connection: object) -> bytes:
        """The handshake message of a connection's SSL object; empty if there is none."""
        return self._hellos.get(connection, b"") if connection is not None else b""

    def _message(
        self, connection: object, direction: str, _v: Any, _c: Any, kind: Any, data: bytes
    ) -> None:
        if direction == "read" and kind == _CLIENT_HELLO and data[:1] == b"\x01":
            self._hellos.setdefault(connection, data)
