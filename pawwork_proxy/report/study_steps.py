"""A study step by step in words: what to do, what was captured, what was not as it should be."""

from collections.abc import Iterator, Mapping
from shlex import quote

from pawwork_proxy.comparison.experiments import baseline_of
from pawwork_proxy.comparison.requests import PlacedRequest, evidence_row
from pawwork_proxy.comparison.walk import STUDIES, Progress, Step, StudyName, Wrong
from pawwork_proxy.facts.table import read
from pawwork_proxy.model.evidence import EvidenceRow
from pawwork_proxy.model.experiment import Baseline
from pawwork_proxy.report.answer_words import joined, one
from pawwork_proxy.report.language import ENGLISH, Language, paragraph
from pawwork_proxy.report.next_step import CAPTURES, labels_of, launch_command, to_fill_in
from pawwork_proxy.report.words import printable
from pawwork_proxy.report.wrapping import wrapped

_TEXTS: dict[str, dict[str, str]] = read("studies", __package__, "assets")
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


def opening(study: StudyName, language: Language = ENGLISH) -> Iterator[str]:
    """What a study asks, and how it goes on."""
    asks = language.text(ASKS[study])
    yield from wrapped(language.say("Study {study}: {asks}", study=study, asks=asks))
    yield from wrapped(
        language.text(
            "Type the command of each step in another window, in the same folder. This one waits "
            "until that was captured, and goes on by itself; Ctrl-C leaves it."
        )
    )


def done_lines(
    row: PlacedRequest, language: Language = ENGLISH, names: Mapping[str, str] | None = None
) -> Iterator[str]:
    """That a step is done, and by which request; `names`: of the captures' files, by id."""
    found = evidence_row(row)
    who = printable((found.install or language.text("it")).split(" ", maxsplit=1)[0])
    values = {"who": who, "time": f"{found.at:%H:%M:%S}", "row": _place(found, names)}
    if found.part == "refused":
        words = language.say("done: {who} was refused at {time} UTC ({row}).", **values)
    else:
        words = language.say("done: {who} was answered at {time} UTC ({row}).", **values)
    yield from wrapped(words, "  ", "  ")


def step_lines(
    study: StudyName,
    progress: Progress,
    step: Step,
    language: Language = ENGLISH,
    folder: str = CAPTURES,
) -> Iterator[str]:
    """What to do next, and the command for it, which writes into `folder`."""
    start = baseline_of(progress.done[0]) if progress.done else NOBODY
    number = STUDIES[study].index(step) + 1
    without = "_without_key" if step.id == "refused" and study == "key-or-none" else ""
    labels = labels_of(start)
    other = language.text("If your client is another one, put its command behind '--'.")
    filling = to_fill_in(start, labels, language) if progress.done else [other]
    words = paragraph([language.say(STEPS[step.id + without], **labels), *filling])
    steps = len(STUDIES[study])
    yield from wrapped(
        language.say("Step {number} of {steps}: {words}", number=number, steps=steps, words=words)
    )
    variation, network = DONE_BY[step.id]
    yield f"    {launch_command(variation, start, network, folder)}"


def captured_lines(progress: Progress, captured: int, language: Language = ENGLISH) -> list[str]:
    """That requests come, as long as none of them is the refusal that a study begins with."""
    if progress.done or not captured:
        return []
    words = language.text(
        "captured: requests, but no such refusal in the present reset window yet."
    )
    return wrapped(words, "  ", "  ")


def wrong_lines(
    progress: Progress, language: Language = ENGLISH, names: Mapping[str, str] | None = None
) -> Iterator[str]:
    """What was asked instead, and why that is not the step."""
    if progress.last is None:
        return
    row = evidence_row(progress.last)
    words = language.say(
        "not this step: {row} at {time} UTC: {reasons}. Ask again.",
        row=_place(row, names),
        time=f"{row.at:%H:%M:%S}",
        reasons=joined((_reason(each, language) for each in progress.wrong), language),
    )
    yield from wrapped(words, "  ", "  ")


def leaving(study: str, folder: str, language: Language = ENGLISH) -> str:
    """What to say to who leaves a study in the middle."""
    told = language.text("Stopped. To go on where you are:")
    return f"{told} pawwork-proxy study run {study} --captures {quote(folder)}"


def _place(row: EvidenceRow, names: Mapping[str, str] | None) -> str:
    """Where to find a row, as the answer's evidence says it."""
    return f"{(names or {}).get(row.capture, row.capture)} #{row.seq}"


def _reason(wrong: Wrong, language: Language) -> str:
    return language.say(WRONG[wrong.what], name=one(wrong.dimension or "address", language))
