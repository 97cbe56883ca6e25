"""The certificate that clients are told to trust is there before the first run."""

import pytest

from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.proxy.authority import make_authority


def test_the_certificate_is_made_once_and_kept(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path))
    identity = load_identity()
    make_authority(identity)
    made = identity.ca_certificate.read_bytes()
    assert b"BEGIN CERTIFICATE" in made
    make_authority(identity)
    assert identity.ca_certificate.read_bytes() == made
    (key,) = identity.ca_folder.glob("*-ca.pem")
    assert key.stat().st_mode & 0o077 == 0
