"""Has an assembled bundle checked, and only then gives it its name.

`write` puts it into a private temporary file beside the target, searches it for this machine's own
secrets, has `verification.verify` look at the file in a process of its own, and renames it. Without
that process's consent there is no bundle.
Invariant: whatever fails, no file is left; a refusal names place and rule, never what was found.
"""

import contextlib
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyrage
from pydantic import ValidationError

import pawwork_proxy
from pawwork_proxy.bundle.assembly import Assembled, Member
from pawwork_proxy.bundle.own_secrets import OwnSecret, search
from pawwork_proxy.bundle.selection import ChosenCapture
from pawwork_proxy.environment.looking import is_folder
from pawwork_proxy.environment.private_files import write_new
from pawwork_proxy.errors import BundleError, ConfigurationError, reason_of
from pawwork_proxy.model.manifest import README
from pawwork_proxy.verification.findings import Finding
from pawwork_proxy.verification.scan import Scan
from pawwork_proxy.verification.verify import Verification

VERIFY_WITHIN_S = 1800.0  # only a hang takes that long
_MEMBER = re.compile(r"captures/(\d+)\.jsonl")
_SEALED = ".age"


Seal = Callable[[bytes], bytes]


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


def bundle_name(created_at: datetime) -> str:
    """A name that says when and nothing else; its digits are random."""
    return f"pawwork-support-{created_at:%Y-%m-%d}-{secrets.token_hex(4)}.zip"


def refuse_unshowable(bundle: Assembled, own: Sequence[OwnSecret]) -> None:
    """Check the lines that a preview shows, before it shows them; raises BundleError."""
    shown = {*bundle.samples, *(member.pieces[0] for member in bundle.members)}
    for member in bundle.members:
        if member.name == README:
            continue
        pieces = tuple(piece if piece in shown else b"\n" for piece in member.pieces)
        scan = Scan()
        for number, piece in enumerate(pieces, start=1):
            _refuse(scan.line(member.name, number, piece.decode()), bundle)
        _refuse(search(own, [Member(member.name, pieces)]), bundle)


def write(
    bundle: Assembled,
    folder: Path,
    own: Sequence[OwnSecret],
    say: Callable[[str], None] = lambda _: None,
    seal: Seal | None = None,
) -> Path:
    """Check the bundle as a finished file and put it into `folder`; `say` is told each step.

    A folder that is missing is made, and stays only with the bundle in it.

    With `seal` it is encrypted once it is checked, and only that is kept. Raises BundleError, and
    leaves no file, when any check finds something or any step fails.
    """
    kept = False
    is_new = not is_folder(folder)
    target = folder / bundle_name(bundle.manifest.created_at)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    sealed = draft.with_name(draft.name + _SEALED)
    try:
        say("writing")
        folder.mkdir(parents=True, exist_ok=True)
        write_new(draft, bundle.data)
        say("searching for this machine's own secrets")
        _refuse(search(own, bundle.members), bundle)
        say("checking the finished file in a separate process")
        _require_consent(verified_apart(draft), bundle)
        if seal is not None:
            say("encrypting")
            write_new(sealed, seal(bundle.data))
            target = target.with_name(target.name + _SEALED)
        os.replace(sealed if seal else draft, target)  # noqa: PTH105  as the rules for files say
        _sync_folder(folder)
        kept = True
    except OSError as error:
        raise BundleError(
            f"the bundle cannot be written into {folder}: {reason_of(error)}",
            "choose a folder you may write to with --out",
        ) from None
    finally:
        for path in (draft, sealed) if kept else (draft, sealed, target):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if is_new and not kept:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return target


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable where folders can be synced."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def verified_apart(path: Path) -> Verification:
    """What `verification.verify` says of a file, in a process that knows nothing but the file."""
    source = str(Path(pawwork_proxy.__file__).resolve().parent.parent)
    try:
        finished = subprocess.run(  # noqa: S603  this very Python and our own module
            [sys.executable, "-P", "-m", "pawwork_proxy.verification.verify", str(path.absolute())],
            env=os.environ | {"PYTHONPATH": source},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERIFY_WITHIN_S,
            check=False,
        )
        result = Verification.model_validate_json(finished.stdout)
    except (OSError, subprocess.SubprocessError, ValidationError) as error:
        raise BundleError(
            f"the finished bundle could not be checked: {reason_of(error)}",
            "nothing was written; try again",
        ) from None
    if result.ok is not (finished.returncode == 0):
        raise BundleError("the check of the finished bundle contradicts itself")
    return result


def _require_consent(result: Verification, bundle: Assembled) -> None:
    """Positive proof: this very content was looked at, and nothing was found."""
    _refuse(next(iter(result.findings), None), bundle)
    if not result.ok or result.content_hash != bundle.content_hash:
        raise BundleError("the check of the finished bundle did not see what was built")


def _refuse(finding: Finding | None, bundle: Assembled) -> None:
    if finding is not None:
        raise refusal(finding, bundle.parts)


def refusal(finding: Finding, parts: Sequence[ChosenCapture]) -> BundleError:
    """The error for a finding in the bundle made of `parts`, in terms of what the user has.

    No file of the bundle exists by then: what helps is the capture, its line, and how to leave it
    out. Names no content.
    """
    match = _MEMBER.fullmatch(finding.member)
    own_name = ""
    if finding.rule in ("own_user", "own_host"):
        own_name = (
            " Perhaps a name you chose for an install or the network is your own: "
            "--rename-install and --rename-network put another in its place."
        )
    if match is None or finding.line is None or not 1 <= int(match[1]) <= len(parts):
        place = finding.place
        hint = (
            "Leave captures or records out by naming files, --since, --until, "
            "--install or --outcome, and report the rule"
        )
    elif finding.line == 1:
        place = f"{parts[int(match[1]) - 1].path}:1"
        hint = (
            "The header names installs and the network: leave this capture "
            f"out, or its install by --install, and record under plain names.{own_name}"
        )
    elif finding.line - 2 >= len(parts[int(match[1]) - 1].records):
        place = f"{parts[int(match[1]) - 1].path} (a note or its end)"
        hint = "Leave this capture out, and report the rule"
    else:
        part = parts[int(match[1]) - 1]
        record = part.records[finding.line - 2]
        second = record.at.replace(microsecond=0, tzinfo=None)
        place = f"{part.path}:{record.number}"
        hint = (
            f"Leave record {record.seq} of {record.at:%Y-%m-%d %H:%M:%S} UTC out: "
            f"--until {second.isoformat()} keeps what came before, "
            f"--since {(second + timedelta(seconds=1)).isoformat()} what came after; or choose by "
            f"--outcome or --install; and report the rule.{own_name}"
        )
    return BundleError(
        f"the bundle is refused: rule {finding.rule} at {place}", f"nothing was written. {hint}"
    )
