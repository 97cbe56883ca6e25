import os
from pathlib import Path

import pytest

from pawwork_proxy.environment import studies
from pawwork_proxy.environment.private_files import remove_private
from pawwork_proxy.environment.studies import (
    create_study,
    current_key,
    join_study,
    leave_study,
    list_studies,
)
from pawwork_proxy.errors import ConfigurationError, StudyError
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


def test_without_a_study_each_user_has_an_own_lasting_key(here: Path, there: Path) -> None:
    assert current_key(here) == current_key(here) != current_key(there)
    assert len(current_key(here)) == 32


def test_machines_of_a_study_share_pseudonyms_and_others_do_not(here: Path, there: Path) -> None:
    joined = join_study(there, create_study(here, "august"))
    one, two = Pseudonymiser(current_key(here)), Pseudonymiser(current_key(there))
    assert joined == ("august", one.study_id, True)
    assert one.of(Namespace.KEY, "k") == two.of(Namespace.KEY, "k")
    create_study(there, "september")
    assert Pseudonymiser(current_key(there)).study_id != one.study_id


def test_list_marks_the_current_study(here: Path) -> None:
    assert list_studies(here) == ()
    first = create_study(here, "one")
    create_study(here, "two")
    assert [(study.name, study.current) for study in list_studies(here)] == [
        ("one", False),
        ("two", True),
    ]
    join_study(here, first)
    assert [study.current for study in list_studies(here)] == [True, False]


def test_leaving_removes_the_key_and_returns_to_the_own_one(here: Path) -> None:
    own = current_key(here)
    token = create_study(here, "one")
    assert leave_study(here) == "one"
    assert current_key(here) == own
    assert list_studies(here) == ()
    join_study(here, token)
    create_study(here, "two")
    assert leave_study(here, "one") == "one"
    assert [study.name for study in list_studies(here)] == ["two"]


def test_leaving_what_is_not_there(here: Path) -> None:
    with pytest.raises(StudyError):
        leave_study(here)
    with pytest.raises(StudyError):
        leave_study(here, "unknown")


def test_names_are_not_taken_twice(here: Path, there: Path) -> None:
    create_study(here, "one")
    with pytest.raises(StudyError):
        create_study(here, "one")
    with pytest.raises(StudyError):
        join_study(here, create_study(there, "one"))


@pytest.mark.parametrize("name", ["", "../x", "A", "two words", "x" * 40, "a/b"])
def test_odd_names_are_refused(here: Path, name: str) -> None:
    with pytest.raises(StudyError):
        create_study(here, name)


def test_damaged_tokens_are_refused_without_being_quoted(here: Path, there: Path) -> None:
    token = create_study(here, "one")
    start, name, key, check = token.split(":")
    swapped = key[:-3] + ("abc" if key[-3:] != "abc" else "xyz")
    for damaged in (
        "", token[:-1], token + ":x", f"{start}:{name}:{swapped}:{check}",
        f"{start}:two:{key}:{check}", f"{start}:{name}:é!:{check}", f"{start}:../x:{key}:{check}",
    ):  # fmt: skip
        with pytest.raises(StudyError) as caught:
            join_study(there, damaged)
        assert key not in caught.value.message + caught.value.hint
    assert list_studies(there) == ()


def test_a_lost_key_is_an_error_not_another_key(here: Path) -> None:
    create_study(here, "one")
    (here / "studies" / "one.key").write_bytes(b"short")
    with pytest.raises(StudyError):
        current_key(here)
    (here / "study").write_bytes(b"../../x")
    with pytest.raises(StudyError):
        current_key(here)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_keys_are_private(here: Path) -> None:
    create_study(here, "one")
    for path in (here, here / "studies"):
        assert path.stat().st_mode & 0o777 == 0o700
    assert (here / "studies" / "one.key").stat().st_mode & 0o777 == 0o600


def test_leaving_takes_no_study_away_that_was_joined_meanwhile(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_study(here, "old")
    check = studies._check_name

    def join_meanwhile(name: str) -> None:
        check(name)
        monkeypatch.setattr(studies, "_check_name", check)
        create_study(here, "new")

    monkeypatch.setattr(studies, "_check_name", join_meanwhile)
    assert leave_study(here) == "old"
    assert [(one.name, one.current) for one in list_studies(here)] == [("new", True)]
    leave_study(here)
    remove_private(here / "study", b"new")  # what is gone already is no trouble
    assert not list(here.glob(".study*"))


def test_a_note_that_cannot_be_removed_is_an_error_with_a_hint(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_study(here, "old")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ConfigurationError, match="cannot use the private file"):
        leave_study(here)
