"""The next experiment in words: title, steps, the commands to type, and what each result means.

Invariant: no step asks anybody to use up a quota, and every label is quoted for the shell.
"""

from collections.abc import Iterable, Sequence
from shlex import quote
from typing import NamedTuple

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.comparison.trials import BY_ID, Variation
from pawwork_proxy.facts.clients import RELEASES
from pawwork_proxy.model.observation import INTERCEPTING
from pawwork_proxy.model.verdict import Baseline, EvidenceRow, Experiment, Meaning
from pawwork_proxy.outcomes.client_behaviour import after_used_up_quota, of_client
from pawwork_proxy.report.sentences import (
    COSTS,
    LACKING,
    SWEEPS,
    VARIATIONS,
    WITHOUT_EVIDENCE,
    WITHOUT_TRIAL,
    hypothesis_words,
    row_label,
)
from pawwork_proxy.report.words import counted

PROGRAM = "pawwork-proxy"
PROGRAMS = {
    "OpenCode": 'opencode run {again}-m opencode/{model} "Say hello."',
    "PawWork": "PAWWORK",
}
"""What is started, by the first word of a client's name; everything else is `CLIENT`."""
FILL_IN = {
    "PAWWORK": "PAWWORK stands for the path of PawWork's program: choose {model} there, or the "
    "model of the step, ask 'Say hello.', and quit PawWork to end the capture.",
    "CLIENT": "CLIENT stands for the command of the client that was refused, asking {model}, or "
    "the model of the step, once.",
}
"""What the user has to do where a command cannot say it."""
REVERSED = "_reversed"
MOST_NAMED = 4
LONG_S = 3600.0
"""A wait of hours, as the free quota's; how long exactly does not change how often is asked."""


class HowTo(NamedTuple):
    """How a person carries a variation out."""

    title: str
    step: str
    options: str = "--install {install} --network {network}"
    """Options of `launch`; by default those that repeat what was refused."""
    model: str = ""
    """Placeholder for the model to ask; empty: the refused one."""


HOW_TO = {name: HowTo(**row) for name, row in VARIATIONS.items()}
"""By the id of a variation; a reversed variation is done in the same way."""


class Instructions(NamedTuple):
    """An experiment in words."""

    title: str
    why: str
    cost: str
    """Empty where nothing is to be sent beyond ordinary use."""
    steps: tuple[str, ...]
    commands: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]
    """Each result, and what it would say."""


def instructions(experiment: Experiment) -> Instructions:
    """How to do an experiment, and what each result would mean."""
    if experiment.baseline is None:
        return _without_trial(experiment)
    start = experiment.baseline
    variations = [BY_ID[name] for name in experiment.variations]
    labels = labels_of(start)
    plain = _command(BY_ID["new_session"], labels, start)
    commands = [_command(variation, labels, start) for variation in variations]
    if variations[0].reverse:
        waiting = (
            f"Change this and go on as usual: {how_to(variations[0].id).step}. "
            "Wait until that is refused in ordinary use; do not force it."
        )
        asking = [f"In the same reset window ask once as {labels['install']} was before."]
        commands, plain = [plain], commands[0]
    else:
        waiting = (
            f"Wait until {labels['install']}{_key(start)} is refused in ordinary use; "
            "do not force it."
        )
        asking = _asking(variations)
    refused = "the changed one" if variations[0].reverse else labels["install"]
    steps = (
        waiting,
        "Ask once more, captured with the egress probe, to have the refusal beside the trial. "
        f"{COSTS['waits']}{_to_fill_in(start, labels)}",
        *asking,
        COSTS["between"].format(install=refused),
        "Compare all captures again.",
    )
    last = len(steps)
    asked = range(last - 1 - len(commands), last - 1)
    told = [plain, *commands, plain, f"{PROGRAM} compare captures/"]
    return Instructions(
        title=f"Try {SWEEPS.get(experiment.id) or variation_title(experiment.id)}",
        why=COSTS["confirms"] if experiment.confirms else WHY,
        cost=COSTS["trial"].format(
            counting=counted(experiment.requests, "request"), calls=refused_calls(start.client)
        ),
        steps=steps,
        commands=_of_steps(told, [2, *asked, last - 1, last]),
        meanings=_confirmed(experiment)
        if experiment.confirms
        else tuple(
            (_result(meaning, len(variations)), _meaning(meaning))
            for meaning in experiment.meanings
        ),
    )


def labels_of(start: Baseline) -> dict[str, str]:
    """What a command says of who was refused, quoted for the shell."""
    return {
        "install": quote((start.install or "main").split(" ", maxsplit=1)[0]),
        "network": quote(start.network or "NETWORK"),
        "model": quote(start.model or "MODEL"),
    }


def launch_command(variation_id: str, start: Baseline, network: str = "") -> str:
    """The command of one variation; elsewhere if another network is named."""
    labels = labels_of(start) | ({"network": network} if network else {})
    return _command(BY_ID[variation_id], labels, start)


WHY = "Of all trials that you can do it separates most of the explanations that are left."


