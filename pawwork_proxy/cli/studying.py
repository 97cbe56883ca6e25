"""Walks a user through a study: says the next step, and follows the captures until it is done."""

import time
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import click

from pawwork_proxy.captures.completeness import incomplete
from pawwork_proxy.captures.following import sizes
from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.cli.naming import tell, typed
from pawwork_proxy.cli.output import warn
from pawwork_proxy.cli.shown import LOOK_EVERY_S
from pawwork_proxy.comparison.walk import StudyName, progress_of
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.report.language import Language
from pawwork_proxy.report.study_steps import (
    captured_lines,
    done_lines,
    leaving,
    opening,
    step_lines,
    wrong_lines,
)

NOTHING = ComparisonInput(captures=(), observations=())


def walk(study: StudyName, folder: Path, language: Language) -> None:
    """Say each step and wait for it, until all are done."""
    _say(opening(study, language))
    told: list[tuple[str, ...]] = []
    warned: set[str] = set()
    while True:
        before = sizes([folder])
        inputs = _inputs_of(folder, language)
        # A capture that is being written lacks its end; the answer says it where that lasts.
        passing = set(incomplete(inputs.captures, language))
        warn((one for one in inputs.remarks if one not in warned | passing), language)
        warned.update(inputs.remarks)
        found = progress_of(study, inputs.observations, utc_now())
        files = {one.capture_id: one.name for one in inputs.captures}
        saying = [tuple(done_lines(row, language, files)) for row in found.done]
        if found.step is not None:
            saying.append(tuple(step_lines(study, found, found.step, language, str(folder))))
            saying.append(tuple(captured_lines(found, len(inputs.observations), language)))
            saying.append(tuple(wrong_lines(found, language, files)))
        # As wholes: two that were refused within a second share their first line.
        _say(chain.from_iterable(said for said in saying if said not in told))
        told = saying
        if found.step is None:
            return
        while sizes([folder]) == before:
            time.sleep(LOOK_EVERY_S)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(typed(line))


def _inputs_of(folder: Path, language: Language) -> ComparisonInput:
    """What is there; nothing yet, where no capture can be read."""
    try:
        return gather(capture_sources([folder]), language=language)
    except CaptureFormatError:
        return NOTHING


def stopped(study: str, folder: Path, language: Language) -> None:
    """What to say to who leaves a study in the middle."""
    tell(leaving(study, str(folder), language), err=True)
