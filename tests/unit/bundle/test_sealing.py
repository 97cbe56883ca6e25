"""A bundle for one recipient: only they can read it, and no failure leaves anything."""

from pathlib import Path

import pyrage
import pytest

from pawwork_proxy.bundle.create import seal_for, write
from pawwork_proxy.errors import BundleError, ConfigurationError
from pawwork_proxy.verification.verify import verify
from tests.unit.bundle.files import assembled, capture
from tests.unit.captures.studies import read_captures


@pytest.mark.process
def test_only_the_recipient_reads_it(tmp_path: Path) -> None:
    support = pyrage.x25519.Identity.generate()
    made = assembled([capture(tmp_path)])
    out = tmp_path / "out"
    out.mkdir()
    path = write(made, out, [], seal=seal_for(str(support.to_public())))
    assert list(out.iterdir()) == [path]
    assert path.name.endswith(".zip.age")
    assert b"manifest.json" not in path.read_bytes()
    assert pyrage.decrypt(path.read_bytes(), [support]) == made.data
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.generate()])


@pytest.mark.process
def test_verify_names_an_encrypted_file(tmp_path: Path) -> None:
    support = pyrage.x25519.Identity.generate()
    path = write(
        assembled([capture(tmp_path)]), tmp_path, [], seal=seal_for(str(support.to_public()))
    )
    assert [finding.rule for finding in verify(path).findings] == ["encrypted_file"]


@pytest.mark.parametrize("name", ["sealed.zip.age", "sealed.zip", "sealed.jsonl"])
def test_reading_a_sealed_bundle_says_how_to_open_it(tmp_path: Path, name: str) -> None:
    support = pyrage.x25519.Identity.generate()
    made = assembled([capture(tmp_path)])
    path = tmp_path / name
    path.write_bytes(seal_for(str(support.to_public()))(made.data))
    with pytest.raises(BundleError, match="is sealed") as caught:
        read_captures([path])
    assert "age -d" in caught.value.hint


@pytest.mark.parametrize(
    "recipient", ["", "age1", "age1xxxx", "ssh-ed25519 AAAA", "jane@example.org"]
)
def test_what_is_no_recipient_is_an_error_that_quotes_nothing(recipient: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        seal_for(recipient)
    assert not recipient or recipient not in caught.value.message.replace("with age1", "")


@pytest.mark.process
def test_a_failing_encryption_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def fail(_: bytes) -> bytes:
        raise BundleError("the bundle could not be encrypted")

    with pytest.raises(BundleError):
        write(assembled([capture(tmp_path)]), out, [], seal=fail)
    assert list(out.iterdir()) == []
