"""Encrypts a finished bundle to one recipient, in the age format, for those who ask for it.

Invariant: what is sealed was checked before; on any failure there is no output at all.
"""

from collections.abc import Callable

import pyrage

from pawwork_proxy.errors import BundleError, ConfigurationError

Seal = Callable[[bytes], bytes]
ENDING = ".age"


def seal_for(recipient: str) -> Seal:
    """What encrypts to an age recipient (`age1…`); ConfigurationError when it is none."""
    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise ConfigurationError(
            "--encrypt-to takes an age recipient, which begins with age1",
            "ask support for theirs; they make one with: age-keygen -o support-key.txt",
        ) from None

    def seal(data: bytes) -> bytes:
        try:
            sealed: bytes = pyrage.encrypt(data, [key])
        except pyrage.EncryptError:
            raise BundleError("the bundle could not be encrypted", "nothing was written") from None
        return sealed

    return seal
