"""A redactor with a key of its own, and a key derivation that does not wait."""

import hashlib
import secrets
from collections.abc import Iterator

import pytest

from pawwork_proxy.redaction import pseudonyms
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.redactor import Redactor


def _quick(password: bytes, *, salt: bytes, n: int, r: int, p: int, dklen: int) -> bytes:
    return hashlib.sha256(salt + b"%d" % n + password).digest()[:dklen]


@pytest.fixture(autouse=True, scope="session")
def quick_stretch() -> Iterator[None]:
    """The real cost is measured in test_pseudonyms alone; thousands of values need a short one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pseudonyms, "stretch", _quick)
        yield


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    return Redactor(Pseudonymiser(secrets.token_bytes(32)))
