"""The next experiment in words: title, steps, the commands to type, and what each result means.

Invariant: no step asks anybody to use up a quota, and every label is quoted for the shell.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from shlex import quote
from typing import NamedTuple

from pawwork_proxy.comparison.trials import BY_ID, Variation
from pawwork_proxy.facts.clients import RELEASES
from pawwork_proxy.model.evidence import EvidenceRow
from pawwork_proxy.model.experiment import Baseline, Experiment, Meaning
from pawwork_proxy.model.observation import INTERCEPTING
from pawwork_proxy.outcomes.client_behaviour import after_used_up_quota, of_client
from pawwork_proxy.report.answer_words import explanations, joined, one
from pawwork_proxy.report.language import ENGLISH, Language, paragraph
from pawwork_proxy.report.sentences import (
    COSTS,
    LACKING,
    SWEEPS,
    VARIATIONS,
    WITHOUT_EVIDENCE,
    WITHOUT_TRIAL,
    row_label,
)

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
_WRITING = re.compile(rf"(?<=^{PROGRAM} )(?:launch|run) ")
CAPTURES = "captures"
"""The folder that `launch` writes into where none is named."""
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
    """Each result that would say something, and what."""

    @property
    def reason(self) -> str:
        """Why, and what it costs."""
        return paragraph(filter(None, (self.why, self.cost)))


def instructions(experiment: Experiment, language: Language = ENGLISH) -> Instructions:
    """How to do an experiment, and what each result would mean."""
    if experiment.baseline is None:
        return _without_trial(experiment, language)
    start = experiment.baseline
    variations = [BY_ID[name] for name in experiment.variations]
    labels = labels_of(start)
    plain = _command(BY_ID["new_session"], labels, start)
    commands = [_command(variation, labels, start) for variation in variations]
    if variations[0].reverse:
        waiting = language.say(
            "Change this and go on as usual: {step}. "
            "Wait until that is refused in ordinary use; do not force it.",
            step=language.text(how_to(variations[0].id).step),
        )
        asking = [
            language.say(
                "In the same reset window ask once as {install} was before.",
                install=labels["install"],
            )
        ]
        commands, plain = [plain], commands[0]
        refused = language.text("the changed one")
    else:
        waiting = language.say(
            "Wait until {install} is refused in ordinary use; do not force it.",
            install=_with_key(start, labels, language),
        )
        asking = _asking(variations, language)
        refused = labels["install"]
    again = language.text(
        "Ask once more, captured with the egress probe, to have the refusal beside the trial."
    )
    steps = (
        waiting,
        paragraph(
            (again, language.text(COSTS["waits"]), *to_fill_in(start, labels, language)),
        ),
        *asking,
        language.say(COSTS["between"], install=refused),
        language.text("Compare all captures again."),
    )
    last = len(steps)
    asked = range(last - 1 - len(commands), last - 1)
    told = [plain, *commands, plain, f"{PROGRAM} compare captures/"]
    sweep = SWEEPS.get(experiment.id, "")
    return Instructions(
        title=language.say(
            "Try {what}", what=language.text(sweep) or variation_title(experiment.id, language)
        ),
        why=language.text(COSTS["confirms" if experiment.confirms else "separates"]),
        cost=language.say(
            COSTS["trial"],
            counting=_requests(experiment.requests, language),
            calls=refused_calls(start.client, language),
        ),
        steps=steps,
        commands=_of_steps(told, [2, *asked, last - 1, last], language),
        meanings=_confirmed(experiment, language)
        if experiment.confirms
        else tuple(
            (_result(meaning, len(variations), language), _left(meaning.left, language))
            for meaning in experiment.meanings
            if meaning.left is not None
        ),
    )


def labels_of(start: Baseline) -> dict[str, str]:
    """What a command says of who was refused, quoted for the shell."""
    return {
        "install": quote((start.install or "main").split(" ", maxsplit=1)[0]),
        "network": quote(start.network or "NETWORK"),
        "model": quote(start.model or "MODEL"),
    }


def launch_command(
    variation_id: str, start: Baseline, network: str = "", folder: str = CAPTURES
) -> str:
    """The command of one variation; elsewhere if another network or folder is named."""
    labels = labels_of(start) | ({"network": network} if network else {})
    return in_folder(_command(BY_ID[variation_id], labels, start), folder)


def in_folder(command: str, folder: str) -> str:
    """A command of ours, so that it writes into this folder, or compares what is there."""
    if folder == CAPTURES:
        return command
    command = command.replace(f" compare {CAPTURES}/", f" compare {quote(folder)}")
    return _WRITING.sub(lambda found: f"{found[0]}--captures {quote(folder)} ", command)


def _without_trial(experiment: Experiment, language: Language) -> Instructions:
    """An advice that starts from no refusal."""
    told = (WITHOUT_EVIDENCE | WITHOUT_TRIAL)[experiment.id]
    rows = {
        "rows": joined(map(row_label, experiment.repeats), language),
        "how": language.text("; ").join(_as_in(row, language) for row in experiment.repeats),
    }
    why = [language.say(told["why"], **rows)]
    if experiment.lacking:
        lacking = (language.text(LACKING[name]) for name in experiment.lacking)
        why.append(language.say(told["more"], lacking=language.text(", or ").join(lacking)))
    if experiment.unrefused:
        what = (language.text(how_to(name).title) for name in experiment.unrefused)
        why.append(language.say(told["unrefused"], what=joined(what, language)))
    return Instructions(
        title=language.text(told["title"]),
        why=paragraph(why),
        cost=language.say(
            "It costs {requests} beyond ordinary use.",
            requests=_requests(experiment.requests, language),
        )
        if experiment.requests
        else "",
        steps=tuple(language.say(step, **rows) for step in told["steps"]),
        commands=tuple(told["commands"]),
        meanings=tuple(
            (language.text(result), language.text(words)) for result, words in told["meanings"]
        ),
    )


def _requests(number: int, language: Language) -> str:
    return language.count("{number} request", "{number} requests", number)


def _as_in(row: EvidenceRow, language: Language) -> str:
    """Who asked what, and where, in a row."""
    known = (("install", row.install), ("network", row.network), ("model", row.model))
    told = [f"{one(name, language)} {value}" for name, value in known if value]
    return joined(told, language) or language.text("as it was captured")


def _confirmed(experiment: Experiment, language: Language) -> tuple[tuple[str, str], ...]:
    assert experiment.confirms is not None
    return (
        (
            language.text("It is admitted, and the first refused again"),
            language.say("The limit follows the {name}.", name=one(experiment.confirms, language)),
        ),
        (
            language.text("Anything else"),
            language.text("Something that is not recorded changed the first time."),
        ),
    )


def refused_calls(client: str, language: Language) -> str:
    """How many requests a conversation sends that the free quota refuses, by the client's name."""
    program = client.partition(" ")[0]
    every = after_used_up_quota(LONG_S)
    eras = [era for era, release in RELEASES.items() if release.program == program]
    own = list(of_client(every, eras).values()) or every
    sent = {(one.main_calls or 1) + (one.title_calls or 0) for one in own}
    least, most = min(sent), max(sent)
    if least == most:
        return _requests(most, language)
    return language.say("{least} to {most} requests", least=least, most=most)


