"""A study step by step in words: what to do, what was captured, what was not as it should be."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.comparison.experiments import baseline_of
from pawwork_proxy.comparison.requests import PlacedRequest, evidence_row
from pawwork_proxy.comparison.walk import STUDIES, Progress, Step, StudyName, Wrong
from pawwork_proxy.model.verdict import Baseline
from pawwork_proxy.report.next_step import labels_of, launch_command
from pawwork_proxy.report.sentences import row_label
from pawwork_proxy.report.words import printable
from pawwork_proxy.report.wrapping import wrapped

_TEXTS: dict[str, dict[str, str]] = tomllib.loads(
    (files("pawwork_proxy.report") / "assets" / "studies.toml").read_text(encoding="utf-8")
)
ASKS, STEPS, WRONG = (_TEXTS[name] for name in ("asks", "steps", "wrong"))

DONE_BY: dict[str, tuple[str, str]] = {
    "refused": ("new_session", ""),
    "again": ("new_session", ""),
    "elsewhere": ("other_device", "OTHER_NETWORK"),
    "moved": ("other_network", ""),
    "fresh": ("other_install", ""),
    "keyed": ("new_session", ""),
    "keyed_elsewhere": ("new_session", "OTHER_NETWORK"),
    "back": ("new_session", ""),
}
"""By step: the variation whose command it is, and the network where that is another one."""
NOBODY = Baseline("laptop", "home", "big-pickle", has_key=False, client="OpenCode")
"""Who is to be captured as long as nobody was refused."""


def opening(study: StudyName) -> Iterator[str]:
    """What a study asks."""
    yield from wrapped(f"Study {study}: {ASKS[study]}")


def done_lines(row: PlacedRequest) -> Iterator[str]:
    """That a step is done, and by which request."""
    found = evidence_row(row)
    who = printable((found.install or "it").split(" ", maxsplit=1)[0])
    result = "refused" if found.part == "refused" else "answered"
    words = f"done: {who} was {result} at {found.at:%H:%M:%S} UTC ({row_label(found)})."
    yield from wrapped(words, "  ", "  ")


def step_lines(study: StudyName, progress: Progress, step: Step) -> Iterator[str]:
    """What to do next, and the command for it."""
    start = baseline_of(progress.done[0]) if progress.done else NOBODY
    number = STUDIES[study].index(step) + 1
    without = "_without_key" if step.id == "refused" and study == "key-or-none" else ""
    words = STEPS[step.id + without].format(**labels_of(start))
    yield from wrapped(f"Step {number} of {len(STUDIES[study])}: {words}")
    variation, network = DONE_BY[step.id]
    yield f"    {launch_command(variation, start, network)}"


def wrong_lines(progress: Progress) -> Iterator[str]:
    """What was asked instead, and why that is not the step."""
    if progress.last is None:
        return
    row = evidence_row(progress.last)
    reasons = ", ".join(map(_reason, progress.wrong))
    words = f"not this step: {row_label(row)} at {row.at:%H:%M:%S} UTC: {reasons}. Ask again."
    yield from wrapped(words, "  ", "  ")


def _reason(wrong: Wrong) -> str:
    return WRONG[wrong.what].format(name=title(wrong.dimension or "address"))
