"""Support sees which program asked, with its version."""

import pytest

from pawwork_proxy.model.context import ClientProcess, Runtime
from pawwork_proxy.model.view import view_of
from pawwork_proxy.report.programs import Programs, program_of
from tests.unit.builders import exchange

OPENCODE = ClientProcess(name="opencode", version="1.18.33")


@pytest.mark.parametrize(
    ("process", "words"),
    [
        (None, "-"),
        (ClientProcess(name="curl"), "curl"),
        (OPENCODE, "opencode 1.18.33"),
        (
            OPENCODE.model_copy(update={"runtime": Runtime(name="bun", version="1.2.21")}),
            "opencode 1.18.33 on bun 1.2.21",
        ),
    ],
)
def test_a_program_is_named_with_what_is_known(process: ClientProcess | None, words: str) -> None:
    assert program_of(process) == words


def test_programs_are_counted_for_each_install_from_views_of_records() -> None:
    programs = Programs()
    for seq, client in enumerate((OPENCODE, OPENCODE, ClientProcess(name="curl"), None), start=1):
        plain = exchange(seq)
        context = plain.context.model_copy(update={"client": client})
        programs.add(view_of(plain.model_copy(update={"context": context})))
    assert list(programs.lines()) == ["main is opencode 1.18.33 (2 requests)"]
