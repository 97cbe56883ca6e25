"""From captures to an answer and its page: `compare`, `report`, `disturb` and `demo` share it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.captures.records import Records
from pawwork_proxy.captures.sources import (
    CaptureSource,
    capture_sources,
    each_once,
    each_readable,
)
from pawwork_proxy.cli.having import means_of
from pawwork_proxy.cli.output import progress, uncollected
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.model.inventory import Inventory
from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report.answer import Answer, answer_of
from pawwork_proxy.report.language import ENGLISH, Language


class Wanted(NamedTuple):
    """What is compared, and how it is told."""

    captures: Sequence[Path]
    exclusive: frozenset[str] = frozenset()
    real_only: bool = False
    have: str | None = None
    language: Language = ENGLISH


class Compared(NamedTuple):
    """What came of it."""

    sources: Sequence[CaptureSource]
    inputs: ComparisonInput
    comparison: Comparison
    answer: Answer


def compared(wanted: Wanted, *, ask: bool = False) -> Compared:
    """Gather and compare; `ask`: the user may be asked what there is for experiments."""
    with uncollected(), progress("reading") as shown:
        sources = capture_sources(wanted.captures)
        inputs = gather(
            sources,
            exclusive=wanted.exclusive,
            real_only=wanted.real_only,
            progress=shown,
            language=wanted.language,
        )
    return judged(wanted, inputs, sources, ask=ask)


def judged(
    wanted: Wanted,
    inputs: ComparisonInput,
    sources: Sequence[CaptureSource] = (),
    *,
    ask: bool = False,
) -> Compared:
    """Compare what was inputs, and put the answer into words."""
    means = means_of(wanted.have, inputs.observations, ask=ask)
    with uncollected(), progress("comparing"):
        comparison = compare(inputs.observations, inputs.unrecorded, means=means)
    files = {one.capture_id: one.name for one in inputs.captures}
    zone = datetime.now().astimezone().tzinfo or UTC
    answer = answer_of(comparison, wanted.language, zone, files)
    return Compared(sources, inputs, comparison, answer)


def page_of(found: Compared, language: Language = ENGLISH, watched: int = 0) -> str:
    """The page of a comparison; `watched`: its number among those that are served."""
    from pawwork_proxy.report.page import render_report

    return render_report(
        found.comparison,
        found.inputs,
        found.answer,
        _inventory(found),
        language=language,
        watched=watched,
    )


def _inventory(found: Compared) -> Inventory | None:
    """What identifies, where all is there as records and they are not too many."""
    captures = found.inputs.captures
    stored = any(source.part for source in found.sources)  # without records
    if not captures or stored or any(one.aggregated for one in captures):
        return None
    used = {one.capture_id for one in captures}
    records = each_readable(each_once(found.sources, []), Records, [])
    return take_inventory(
        (one.capture.header, one) for one in records if one.summary.capture_id in used
    )
