"""The next experiment in words: title, steps, the commands to type, and what each result means.

Invariant: no step asks anybody to use up a quota, and every label is quoted for the shell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote
from typing import NamedTuple

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.comparison.trials import BY_ID, Variation
from pawwork_proxy.model.verdict import Baseline, Experiment, Meaning
from pawwork_proxy.report.reasoning import hypothesis_words

PROGRAM = "pawwork-proxy"
REVERSED = "_reversed"
SAME = "--install {install} --network {network}"
"""Options of `launch` that repeat what was refused."""
MOST_NAMED = 4


class HowTo(NamedTuple):
    """How a person carries a variation out."""

    title: str
    step: str
    options: str = SAME
    model: str = ""
    """Placeholder for the model to ask; empty: the refused one."""


HOW_TO: dict[str, HowTo] = {
    "new_prompt": HowTo(
        "a new prompt in the refused conversation",
        "send another prompt in the same conversation",
    ),
    "new_session": HowTo(
        "a new conversation in the refused install",
        "start a new conversation in the same folder",
    ),
    "new_project": HowTo(
        "another project folder in the refused install",
        "start a conversation in a git repository of another origin",
    ),
    "other_install": HowTo(
        "another install on the same device and network",
        "ask with an install on the same machine and network that has not asked yet",
        "--install other --home NEW_FOLDER --network {network}",
    ),
    "other_device": HowTo(
        "another device on the same network",
        "ask with an install that has not asked yet, on another machine behind the same address",
        "--install other --network {network}",
    ),
    "other_network": HowTo(
        "the refused install on another network",
        "join another network (a phone's hotspot) and go on in the same conversation",
        "--install {install} --network OTHER_NETWORK",
    ),
    "other_family": HowTo(
        "the refused install over the other address family",
        "switch IPv6 off (or on) on this machine and go on in the same conversation",
    ),
    "other_address_same_prefix": HowTo(
        "another IPv6 address of the same prefix",
        "let the machine take another temporary IPv6 address and go on in the same conversation",
    ),
    "other_key_kind": HowTo(
        "with a saved key, or without it",
        "save a key (or remove it) and go on in the same conversation",
    ),
    "other_key": HowTo(
        "another key of another workspace",
        "save the key of another workspace and go on in the same conversation",
    ),
    "other_key_same_workspace": HowTo(
        "another key of the same workspace",
        "save another key of the same workspace and go on in the same conversation",
    ),
    "other_model_same_group": HowTo(
        "another free model that begins with the same two letters",
        "choose another free model whose id begins with the same two letters",
        model="SAME_LETTERS_MODEL",
    ),
    "other_model": HowTo(
        "another free model with other first letters",
        "choose another free model whose id begins with other letters",
        model="OTHER_LETTERS_MODEL",
    ),
    "other_client": HowTo(
        "another client version or build",
        "run another version of the client and go on in the same conversation",
    ),
    "other_region": HowTo(
        "the same address over another edge location",
        "wait until `show` names another edge location, which happens by itself if at all",
    ),
}
"""By the id of a variation; of one that is reversed, the same."""

SWEEPS: dict[str, str] = {
    "sweep_here": "what can be changed on this machine",
    "sweep_places": "other networks and devices",
    "sweep_all": "everything that can be changed, one thing at a time",
}


class Instructions(NamedTuple):
    """An experiment in words."""

    title: str
    why: str
    steps: tuple[str, ...]
    commands: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]
    """Each result, and what it would say."""


WAIT_FOR_REFUSAL = Instructions(
    title="Go on capturing until somebody is refused",
    why="Without a refusal nothing can be compared.",
    steps=(
        "Capture two or more installs in ordinary use, with the egress probe; do not force it.",
        "When one is refused, ask once with each of the others before the next reset.",
        "Compare all captures.",
    ),
    commands=(
        f"{PROGRAM} run --install one --install two --network NETWORK --egress-probe",
        f"{PROGRAM} compare captures/",
    ),
    meanings=(
        ("admitted", "That install draws on another pool."),
        ("refused", "Both draw on one pool, or on two that are used up."),
    ),
)


def instructions(experiment: Experiment) -> Instructions:
    """How to do an experiment, and what each result would mean."""
    if experiment.baseline is None:
        return WAIT_FOR_REFUSAL
    start = experiment.baseline
    variations = [BY_ID[name] for name in experiment.variations]
    labels = {
        "install": quote((start.install or "main").split(" ", maxsplit=1)[0]),
        "network": quote(start.network or "NETWORK"),
        "model": quote(start.model or "MODEL"),
    }
    plain = _command(BY_ID["new_session"], labels)
    commands = [_command(variation, labels) for variation in variations]
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
    steps = (
        waiting,
        "Ask once more, captured with the egress probe, to have the refusal beside the trial; "
        "a refused request is not counted.",
        *asking,
        "Compare all captures again.",
    )
    last = len(steps)
    numbers = [2, *range(last - len(commands), last + 1)]
    return Instructions(
        title=f"Try {SWEEPS.get(experiment.id) or variation_title(experiment.id)}",
        why="Of all trials it separates most of the explanations that are still possible.",
        steps=steps,
        commands=_of_steps([plain, *commands, f"{PROGRAM} compare captures/"], numbers),
        meanings=tuple(
            (_result(meaning, len(variations)), _meaning(meaning))
            for meaning in experiment.meanings
        ),
    )


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


def _command(variation: Variation, labels: dict[str, str]) -> str:
    how = how_to(variation.id)
    again = "" if "session" in variation.changes else "--continue "
    return (
        f"{PROGRAM} launch {how.options.format(**labels)} --egress-probe "
        f'-- opencode run {again}-m opencode/{how.model or labels["model"]} "Say hello."'
    )


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
