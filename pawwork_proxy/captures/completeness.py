"""How complete captures are, in one wording for every command, and which do not go together.

Invariant: whatever is missing from a capture is said. Where many captures lack the same thing, they
are counted, not named one by one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.model.comparison_input import CaptureSummary
from pawwork_proxy.report.answer_words import joined
from pawwork_proxy.report.handshakes import handshake_sentence
from pawwork_proxy.report.language import ENGLISH, Language

MOST_NAMED = 5
"""Captures that lack the same thing and are named one by one; more are counted."""
MOST_PLACES = 10
"""Damaged lines of a capture whose numbers are given."""

NOT_COMPARED = (
    "their pseudonyms cannot be joined, so only the study with most exchanges is compared."
)
LOOKS_DIFFERENT = (
    "the same key, session or address has another pseudonym in each, so what is one and the same "
    "across them looks different."
)


class Lack(NamedTuple):
    """Something that a capture can lack."""

    number: Callable[[CaptureSummary], int]
    """How much of it; 0: it does not lack it."""
    one: str
    """What is said of one capture: `{n}` is the number, `{places}` where."""
    many: str
    """What is said of several together: `{n}` is the sum."""


LACKS = (
    Lack(
        lambda one: not (one.exchanges or one.connections),
        "it holds no exchange",
        "hold no exchange",
    ),
    Lack(
        lambda one: 0 if one.exchanges else one.connections,
        "it holds no exchange, only connections that passed untouched: {n}",
        "hold no exchange, only connections that passed untouched, {n} in all",
    ),
    Lack(
        lambda one: not one.ended,
        "no end line: the run goes on, or ended without closing the capture",
        "have no end line: their runs go on, or ended without closing them",
    ),
    Lack(
        lambda one: one.under_way,
        "requests whose end is not recorded: {n}",
        "hold requests whose end is not recorded, {n} in all",
    ),
    Lack(
        lambda one: one.withheld,
        "records withheld because they could not be made safe: {n}",
        "withheld records because they could not be made safe, {n} in all",
    ),
    Lack(
        lambda one: one.lost,
        "records that could not be written while the run went on: {n}",
        "lack records that could not be written while their runs went on, {n} in all",
    ),
    Lack(
        lambda one: one.in_part,
        "exchanges observed in part because looking at the traffic failed: {n}",
        "hold exchanges observed in part because looking at the traffic failed, {n} in all",
    ),
    Lack(
        lambda one: one.failed_taps,
        "looks at the traffic that failed: {n}; the traffic went on",
        "had looks at the traffic that failed, {n} in all; the traffic went on",
    ),
    Lack(
        lambda one: one.damaged,
        "damaged lines skipped: {n}, by number {places}; what they held is missing",
        "have damaged lines, {n} in all: they are skipped, and what they held is missing",
    ),
    Lack(
        lambda one: one.joined,
        "{n} lines of another capture stand behind it and are left out, give it as a file of its "
        "own",
        "are followed by lines of another capture in the same file, {n} in all: these are left out",
    ),
)


def summary_of(
    capture: Capture, *, aggregated: bool = False, language: Language = ENGLISH
) -> CaptureSummary:
    """What is said about one capture."""
    header = capture.header
    own = [damage for damage in capture.damages if damage.reason != "another_capture"]
    places = ", ".join(f"{damage.number} ({damage.reason})" for damage in own[:MOST_PLACES])
    if len(own) > MOST_PLACES:
        places = _and_more(places, len(own) - MOST_PLACES, language)
    summary = CaptureSummary(
        name=capture.path.name,
        capture_id=header.capture_id,
        study_id=header.study_id,
        tool_version=header.tool_version,
        started_at=header.started_at,
        network=header.network,
        installs=tuple(install.label for install in header.installs),
        simulated=header.simulated,
        answers=header.options.answers,
        exchanges=capture.count,
        under_way=len(capture.interrupted),
        withheld=len(capture.stubs),
        lost=sum(note.count or 0 for note in capture.notes if note.event == "records_lost"),
        in_part=capture.in_part,
        failed_taps=(capture.end.tap_failures or 0) if capture.end else 0,
        damaged=len(own),
        damaged_lines=places,
        joined=len(capture.damages) - len(own),
        connections=len(capture.connections),
        handshake=handshake_sentence(capture.hellos, capture.handshakes, language),
        ended=capture.end is not None,
        aggregated=aggregated,
    )
    complete = not any(lack.number(summary) for lack in LACKS)
    return summary.model_copy(update={"complete": complete})


def incomplete(summaries: Iterable[CaptureSummary], language: Language = ENGLISH) -> Iterator[str]:
    """What is missing from captures, a sentence each."""
    summaries = list(summaries)
    for lack in LACKS:
        lacking = [one for one in summaries if lack.number(one)]
        if len(lacking) <= MOST_NAMED:
            for one in lacking:
                words = language.say(lack.one, n=lack.number(one), places=one.damaged_lines)
                yield _of(one.name, words, language)
        else:
            words = language.say(lack.many, n=counted(sum(map(lack.number, lacking))))
            number = counted(len(lacking))
            yield language.say("{number} captures {words}.", number=number, words=words)


def _of(name: str, words: str, language: Language) -> str:
    return language.say("{name}: {words}.", name=name, words=words)


def of_handshakes(
    summaries: Iterable[CaptureSummary], language: Language = ENGLISH
) -> Iterator[str]:
    """Says where the server saw another handshake than the client's; alike captures together."""
    alike: dict[str, list[str]] = {}
    for summary in summaries:
        if summary.handshake is not None:
            alike.setdefault(summary.handshake, []).append(summary.name)
    for sentence, names in alike.items():
        yield _of(named(names, language), sentence, language)