def _without_trial(experiment: Experiment) -> Instructions:
    """An advice that starts from no refusal."""
    told = (WITHOUT_EVIDENCE | WITHOUT_TRIAL)[experiment.id]
    rows = {
        "rows": ", ".join(map(row_label, experiment.repeats)),
        "how": "; ".join(map(_as_in, experiment.repeats)),
    }
    lacking = ", or ".join(LACKING[name] for name in experiment.lacking)
    more = f" {told['more'].format(lacking=lacking)}" if lacking else ""
    return Instructions(
        title=told["title"],
        why=told["why"].format(**rows) + more,
        cost=f"It costs {counted(experiment.requests, 'request')} beyond ordinary use."
        if experiment.requests
        else "",
        steps=tuple(step.format(**rows) for step in told["steps"]),
        commands=tuple(told["commands"]),
        meanings=tuple((result, words) for result, words in told["meanings"]),
    )


def _as_in(row: EvidenceRow) -> str:
    """Who asked what, and where, in a row."""
    known = (("install", row.install), ("network", row.network), ("model", row.model))
    return ", ".join(f"{name} {value}" for name, value in known if value) or "as it was captured"


def _confirmed(experiment: Experiment) -> tuple[tuple[str, str], ...]:
    assert experiment.confirms is not None
    name = title(experiment.confirms)
    return (
        ("It is admitted, and the first refused again", f"The limit follows the {name}."),
        ("Anything else", "Something that is not recorded changed the first time."),
    )


def refused_calls(client: str) -> str:
    """How many requests a conversation sends that the free quota refuses, by the client's name."""
    program = client.partition(" ")[0]
    every = after_used_up_quota(LONG_S)
    eras = [era for era, release in RELEASES.items() if release.program == program]
    own = list(of_client(every, eras).values()) or every
    sent = {(one.main_calls or 1) + (one.title_calls or 0) for one in own}
    least, most = min(sent), max(sent)
    return counted(most, "request") if least == most else f"{least} to {most} requests"


def how_to(variation_id: str) -> HowTo:
    """How a variation is done; the other way round it is the same change."""
    return HOW_TO[variation_id.removesuffix(REVERSED)]


def variation_title(variation_id: str) -> str:
    """What is varied."""
    other_way = ", the other way round" if variation_id.endswith(REVERSED) else ""
    return how_to(variation_id).title + other_way


def _key(start: Baseline) -> str:
    return " (with its key)" if start.has_key else " (without a key)"


def _asking(variations: Sequence[Variation]) -> list[str]:
    """The steps that vary one thing each."""
    steps = []
    for variation in variations:
        same = ", ".join(map(title, variation.same))
        kept = f" (keep the same: {same})." if same else "."
        steps.append(how_to(variation.id).step + kept)
    if len(steps) == 1:
        return [f"In the same reset window, {steps[0]} Ask once."]
    first = (
        "In the same reset window make one change at a time, the most telling first, and ask "
        "once each time; undo it before the next. Stop where you have to."
    )
    return [first, *(f"{step[0].upper()}{step[1:]}" for step in steps)]


def _command(variation: Variation, labels: dict[str, str], start: Baseline) -> str:
    """The command that repeats how the refusal was captured, with one thing changed."""
    how = how_to(variation.id)
    again = "" if "session" in variation.changes else "--continue "
    client = _program(start).format(again=again, model=how.model or labels["model"])
    route = "--route reverse " if start.instrument == INTERCEPTING else ""
    upstream = "--upstream SIMULATOR_URL " if start.simulated else ""
    options = how.options.format(**labels)
    return f"{PROGRAM} launch {options} {route}{upstream}--egress-probe -- {client}"


def _program(start: Baseline) -> str:
    return PROGRAMS.get(start.client.partition(" ")[0], "CLIENT")


def _to_fill_in(start: Baseline, labels: dict[str, str]) -> str:
    told = [FILL_IN[name].format(**labels)] if (name := _program(start)) in FILL_IN else []
    if start.simulated:
        told.append("SIMULATOR_URL stands for what 'pawwork-proxy simulate' prints.")
    return " ".join(["", *told])


def _of_steps(commands: Sequence[str], steps: Iterable[int]) -> tuple[str, ...]:
    """Each command once, with the steps that it is for as a shell's comment."""
    numbers: dict[str, list[str]] = {}
    for command, step in zip(commands, steps, strict=True):
        numbers.setdefault(command, []).append(str(step))
    return tuple(
        f"{command}  # step{'s' if len(found) > 1 else ''} {', '.join(found)}"
        for command, found in numbers.items()
    )


def _result(meaning: Meaning, variations: int) -> str:
    if not meaning.admitted:
        return "All are refused" if variations > 1 else "It is refused"
    return f"{variation_title(meaning.admitted) if variations > 1 else 'It'} is admitted"


def _meaning(meaning: Meaning) -> str:
    left = meaning.left
    if left is None:
        return "That rules out nothing by itself."
    if not left:
        return "Nothing known here would explain it: a rule or a route changed."
    more = f"; or {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    return f"Left: {'; or '.join(map(hypothesis_words, left[:MOST_NAMED]))}{more}."
