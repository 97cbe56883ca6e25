"""What the rules see of a response: whose words they are, and which of several count."""

from typing import Any

import pytest

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import (
    BodyShape,
    ErrorFact,
    ErrorPlace,
    Failure,
    Side,
    Signals,
    TransportFailure,
)
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.outcomes.rules import classify


def clues(*facts: dict[str, Any], **signals: Any) -> Clues:
    errors = tuple(ErrorFact.model_validate({"place": ErrorPlace.BODY, **fact}) for fact in facts)
    return Clues(Signals(errors=errors, **signals))


def test_messages_come_before_types_codes_brackets_and_statuses() -> None:
    fact = {
        "phrases": ("rate",), "type": "rate_limit_error", "code": "1302",
        "bracket": "rate_limit_exceeded", "google_status": "RESOURCE_EXHAUSTED",
    }  # fmt: skip
    found = clues(fact, {"type": "overloaded_error", "place": ErrorPlace.NESTED})
    places = [
        "body.message", "body.type", "body.code", "body.bracket", "body.status"
    ]  # fmt: skip
    assert found.places_of({Sense.RATE}) == places
    assert found.places_of({Sense.RATE, Sense.OVERLOAD}) == ["nested.type", *places]
    assert found.types == {Sense.RATE, Sense.OVERLOAD}


def test_asking_changes_nothing() -> None:
    asked, fresh = clues({"type": "api_error"}), clues({"type": "api_error"})
    assert asked.stated == {Sense.SERVER}
    assert asked == fresh


def test_a_failed_finish_names_its_sense_and_no_place() -> None:
    found = clues({"type": "api_error"}, failed_finish="engine_overloaded")
    assert found.named == {Sense.SERVER, Sense.OVERLOAD}
    assert found.places_of({Sense.OVERLOAD}) == []


@pytest.mark.parametrize(
    ("providers", "provider", "third_party"),
    [
        ((), None, False),
        (("Console", None), "Console", False),
        (("unnamed",), "unnamed", True),
        (("Console", "unnamed"), "unnamed", True),
        (("Nvidia", "Console"), "Nvidia", True),
        (("Nvidia", "Together"), "Together", True),
        (("Nvidia", "unnamed"), "Nvidia", True),
        (("Nvidia", "OpenCode"), "Nvidia", True),
        (("Zen",), "Zen", False),
    ],
)
def test_the_provider_is_the_innermost_third_party(
    providers: tuple[str | None, ...], provider: str | None, third_party: bool
) -> None:
    found = clues(*({"provider": name} for name in providers))
    assert (found.provider, found.third_party) == (provider, third_party)


@pytest.mark.parametrize(
    ("fact", "behind", "relayed"),
    [
        ({"provider": "Console"}, False, True),
        ({"provider": "Nvidia"}, True, True),
        ({"bracket": "other"}, True, True),
        ({"wrapper": "upstream_request"}, False, True),
        ({"wrapper": "upstream_request", "inner_status": 503}, True, True),
        ({"wrapper": "upstream_error"}, True, True),
        ({"inner_status": 503}, False, False),
        ({"code": "1302"}, True, False),
        ({"code": "minimax:2062"}, True, False),
        ({"code": "rate_limit_exceeded"}, False, False),
    ],
)
def test_who_is_quoted(fact: dict[str, Any], behind: bool, relayed: bool) -> None:
    assert (clues(fact).behind, clues(fact).relayed) == (behind, relayed)


@pytest.mark.parametrize(
    ("types", "error_type"),
    [
        ((), None),
        (("other", None), "other"),
        (("api_error", "overloaded_error"), "overloaded_error"),
        (("AI_APICallError", "overloaded_error"), "overloaded_error"),
        (("overloaded_error", "AI_APICallError"), "overloaded_error"),
        (("overloaded_error", "AI_RetryError", "APIError"), "overloaded_error"),
        (("APIError", "AI_APICallError"), "AI_APICallError"),
        (("AI_APICallError", "other"), "other"),
        (("CreditsError", "overloaded_error", "AI_APICallError"), "CreditsError"),
    ],
)
def test_a_clients_wrapper_is_no_type_of_the_servers(
    types: tuple[str | None, ...], error_type: str | None
) -> None:
    signals = clues(*({"type": word} for word in types)).signals
    assert classify(signals).error_type == error_type


@pytest.mark.parametrize("place", ErrorPlace)
def test_an_error_that_came_as_an_event_is_in_the_stream(place: ErrorPlace) -> None:
    outcome = classify(clues({"type": "api_error", "place": place}).signals)
    assert outcome.in_stream == (place in (ErrorPlace.STREAM_FIRST, ErrorPlace.STREAM_LATER))


def test_an_unknown_type_of_an_unlisted_kind_has_no_known_origin() -> None:
    assert classify(clues({"type": "error"}).signals).origin is Origin.ZEN
    assert classify(clues({"phrases": ("server",)}).signals).origin is Origin.UNKNOWN
    success = classify(clues(status=200, body=BodyShape.JSON).signals)
    assert (success.kind, success.origin) == (Kind.SUCCESS, Origin.ZEN)


def test_a_client_whose_answer_was_broken_off_here_saw_its_connection_reset() -> None:
    failed = TransportFailure(failure=Failure.TIMEOUT, side=Side.UPSTREAM, place="ending")
    assert clues().client_saw is None
    assert clues(transport=failed).client_saw is Failure.TIMEOUT
    assert clues(transport=failed, broken_off_here=True).client_saw is Failure.RESET
