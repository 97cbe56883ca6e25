"""What a bundle says about itself: a closed schema, and the names its members may have.

Invariant: no field takes free text; no command line, environment, configuration, host, user or
path has a place here.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.capture import SCHEMA_VERSION, SchemaVersion, StubReason
from pawwork_proxy.model.context import AuthSource, OsFamily
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.request import AuthKind, Tier

MANIFEST = "manifest.json"
README = "README.txt"
SUMMARY = "summary.json"
CAPTURE_MEMBER = re.compile(r"captures/\d{4}\.jsonl")
MOST_CAPTURES = 2000

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MemberName = Annotated[
    str, StringConstraints(pattern=r"^(README\.txt|summary\.json|captures/\d{4}\.jsonl)$")
]
Count = Annotated[int, Field(ge=0)]


class BundledFile(Noun):
    """A member other than the manifest."""

    name: MemberName
    size: Count
    sha256: Digest
    records: Count


CheckName = Literal["limits", "hashes", "schema", "own-rules", "known-secrets", "detect-secrets"]
"""`detect-secrets`, a foreign scanner, is named by bundles made before 2026-12 only."""


class Check(Noun):
    """A check that the finished file passed before it was handed out."""

    name: CheckName
    version: texts.Version
    result: Literal["passed"] = "passed"


class Window(Noun):
    """Times of the first and the last record, UTC."""

    first: datetime
    last: datetime


class Cut(Noun):
    """What was left out so that the file stays below its limit; the oldest goes first."""

    records: Count
    up_to: datetime
    """Time of the newest record that was left out."""
    limit_bytes: Count


class Manifest(Noun):
    """First member of a bundle."""

    format: Literal["pawwork-support"] = "pawwork-support"
    format_version: Literal[1] = 1
    bundle_id: texts.RandomId
    """From the digests of the members, so that equal contents have equal ids."""
    created_at: datetime
    """To the minute, UTC."""
    tool_version: texts.Version
    schema_version: SchemaVersion = SCHEMA_VERSION
    os: OsFamily
    arch: texts.Architecture
    python: Annotated[str, StringConstraints(pattern=r"^\d\.\d{1,2}$")]
    simulated: bool
    """True when any of the captures was made on a simulator."""
    unlinkable: bool
    """True when every pseudonym was made anew under a key that was thrown away."""
    records: Count
    """Exchanges, withheld and interrupted ones included, and connections of the tunnel route."""
    window: Window | None = None
    outcomes: dict[Kind, Count]
    suppressed: dict[StubReason, Count]
    """Records that were withheld when they were captured, by reason."""
    lost: Count
    """Records that could not be written when they were captured."""
    observed_in_part: Count | None = None
    """Exchanges of which only part was observed; None when there is none."""
    damaged_lines: Count
    """Lines of the captures that could not be read."""
    redacted: dict[texts.Rule, Count]
    """What was dropped or pseudonymised in the records, by rule."""
    cut: Cut | None = None
    files: tuple[BundledFile, ...]
    checks: tuple[Check, ...]


class SupportRow(Noun):
    """One line of the support view: what one install met, and how often."""

    install: texts.Label
    install_id: texts.Pseudonym
    tier: Tier
    model: texts.ModelName | None = None
    auth_kind: AuthKind
    auth_source: AuthSource
    status: int | None = None
    outcome: Kind
    observed_in_part: Literal[True] | None = None
    error_type: texts.KeptName | None = None
    count: Count
    first_seen: datetime
    last_seen: datetime
    retry_after_s: float | None = None
    """Of the last exchange of this row, like `reset_at`."""
    reset_at: datetime | None = None


class Summary(Noun):
    """`summary.json`: the support view of the whole bundle."""

    rows: tuple[SupportRow, ...]


def content_hash(digests: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 over names and digests of all members; both sides compare it.

    It tells a changed bundle from the one that was sent, not who sent it.
    """
    whole = hashlib.sha256()
    for name, digest in sorted(digests):
        whole.update(f"{name}\0{digest}\n".encode())
    return whole.hexdigest()


README_TEXT = """\
This is a support bundle of pawwork-proxy.

It holds records of requests that a PawWork or OpenCode client sent to opencode.ai: when, to which
model, with which kind of key, and what was answered (status, retry-after, kind of outcome). It
holds no prompt, no answer of a model, no key, no file path and no address. Whatever identifies is
a keyed pseudonym such as session:... or ip:...: equal values are equal, and the key is not here.

  manifest.json   what is in here, with sizes, SHA-256 digests and counts
  summary.json    what each install met: model, outcome, wait, how often, when
  captures/       the records, one JSON object a line

Check it:   pawwork-proxy bundle verify THIS_FILE
Read it:    pawwork-proxy bundle show THIS_FILE

Compare the content hash that 'verify' prints with the one the sender's machine printed.
"""
