"""Our authority vouches for opencode.ai alone, for a year, and is made anew when it has to be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification
from mitmproxy.certs import CertStore

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.proxy.authority import (
    KEY_AND_CERTIFICATE,
    LIFE,
    RENEWED_BEFORE_END,
    make_authority,
)
from tests.unit.recording.runs import identity

__all__ = ["identity"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def certificate(identity: Identity) -> x509.Certificate:
    """The one that clients trust, which is the one that mitmproxy signs with."""
    found = x509.load_pem_x509_certificate(identity.ca_certificate.read_bytes())
    assert found == x509.load_pem_x509_certificate(key_file(identity).read_bytes())
    return found


def key_file(identity: Identity) -> Path:
    return identity.ca_folder / KEY_AND_CERTIFICATE


def test_it_is_made_once_for_a_year_and_no_authority_below_it(identity: Identity) -> None:
    assert not make_authority(identity, NOW)
    made = certificate(identity)
    basic = made.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)
    assert made.not_valid_after_utc == NOW + LIFE
    assert not make_authority(identity, NOW)
    assert certificate(identity) == made
    assert key_file(identity).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "trusted"), [(HOST, True), ("example.org", False), ("notopencode.ai", False)]
)
def test_it_vouches_for_one_host_only(identity: Identity, name: str, trusted: bool) -> None:
    now = datetime.now(UTC)
    make_authority(identity, now)
    store = CertStore.from_store(identity.ca_folder, "mitmproxy", 2048)
    leaf = store.get_cert(name, [x509.DNSName(name)]).cert._cert
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store([certificate(identity)]))
        .time(now)
        .build_server_verifier(x509.DNSName(name))
    )
    if trusted:
        assert verifier.verify(leaf, [])
    else:
        with pytest.raises(verification.VerificationError):
            verifier.verify(leaf, [])


@pytest.mark.parametrize("old", ["ending", "stock", "damaged"])
def test_one_that_ends_soon_or_vouches_for_all_is_made_anew(identity: Identity, old: str) -> None:
    if old == "ending":
        make_authority(identity, NOW - LIFE + RENEWED_BEFORE_END - timedelta(seconds=1))
    elif old == "stock":
        CertStore.create_store(identity.ca_folder, "mitmproxy", 2048)
    else:
        key_file(identity).write_bytes(b"nothing")
    before = key_file(identity).read_bytes()
    assert make_authority(identity, NOW), "clients that run have to be started again"
    assert key_file(identity).read_bytes() != before
    assert certificate(identity).not_valid_after_utc == NOW + LIFE
