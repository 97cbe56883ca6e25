"""What the user reads before a bundle is written: all that is in it, and whole records of it.

Invariant: pure; sample records are the very bytes that the bundle holds.
"""

from collections.abc import Iterator, Mapping

from pawwork_proxy.bundle.assembly import Assembled
from pawwork_proxy.model.outcome import Kind

WARNING = (
    "A bundle may end up in a public issue, where everybody can read it and nobody can take it "
    "back."
)


def preview(bundle: Assembled) -> Iterator[str]:
    """Lines of the preview."""
    manifest = bundle.manifest
    yield f"The bundle: {_size(len(bundle.data))}, {manifest.records} records"
    for member in bundle.members:
        records = f", {member.records} records" if member.records else ""
        yield f"  {member.name}  {_size(member.size)}{records}"
    if manifest.window:
        first, last = manifest.window.first, manifest.window.last
        yield f"From {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    yield "Outcomes: " + (_counts(manifest.outcomes) or "none")
    for what, number in (
        ("withheld when captured", sum(manifest.suppressed.values())),
        ("lost when captured", manifest.lost),
        ("observed in part only", manifest.observed_in_part or 0),
        ("unreadable lines left out", manifest.damaged_lines),
    ):
        if number:
            yield f"{what.capitalize()}: {number}"
    if manifest.cut:
        yield (
            f"Cut: {manifest.cut.records} older records, up to "
            f"{manifest.cut.up_to:%Y-%m-%d %H:%M} UTC, to stay below "
            f"{_size(manifest.cut.limit_bytes)}"
        )
    if manifest.redacted:
        yield "Dropped or made pseudonyms: " + _counts(manifest.redacted)
    if manifest.unlinkable:
        yield "Pseudonyms are new and hold in this bundle only."
    yield "Words that you chose: " + (", ".join(bundle.words) or "none")
    yield ""
    yield "Records of each kind, exactly as they will be written:"
    for sample in bundle.samples:
        yield sample.decode().rstrip("\n")
    yield ""
    yield WARNING


def _counts(counts: Mapping[str, int] | Mapping[Kind, int]) -> str:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {name}" for name, number in most)


def _size(size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
