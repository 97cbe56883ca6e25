"""Which product options the verdicts leave open."""

from typing import Any, get_args

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.options import OPTION_RULES, assumptions, options
from pawwork_proxy.model.verdict import Finding, ProductOption
from tests.unit.comparison.builders import Diary, limit


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
        ({"key": "does_not_follow", "workspace": "follows"}, "user_keys", True),
        ({"address": "follows", **NOT_THEIRS, "workspace": "follows"}, "own_relay", None),
        ({"address": "follows", **NOT_THEIRS}, "own_relay", False),
        ({"network": "follows", **NOT_THEIRS}, "own_relay", False),
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


OTHERS: dict[str, Any] = {"key": "key:b", "auth_kind": "user_key", "workspace": "wrk:b"}


def of_keys(second: dict[str, Any], changed: dict[str, Any], days: int = 2) -> bool | None:
    """Whether users' own keys are an option, where a key refused stands beside these two."""
    first = {"key": "key:a", "auth_kind": "user_key", "workspace": "wrk:a"}
    diary = Diary()
    for day in range(days):
        diary.later(days=day).admitted(8, **first).refused(**first).refused(**first | second)
        diary.admitted(**first | changed).refused(**first)
    return {one.option: one.open for one in compare(diary.seen, plan=False).options}["user_keys"]


def test_users_own_keys_isolate_whether_the_key_or_its_workspace_is_counted() -> None:
    assert of_keys({}, OTHERS) is True
    assert of_keys({"key": "key:a2"}, OTHERS) is True
    assert of_keys({}, OTHERS, days=1) is None


def test_keys_of_one_workspace_do_not_tell_what_keys_of_other_accounts_would_do() -> None:
    assert of_keys({"key": "key:a2"}, {"address": "ip:b", "prefix": "ip:b"}) is None
