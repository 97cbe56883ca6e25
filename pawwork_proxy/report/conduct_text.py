"""What `check` found, in words: differences first, each with its rows, then a row for each answer.

Invariant: no line is wider than 80 columns, and each number can be looked up in the rows named.
"""

from collections.abc import Iterator, Sequence

from pawwork_proxy.model.conduct import Attempt, Conduct, ReasonId, Step, Then, Wait
from pawwork_proxy.report.words import counted, duration
from pawwork_proxy.report.wrapping import wrapped

MOST_ROWS = 4
"""Rows that are named where many have something in common."""
MOST_WAITS = 3
COLUMNS = ("answer", "for", "n", "requests", "waits in s", "then", "verdict")
_FORM = "{:<24}{:<6}{:>3} {:>10}  {:<14} {:<8} {:<10}"
THEN: dict[Then, str] = {
    "answered": "answered",
    "stopped": "stopped",
    "went_on": "went on",
    "waits": "waits",
    "open": "",
}
VERDICTS = {"as_known": "as known", "differs": "DIFFERS", "not_judged": "not judged"}
REASONS: dict[ReasonId, str] = {
    "another_client": "another client sent it, of which nothing is known",
    "nothing_known": "what this release does after such an answer is not known",
    "seen_in_part": "the recorder saw only part of it",
    "client_left": "the client broke the request off, or its user did",
    "records_missing": "the capture lacks requests that came then, or saw only part of them",
    "moved_on": "the next prompt came before the client had to ask again",
    "client_ended": "the client ended before it had to ask again",
    "client_killed": "the client was ended by a signal before it was seen what it does",
    "capture_ended": "the capture ended before the client had to ask again",
}


def conduct_lines(conduct: Conduct) -> Iterator[str]:
    """All lines for people."""
    if conduct.simulated:
        yield "SIMULATED: a simulator gave answers; what the clients did is real."
    yield from wrapped(headline(conduct))
    alike: dict[tuple[str, str], list[Step]] = {}
    for step in conduct.of("differs"):
        alike.setdefault(_kind_of_difference(step), []).append(step)
    for number, steps in enumerate(alike.values(), 1):
        yield ""
        yield from wrapped(f"[{number}] {difference_words(steps)}", rest="    ")
    yield from _tables(conduct.steps)
    unjudged: dict[ReasonId, list[Step]] = {}
    for step in conduct.of("not_judged"):
        if step.reason is not None:
            unjudged.setdefault(step.reason, []).append(step)
    if unjudged:
        yield ""
        yield "Not judged:"
    for reason, steps in unjudged.items():
        names = [f"{step.capture}#{step.attempts[0].seq}" for step in steps]
        words = f"- {len(steps)}: {REASONS[reason]} ({_some(names)})"
        yield from wrapped(words, rest="  ")
    if conduct.others:
        yield from wrapped(f"{counted(conduct.others, 'exchange')} asked no model.")
    if conduct.connections:
        yield from wrapped(
            f"{counted(conduct.connections, 'connection')} passed untouched: what was answered in "
            "them is not known."
        )


def headline(conduct: Conduct) -> str:
    """The result in a sentence or two."""
    known, differing = len(conduct.of("as_known")), len(conduct.of("differs"))
    unjudged = len(conduct.of("not_judged"))
    prompts = counted(conduct.prompts, "prompt")
    if not known and not differing:
        return f"Nothing can be judged: {counted(unjudged, 'answer')} in {prompts}."
    rest = f" {unjudged} could not be judged." if unjudged else ""
    if not differing:
        answers = counted(known, "answer")
        return f"As known: {answers} in {prompts}, none was followed by anything else.{rest}"
    return (
        f"Different: after {differing} of {counted(known + differing, 'answer')} in {prompts} the "
        f"client did something else than known.{rest}"
    )


def difference_words(steps: Sequence[Step]) -> str:
    """Differences of one kind in a sentence about the first, with the rows that show each."""
    step = steps[0]
    before = _before(step)
    number = step.attempts.index(before) + 1
    answer = f"{before.status or 'no answer'}, {before.outcome}"
    waited = ""
    if number < len(step.attempts):
        waited = duration(step.attempts[number].waited_s or 0.0)
    rule = f"it is known to send {_either(step.known_requests)} in all"
    if step.known_requests == (1,):
        rule = "it is known to stop there" + ", with the conversation closed" * step.blocks
    if step.difference == "gave_up":
        said = f"sent nothing more after {counted(number, 'request')}; {rule}"
    elif step.difference == "asked_again":
        said = f"asked again after {waited}, with request {number + 1}; {rule}"
    else:
        wait = wait_words(step.known_waits[number - 1])
        said = f"asked again after {waited}; it is known to wait {wait}"
    what = "title" if step.part == "title" else "conversation"
    rows = [", ".join(f"{one.capture}#{seq}" for seq in one.rows) for one in steps]
    return f"{step.client}, {what}: after {answer} it {said}. Rows: {_some(rows, '; ')}."


def _kind_of_difference(step: Step) -> tuple[str, str]:
    before = _before(step)
    what = f"{step.part} {step.difference} {before.status} {before.outcome}"
    return step.client, what


def _before(step: Step) -> Attempt:
    """The request after whose answer the client did something else."""
    return next(one for one in step.attempts if one.seq == step.rows[0])


def _some(names: Sequence[str], between: str = ", ") -> str:
    more = len(names) - MOST_ROWS
    return between.join(names[:MOST_ROWS]) + (f" and {more} more" if more > 0 else "")


def _either(numbers: Sequence[int]) -> str:
    """`4`, `1, 2 or 10`; without a limit `any number`."""
    *others, last = map(str, numbers or ("any number",))
    return f"{', '.join(others)} or {last}" if others else last


def wait_words(wait: Wait) -> str:
    """`2s`, or `2s to 2.5s`."""
    least, most = duration(wait.least_s), duration(wait.most_s)
    return least if least == most else f"{least} to {most}"


def _tables(steps: Sequence[Step]) -> Iterator[str]:
    clients: dict[str, dict[tuple[str, str, str, tuple[int, ...]], list[Step]]] = {}
    for step in steps:
        first = step.attempts[0]
        answer = f"{first.status or '-'} {first.outcome}"
        groups = clients.setdefault(step.client, {})
        kind = (answer, step.part, VERDICTS[step.verdict], step.known_requests)
        groups.setdefault(kind, []).append(step)
    for client, groups in clients.items():
        yield ""
        yield from wrapped(client)
        yield _FORM.format(*COLUMNS).rstrip()
        for (answer, part, verdict, _), alike in sorted(groups.items()):
            cells = answer, part, len(alike), _spent(alike), _waits(alike), _then(alike), verdict
            yield _FORM.format(*cells).rstrip()


def _spent(steps: Sequence[Step]) -> str:
    """`4 of 6`: how many requests each cost, of how many that are known, without a limit `4`."""
    fewest, *_, most = sorted([len(step.attempts) for step in steps] * 2)
    known = "/".join(map(str, steps[0].known_requests))
    seen = str(most) if fewest == most else f"{fewest}-{most}"
    return f"{seen} of {known}" if known else seen


def _then(steps: Sequence[Step]) -> str:
    then = {THEN[step.then] for step in steps}
    return then.pop() if len(then) == 1 else ""


def _waits(steps: Sequence[Step]) -> str:
    """The waits of the step that repeated most."""
    longest = max(steps, key=lambda step: len(step.attempts))
    waits = [one.waited_s for one in longest.attempts if one.waited_s is not None]
    return " ".join(f"{wait:.1f}" for wait in waits[:MOST_WAITS])
