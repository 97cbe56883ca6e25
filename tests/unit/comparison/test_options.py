"""Which product options the verdicts leave open."""

from typing import get_args

import pytest

from pawwork_proxy.comparison.options import OPTION_RULES, assumptions, options
from pawwork_proxy.model.verdict import Finding, ProductOption
from tests.unit.comparison.builders import limit


def test_every_option_has_rules() -> None:
    assert {rule.option for rule in OPTION_RULES} == set(get_args(ProductOption))


def test_assumptions_are_those_of_the_verdicts_and_only_the_users_word_is_checked() -> None:
    found = limit()
    verdict = found.verdicts[0].model_copy(update={"assumptions": ("alone", "uniform")})
    used = assumptions([found.model_copy(update={"verdicts": (verdict,)})])
    assert [(one.id, one.checked) for one in used] == [("uniform", False), ("alone", True)]


NOT_THEIRS: dict[str, Finding] = {
    "key": "does_not_follow",
    "install": "does_not_follow",
    "session": "does_not_follow",
}


@pytest.mark.parametrize(
    ("found", "option", "is_open"),
    [
        ({"key": "follows"}, "user_keys", True),
        ({"key": "does_not_follow"}, "user_keys", False),
        ({"address": "follows", **NOT_THEIRS}, "own_relay", False),
        ({"address": "follows", **NOT_THEIRS, "session": "follows"}, "own_relay", None),
        ({"network": "does_not_follow"}, "own_relay", True),
        ({"install": "follows"}, "no_free_default", False),
        ({**NOT_THEIRS, "request": "does_not_follow"}, "no_free_default", True),
        ({**NOT_THEIRS, "request": "follows"}, "no_free_default", False),
        ({**NOT_THEIRS, "device": "follows"}, "no_free_default", False),
        ({"install": "does_not_follow", "session": "follows"}, "no_free_default", False),
        ({"install": "does_not_follow"}, "no_free_default", None),
    ],
)
def test_options(found: dict[str, Finding], option: str, is_open: bool | None) -> None:
    answered = {str(one.option): one for one in options([limit(**found)])}
    assert answered[option].open is is_open
    assert (answered[option].because_of is None) == (is_open is None)
