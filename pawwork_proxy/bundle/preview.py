"""What the user reads before a bundle is written: what is in it, what was taken out, an example.

Invariant: pure; the example tells one of the very records that the bundle holds, and `raw` lines
are its very bytes.
"""

from collections.abc import Iterator, Mapping

from pawwork_proxy.bundle.assembly import Assembled
from pawwork_proxy.captures.lines import read_line
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family, Kind
from pawwork_proxy.report.exchange_table import milliseconds
from pawwork_proxy.report.words import counted, duration
from pawwork_proxy.report.wrapping import wrapped

WARNING = (
    "A bundle may end up in a public issue, where everybody can read it and nobody can take it "
    "back."
)
NOT_IN_IT = (
    "No prompt, no answer of a model, no key, no cookie, no path of a file, no address, and no "
    "name of this machine or its user."
)
TAKEN_OUT = {
    "content_not_kept": "bodies of requests and answers, of which nothing is kept",
    "credential": "keys, by pseudonyms",
    "drop": "values of headers and queries, by nothing",
    "id": "ids, by pseudonyms",
    "identity": "ids in bodies, by pseudonyms",
    "unknown_field": "fields that nobody knows, by nothing",
}
"""What a rule of redaction takes out, and by what it is replaced; other rules are named."""


def preview(bundle: Assembled, *, raw: bool = False) -> Iterator[str]:
    """Lines of the preview, with `raw` also the records that it holds an example of."""
    yield "What is in the bundle"
    for words in _contents(bundle):
        yield from wrapped(words, "  ", "    ")
    yield ""
    yield "What is not in it"
    yield from wrapped(NOT_IN_IT, "  ", "    ")
    for words in _taken_out(bundle.manifest.redacted):
        yield from wrapped(words, "  ", "    ")
    yield ""
    yield "A record of it in words"
    yield from wrapped(_example(bundle), "  ", "  ")
    yield ""
    if raw:
        yield "Records of each kind, exactly as they will be written:"
        for sample in bundle.samples:
            yield sample.decode().rstrip("\n")
        yield ""
    else:
        yield "With --raw, records are shown exactly as they will be written."
    yield from wrapped(WARNING)


def _contents(bundle: Assembled) -> Iterator[str]:
    manifest = bundle.manifest
    captures = counted(len(bundle.parts), "capture")
    records = counted(manifest.records, "record")
    yield f"{records} of {captures}, {_size(len(bundle.data))}"
    if manifest.window:
        first, last = manifest.window.first, manifest.window.last
        yield f"From {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    yield "Outcomes: " + (_counts(manifest.outcomes) or "none")
    yield "Words that you chose: " + (", ".join(bundle.words) or "none")
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
    if manifest.unlinkable:
        yield "Pseudonyms are new and hold in this bundle only."


def _taken_out(redacted: Mapping[str, int]) -> Iterator[str]:
    """What redaction has replaced, rules of one kind together."""
    together: dict[str, int] = {}
    for rule, number in redacted.items():
        what = TAKEN_OUT.get(rule.partition(":")[0], f"by the rule {rule}")
        together[what] = together.get(what, 0) + number
    if together:
        yield "Replaced: " + "; ".join(f"{number} {what}" for what, number in together.items())


def _example(bundle: Assembled) -> str:
    """A failure where there is one: that is what support looks at."""
    lines = [read_line(sample) for sample in bundle.samples]
    exchanges = [one for one in lines if isinstance(one, Exchange)]
    if not exchanges:
        return "No request in it was recorded to its end."
    failed = [one for one in exchanges if one.outcome.family is not Family.OK]
    one = max(failed or exchanges, key=lambda one: one.timing.started_at)
    context, outcome = one.context, one.outcome
    network = f" on network {context.network}" if context.network else ""
    key = {"none": "no key", "public": "the key that all clients share"}.get(
        one.auth.kind, f"the key {one.auth.pseudonym}"
    )
    status = f"{one.response.status}, " if one.response else ""
    wait = f", wait {duration(outcome.retry_after_s)}" if outcome.retry_after_s else ""
    took = milliseconds(one.timing.total_ms)
    return (
        f"At {one.timing.started_at:%Y-%m-%d %H:%M:%S} UTC install {context.install} "
        f"({context.install_id}){network} asked for {one.request.model or 'no model'} with {key}. "
        f"It got {status}{outcome.kind}{wait} after {took}."
    )


def _counts(counts: Mapping[Kind, int]) -> str:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {name}" for name, number in most)


def _size(size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
