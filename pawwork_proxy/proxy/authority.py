"""Our certificate authority: it can vouch for opencode.ai alone, for a year, and for no other one.

mitmproxy's own lasts ten years and can vouch for every name: whoever got hold of its key could pass
for any server before a client that trusts it. `connect` and `run` print where the certificate is,
which is there before a listener needs it. Invariant: the key lies in a private file.
"""

from datetime import datetime, timedelta
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.environment.private_files import create_private, read_private, write_private
from pawwork_proxy.facts.server import HOST

KEY_AND_CERTIFICATE = "mitmproxy-ca.pem"
"""mitmproxy's name for it; one that is there is taken as it is."""
LIFE = timedelta(days=365)
RENEWED_BEFORE_END = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(days=2)
_ANY_ADDRESS = [x509.IPAddress(ip_network(one)) for one in ("0.0.0.0/0", "::/0")]
_ALLOWED = x509.NameConstraints(
    permitted_subtrees=[x509.DNSName(HOST)], excluded_subtrees=_ANY_ADDRESS
)


def make_authority(identity: Identity, now: datetime | None = None) -> bool:
    """Make the certificate authority of this user, unless there is one that is bound so and lasts.

    True when another one was there before: clients read the certificate's file when they start, so
    those that run have to be started again.
    """
    now = now or utc_now()
    path = identity.ca_folder / KEY_AND_CERTIFICATE
    known = read_private(path)
    if known is not None and _is_good(known, now):
        return False
    if known is None:  # of several runs that start at once, the first makes it
        made = create_private(path, lambda: _key_and_certificate(now))
    else:
        made = _key_and_certificate(now)
        write_private(path, made)
    certificate = x509.load_pem_x509_certificate(made)
    write_private(identity.ca_certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return known is not None


def _is_good(known: bytes, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(known)
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return found == _ALLOWED and certificate.not_valid_after_utc > now + RENEWED_BEFORE_END


def _key_and_certificate(now: datetime) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return private + _signed(key, now).public_bytes(serialization.Encoding.PEM)


def _signed(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pawwork-proxy")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _CLOCKS_DIFFER,
        not_valid_after=now + LIFE,
    )
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_ALLOWED, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())
