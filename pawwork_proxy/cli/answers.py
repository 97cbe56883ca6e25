"""`--answer` as a user writes it: which state, with which wait, for which model calls."""

import re

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.context import Route
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.proxy.local_answers import LocalAnswers
from pawwork_proxy.recording.answering import Choice
from pawwork_proxy.report.words import duration
from pawwork_proxy.simulator.faults import FAULTS, LONGEST_WAIT_S, Wait
from pawwork_proxy.simulator.presets import preset, preset_rows

STATES: tuple[str, ...] = tuple(
    name for name in (*map(str, Kind), "tool_round") if name.replace("_", "-") in preset_rows()
)
"""What can be answered with: the kinds of outcome that a server can send, and a tool round."""
_LENGTH = re.compile(r"(?=\d)(?:(\d{1,4})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s?)?")
_UNITS = (86400, 3600, 60, 1)


def local_answers(
    answer: str | None, model: str | None, every: int | None, times: int | None
) -> LocalAnswers:
    """What to answer with here, and when. Raises ConfigurationError."""
    if answer is None:
        raise ConfigurationError(
            "--model, --every and --times say which model calls are answered here, and --answer "
            "is missing",
            "for example: --answer free_usage_limit:midnight",
        )
    name, colon, written = answer.partition(":")
    state = name.replace("-", "_")
    if state not in STATES:
        raise ConfigurationError(
            f"--answer takes the kind of an outcome, and {name!r} is none that a server can send",
            f"one of: {', '.join(STATES)}",
        )
    scenario = preset(state)
    (fault,) = scenario.faults
    if colon:
        if FAULTS[fault.kind].status < 400:
            raise ConfigurationError(
                f"--answer {state} is no refusal that could name a wait", f"write --answer {state}"
            )
        fault = fault.model_copy(update={"wait": _wait_of(written)})
        scenario = scenario.model_copy(update={"faults": (fault,)})
    choice = Choice(model, every or 1, times)
    return LocalAnswers(state, _wait_words(fault.wait), scenario, choice)


def announcement(answers: LocalAnswers) -> str:
    """Says plainly what is answered here, and that the server is not asked."""
    choice = answers.choice
    which = "each model call" if choice.every == 1 else f"1 of {choice.every} model calls"
    if choice.model is not None:
        which += f" of {choice.model}"
    if choice.times is not None:
        which += f", {choice.times} in all"
    return (
        f"ANSWERED HERE: {which}, with {answers.state}"
        f"{f' (retry-after {answers.wait})' if answers.wait else ''}.\n"
        "  No server sees these calls. The capture marks them, and they are no evidence."
    )


def check_route(route: Route) -> None:
    """Raise ConfigurationError on a route where connections pass untouched."""
    if route in {"inside", "tunnel"}:
        raise ConfigurationError(
            f"--answer and --route {route} exclude each other: there nothing passes through us",
            "use --route forward or --route reverse",
        )


def _wait_of(text: str) -> Wait:
    """Seconds from `20h28m`, `90s` or `90`, or `midnight`. Raises ConfigurationError."""
    if text == "midnight":
        return "midnight"
    found = _LENGTH.fullmatch(text)
    parts = found.groups() if found else ()
    seconds = sum(
        int(part) * unit for part, unit in zip(parts, _UNITS, strict=False) if part is not None
    )
    if not found or seconds > LONGEST_WAIT_S:
        raise ConfigurationError(
            "the wait behind --answer KIND: is a duration of at most 366 days, or midnight",
            "for example: --answer free_usage_limit:20h28m",
        )
    return seconds


def _wait_words(wait: Wait | None) -> str | None:
    if wait is None:
        return None
    return "until 00:00 UTC" if wait == "midnight" else duration(wait)
