import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.facts import fields, server
from pawwork_proxy.facts.fields import TYPE_FORMS
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.values import FORMS, FormRow, form_of, identify

PSEUDONYMS = Pseudonymiser(b"v" * 32)


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.id)
def test_each_form_is_the_first_to_take_its_example(row: FormRow) -> None:
    assert form_of(row.example) is row


def test_forms_are_unique_and_the_last_takes_everything() -> None:
    assert len({row.id for row in FORMS}) == len(FORMS)
    assert form_of("x" * 10_000) is FORMS[-1]


def test_every_form_is_on_the_list_that_all_share() -> None:
    ours = {row.id for row in FORMS} | {"address", "empty", "object", "global", "public"}
    assert ours | set(TYPE_FORMS.values()) == fields.FORMS


@given(st.text(), st.sampled_from(Namespace))
def test_every_value_has_a_form_and_a_pseudonym(value: str, kind: Namespace) -> None:
    pseudonym, form = identify(value, kind, PSEUDONYMS)
    assert PSEUDONYMS.made(pseudonym)
    assert form


def test_an_id_is_the_same_wherever_it_stands() -> None:
    session = "ses_" + "0a" * 13
    assert identify(session, Namespace.VALUE, PSEUDONYMS) == identify(
        session, Namespace.USER, PSEUDONYMS
    )
    assert (
        identify("2001:db8::1", Namespace.VALUE, PSEUDONYMS)[0]
        == PSEUDONYMS.address("2001:DB8::0:1").address
    )


@pytest.mark.parametrize("row", server.ROUTES, ids=lambda row: row.example)
def test_each_route_matches_its_example(row: server.KnownPath) -> None:
    assert row.pattern.fullmatch(row.example)
