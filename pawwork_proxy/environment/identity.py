"""Who captures: this machine, its installs, and the key under which all of it is pseudonymised.

Invariant: raw ids and the key stay in this object; what leaves are pseudonyms and random ids.
"""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pawwork_proxy.environment.machine import read_machine
from pawwork_proxy.environment.private_files import (
    create_private,
    private_folder,
    private_home,
    read_private,
    write_private,
)
from pawwork_proxy.environment.studies import current_key
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.context import Machine
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser

CA_CERTIFICATE = "mitmproxy-ca-cert.pem"
"""mitmproxy's name for the certificate (without key) of a certificate folder."""


@dataclass(frozen=True)
class Identity:
    """This user's key, machine and installs; one per process."""

    home: Path
    pseudonymiser: Pseudonymiser
    machine: Machine

    @property
    def study_id(self) -> str:
        """Names the key: captures with equal study ids can be joined."""
        return self.pseudonymiser.study_id

    @cached_property
    def ca_folder(self) -> Path:
        """Folder of our own certificate authority."""
        return private_folder(self.home / "ca")

    @property
    def ca_certificate(self) -> Path:
        """The certificate that clients on the forward route must trust."""
        return self.ca_folder / CA_CERTIFICATE

    def ca_bundle(self, already: str | None) -> Path:
        """Our certificate, joined with the file `already`, so that a client trusts it as before.

        NODE_EXTRA_CA_CERTS takes one file only.
        """
        if not already:
            return self.ca_certificate
        try:
            theirs = Path(already).read_bytes()
        except OSError:
            return self.ca_certificate  # a runtime ignores a missing file likewise
        # Clients that are started at the same time may have files of their own that differ.
        joined = self.ca_folder / f"with-{hashlib.sha256(theirs).hexdigest()[:16]}.pem"
        write_private(joined, theirs.rstrip() + b"\n" + self.ca_certificate.read_bytes())
        return joined

    @cached_property
    def _earlier_ids(self) -> dict[str, str]:
        """Ids of installs by label as older versions kept them, in one file."""
        file = self.home / "installs.json"
        try:
            known = json.loads(read_private(file) or b"{}")
            return {str(label): str(value) for label, value in known.items()}
        except (ValueError, AttributeError):
            raise ConfigurationError(
                f"{file} is damaged",
                "move it away: installs then get new ids, and captures made so far keep theirs",
            ) from None

    @cached_property
    def _install_ids(self) -> dict[str, str]:
        """Those that this process has asked for."""
        return {}

    def register_install(self, label: str) -> str:
        """The pseudonym of an install's random id, which is made at the label's first call.

        Each label has a file of its own: of several that begin at once, the first makes the id.
        """
        ids = self._install_ids
        if label not in ids:
            made = self._earlier_ids.get(label) or secrets.token_hex(16)
            # In digits, since file systems fold case, and Windows keeps some names for itself.
            file = self.home / "installs" / label.encode().hex()
            ids[label] = create_private(file, made.encode).decode("ascii", "replace")
        # Not the stored id itself: it would link captures of different studies.
        return self.pseudonymiser.of(Namespace.INSTALL, ids[label])

    def install_labels(self) -> Sequence[str]:
        """Labels of this process that have an id."""
        return tuple(self._install_ids)


def load_identity() -> Identity:
    """This user's identity; makes key and machine id at the first call ever."""
    home = private_home()
    fallback = create_private(home / "machine-id", lambda: secrets.token_hex(16).encode())
    pseudonymiser = Pseudonymiser(current_key(home))
    machine = read_machine(
        lambda raw: _device(home / "device", pseudonymiser, raw),
        fallback.decode("ascii", "replace"),
    )
    return Identity(home, pseudonymiser, machine)


def _device(file: Path, pseudonymiser: Pseudonymiser, machine_id: str) -> str:
    """The machine's pseudonym, kept in a private file: deriving it delays a start by 45 ms."""
    of_what = hashlib.sha256(f"{pseudonymiser.study_id} {machine_id}".encode()).hexdigest()
    kept, _, device = (read_private(file) or b"").decode("ascii", "replace").partition(" ")
    if kept != of_what or not pseudonymiser.made(device):
        device = pseudonymiser.of(Namespace.DEVICE, machine_id)
        with contextlib.suppress(ConfigurationError):  # it only takes longer next time
            write_private(file, f"{of_what} {device}".encode())
    return device