def how_to(variation_id: str) -> HowTo:
    """How a variation is done; the other way round it is the same change."""
    return HOW_TO[variation_id.removesuffix(REVERSED)]


def variation_title(variation_id: str, language: Language) -> str:
    """What is varied."""
    what = language.text(how_to(variation_id).title)
    if variation_id.endswith(REVERSED):
        return language.say("{what}, until that is refused", what=what)
    return what


def _with_key(start: Baseline, labels: dict[str, str], language: Language) -> str:
    install = labels["install"]
    if start.has_key:
        return language.say("{install} (with its key)", install=install)
    return language.say("{install} (without a key)", install=install)


def _asking(variations: Sequence[Variation], language: Language) -> list[str]:
    """The steps that vary one thing each."""
    steps = []
    for variation in variations:
        step = language.text(how_to(variation.id).step)
        same = joined((one(name, language) for name in variation.same), language)
        kept = language.say("{step} (keep the same: {same})", step=step, same=same)
        steps.append(language.say("{words}.", words=kept if same else step))
    if len(steps) == 1:
        return [language.say("In the same reset window, {step} Ask once.", step=steps[0])]
    first = language.text(
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


def to_fill_in(start: Baseline, labels: dict[str, str], language: Language) -> Iterator[str]:
    """What a command leaves to the user, if anything."""
    if (name := _program(start)) in FILL_IN:
        yield language.say(FILL_IN[name], **labels)
    if start.simulated:
        yield language.text("SIMULATOR_URL stands for what 'pawwork-proxy simulate' prints.")


def _of_steps(commands: Sequence[str], steps: Iterable[int], language: Language) -> tuple[str, ...]:
    """Each command once, with the steps that it is for as a shell's comment."""
    numbers: dict[str, list[str]] = {}
    for command, step in zip(commands, steps, strict=True):
        numbers.setdefault(command, []).append(str(step))
    return tuple(
        f"{command}  # "
        + language.count("step {steps}", "steps {steps}", len(found), steps=joined(found, language))
        for command, found in numbers.items()
    )


def _result(meaning: Meaning, variations: int, language: Language) -> str:
    if variations == 1:
        if meaning.admitted:
            return language.text("It is admitted")
        return language.text("It is refused")
    if not meaning.admitted:
        return language.text("All are refused")
    return language.say("{what} is admitted", what=variation_title(meaning.admitted, language))


def _left(left: Sequence[Sequence[str]], language: Language) -> str:
    if not left:
        return language.text("Nothing known here would explain it: a rule or a route changed.")
    if () in left:
        return language.text("Still possible then: anything up to one quota for all users.")
    return language.say("Still possible then: {said}.", said=explanations(left, language))