def of_answers(summaries: Iterable[CaptureSummary], language: Language = ENGLISH) -> Iterator[str]:
    """Says which captures hold answers that no server gave; alike captures together."""
    alike: dict[str, list[str]] = {}
    for summary in summaries:
        if summary.answers is not None:
            alike.setdefault(summary.answers, []).append(summary.name)
    for answer, names in alike.items():
        words = language.say(
            "answers of the kind {kind} were made here on request (--answer); they say nothing "
            "about the server, and are no evidence",
            kind=answer,
        )
        yield _of(named(names, language), words, language)


def happenings(capture: Capture, language: Language = ENGLISH) -> Iterator[str]:
    """Events of a run that do not make its capture less complete."""
    yield from (_of(capture.path.name, one, language) for one in _happened(capture, language))


def _happened(capture: Capture, language: Language) -> Iterator[str]:
    events = Counter(note.event for note in capture.notes)
    if changes := events["egress_changed"]:
        yield language.say(
            "changes of the egress during the run: {number}; exchanges say which holds",
            number=changes,
        )
    if events["egress_unavailable"]:
        yield language.text("the edge did not always say as which address it sees this machine")
    if late := sum(note.count or 0 for note in capture.notes if note.event == "noted_late"):
        yield language.say(
            "the disk hung; requests that went on before they were noted: {number}", number=late
        )
    errors = Counter(note.outcome for note in capture.notes if note.event == "client_error")
    if errors:
        yield language.say(
            "errors that the client itself printed, by their kind: {kinds}",
            kinds=", ".join(f"{kind} {count}" for kind, count in errors.most_common()),
        )
    for note in capture.notes:
        if note.event == "client_exit":
            if note.exit_code is None:
                yield language.text("the client that was started ended with an unknown code")
            else:
                yield language.say(
                    "the client that was started ended with code {code}", code=note.exit_code
                )


def of_several_studies(
    summaries: Iterable[CaptureSummary], so: str, language: Language = ENGLISH
) -> Iterator[str]:
    """Says that captures belong to different studies, to which, and what follows from it."""
    studies: dict[str, list[str]] = {}
    for summary in summaries:
        studies.setdefault(summary.study_id, []).append(summary.name)
    if len(studies) > 1:
        yield language.say(
            "Captures of {number} different studies ({groups}): {so} Let every machine join one "
            "study first (pawwork-proxy study join), then capture anew.",
            number=len(studies),
            groups=" | ".join(named(names, language) for names in studies.values()),
            so=language.text(so),
        )


def listed(summaries: Sequence[CaptureSummary]) -> Iterator[str]:
    """What a reader of a list must know: what is missing, and what does not go together."""
    yield from incomplete(summaries)
    yield from of_answers(summaries)
    yield from of_several_studies(summaries, LOOKS_DIFFERENT)
    simulated = [summary.name for summary in summaries if summary.simulated]
    if simulated and len(simulated) < len(summaries):
        yield (
            f"{len(simulated)} of {len(summaries)} captures are simulated ({named(simulated)}), "
            "the others are real: a simulator says nothing about the real server."
        )


def named(names: Sequence[str], language: Language = ENGLISH) -> str:
    """Names in a row, the first few if there are many."""
    more = len(names) - MOST_NAMED
    first = joined(names[:MOST_NAMED], language)
    return _and_more(first, more, language) if more > 0 else first


def _and_more(names: str, more: int, language: Language) -> str:
    return language.say("{names} and {number} more", names=names, number=counted(more))


def counted(number: int) -> str:
    """A number with spaces between its thousands."""
    return f"{number:,}".replace(",", " ")
