"""Waits for one message of a client, and watches meanwhile whether it goes around the proxy."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pawwork_proxy.diagnosis.captured import Message, heard_in
from pawwork_proxy.diagnosis.look import clients_seen
from pawwork_proxy.diagnosis.situation import Run, Situation
from pawwork_proxy.environment.private_files import private_place

LOOK_AGAIN_S = 0.5


def wait_for_message(
    situation: Situation,
    pids: Sequence[int],
    seconds: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[Situation, Message | None]:
    """What is known once a message has come, went around us, was turned down, or did not come.

    A message that came after `situation` was looked at has come, however soon it was.
    """
    sizes = {run.capture: -1 for run in situation.runs}
    deadline = monotonic() + seconds
    while True:
        for run in situation.runs:
            size = _size(Path(run.capture))
            if size == sizes[run.capture]:
                continue  # to read a long capture takes seconds
            sizes[run.capture] = size
            heard = heard_in(Path(run.capture))
            if heard.asked_at not in (None, run.heard_at):
                return _with(situation, replace(run, heard_at=heard.asked_at)), heard.last
            if heard.turned_down_at not in (None, run.turned_down_at):
                return _with(situation, replace(run, turned_down_at=heard.turned_down_at)), None
        clients = clients_seen(private_place(), pids)
        if any(client.direct for client in clients):
            return replace(situation, clients=clients), None
        if monotonic() >= deadline:
            return replace(situation, clients=clients, waited_s=seconds), None
        sleep(LOOK_AGAIN_S)


def _size(capture: Path) -> int:
    try:
        return capture.stat().st_size
    except OSError:  # somebody has removed it; the proxy will put it back
        return 0


def _with(situation: Situation, changed: Run) -> Situation:
    runs = (changed if run.capture == changed.capture else run for run in situation.runs)
    return replace(situation, runs=tuple(runs))
