"""`--upstream-ca` adds an authority to those that are trusted anyway, and takes none away."""

import ssl
from pathlib import Path

import certifi
import pytest

from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.trust import trusted_as_well, trusting
from pawwork_proxy.simulator.tls import own_certificate


def test_an_authority_is_trusted_beside_all_others_and_no_key_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    _, authority = own_certificate(tmp_path)
    own = ssl.create_default_context(cafile=authority).get_ca_certs(binary_form=True)
    key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    given = tmp_path / "with key.pem"
    given.write_bytes(key + authority.read_bytes())
    file = trusted_as_well(given)
    assert b"PRIVATE" not in file.read_bytes()
    trusted = set(trusting(file).get_ca_certs(binary_form=True))
    assert {*own, *trusting(Path(certifi.where())).get_ca_certs(binary_form=True)} <= trusted
    assert len(own) == 1


def test_what_openssl_takes_for_a_certificate_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fedora names those of its bundle so, and version 2 is as good to it as 3."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    _, authority = own_certificate(tmp_path)
    der = ssl.PEM_cert_to_DER_cert(authority.read_text())
    second = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1)
    trusted = authority.read_text().replace(" CERTIFICATE", " TRUSTED CERTIFICATE")
    for text in (ssl.DER_cert_to_PEM_cert(second), trusted):
        given = tmp_path / "given.pem"
        given.write_text(text)
        assert text.strip() in trusted_as_well(given).read_text()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "holds no certificate"),
        (b"\0\xff", "holds no certificate"),
        (None, "No such file"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "holds a damaged certificate",
        ),
    ],
)
def test_a_file_without_a_certificate_is_refused_before_anything_listens(
    content: bytes | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request would have failed otherwise."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"--upstream-ca .*ca\.pem .*{why}") as caught:
        trusted_as_well(file)
    assert "PEM" in caught.value.hint
    assert not list(tmp_path.glob("home/*.pem"))
