"""The inventory: sent or not, how constant, and whether an install is told by it."""

from typing import Any

import pytest

from pawwork_proxy.facts.fields import KNOWN, role_of
from pawwork_proxy.facts.table import read
from pawwork_proxy.inventory.conclusion import scope_words
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.context import Egress, ExchangeContext
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.inventory import FieldFinding, Inventory
from pawwork_proxy.model.request import (
    AuthFacts,
    HeaderNote,
    IdentityField,
    RequestBody,
    RequestFacts,
)
from tests.unit.builders import NOON, exchange, header


def pseudonym(kind: str, word: str) -> str:
    return f"{kind}:{word.encode().hex():0<24}"[: len(kind) + 25]


def sent(
    install: str = "a",
    conversation: str | None = "1",
    action: str | None = "1",
    *,
    extra: dict[str, str] | None = None,
    device: str = "d",
    network: str = "home",
    body: RequestBody | None = None,
    auth: AuthFacts | None = None,
    **changes: Any,
) -> Exchange:
    """A request of an install's conversation; `extra`: unknown headers, pseudonymised here."""
    session = conversation and pseudonym("session", f"{install}{conversation}")
    request = action and pseudonym("request", f"{install}{conversation}{action}")
    notes = [
        HeaderNote(name=name, pseudonym=value, shape=shape, rule="id")
        for name, value, shape in (
            ("x-opencode-session", session, "ses_id"),
            ("x-opencode-request", request, "msg_id"),
        )
        if value
    ]
    notes += [
        HeaderNote(name=name, pseudonym=pseudonym("val", value), shape="uuid", rule="id:val")
        for name, value in (extra or {}).items()
    ]
    return exchange(
        context=ExchangeContext(
            install=install,
            install_id=pseudonym("install", device + install),
            device=pseudonym("device", device),
            network=network,
            route="reverse",
            **changes,
        ),
        request=RequestFacts(
            method="POST",
            path="/zen/v1/chat/completions",
            tier="zen",
            protocol="chat",
            http_version="HTTP/1.1",
            session=session,
            request=request,
            headers=tuple(notes),
            body=body or RequestBody(state="json"),
        ),
        auth=auth or AuthFacts(header="authorization", kind="public", count=1),
    )


def taken(*exchanges: Exchange, **changes: Any) -> Inventory:
    numbered = [one.model_copy(update={"seq": seq}) for seq, one in enumerate(exchanges, 1)]
    return take_inventory([(header(**changes), numbered)])


def field(inventory: Inventory, field_id: str) -> FieldFinding:
    return next(one for one in inventory.fields if one.id == field_id)


ROUNDS = [("1", "1"), ("1", "1"), ("1", "2"), ("2", "3")]
"""Two conversations; the first has two user actions, its first one two requests."""


def study(**of_install: dict[str, str]) -> list[Exchange]:
    """Every install's four requests, each with its unknown headers."""
    return [
        sent(install, conversation, action, extra=extra)
        for install, extra in of_install.items()
        for conversation, action in ROUNDS
    ]


def test_two_installs_alike_send_no_identity() -> None:
    found = taken(*study(a={}, b={}))
    assert found.device_or_install == "not_sent"
    assert found.answer[0].startswith("No device or install identity is sent")
    assert found.answer[1] == (
        "The installs a and b differ only in: x-opencode-session (per conversation), "
        "x-opencode-request (per user action)."
    )


def test_a_value_of_its_own_per_install_is_an_identity() -> None:
    found = taken(*study(a={"x-thing": "one"}, b={"x-thing": "two"}))
    assert found.device_or_install == "sent"
    assert found.suspects == ("header:x-thing",)
    assert scope_words(field(found, "header:x-thing")) == "per install"
    assert "x-thing (per install)" in found.answer[1]


def test_the_same_value_from_devices_and_installs_alike_is_none() -> None:
    everybody = [
        sent(install, conversation, action, extra={"x-thing": "one"}, device=device)
        for device in ("d", "e")
        for install in ("a", "b")
        for conversation, action in ROUNDS
    ]
    found = taken(*everybody)
    assert found.device_or_install == "not_sent"
    assert scope_words(field(found, "header:x-thing")) == "the same on every install"
    assert found.installs == ("a", "b", "a (2)", "b (2)")


def test_one_value_on_one_device_may_be_the_device() -> None:
    found = taken(*study(a={"x-thing": "one"}, b={"x-thing": "one"}))
    assert found.device_or_install == "undecided"
    assert found.suspects == ("header:x-thing",)


def test_a_value_that_follows_the_device_is_an_identity() -> None:
    found = taken(
        *(
            sent(install, conversation, extra={"x-thing": device}, device=device)
            for device in ("d", "e")
            for install in ("a", "b")
            for conversation in ("1", "2")
        )
    )
    assert found.device_or_install == "sent"
    assert field(found, "header:x-thing").scope == "device"


def test_a_value_that_returns_in_another_conversation_links_them() -> None:
    """Changing now and then does not make an identity harmless."""
    found = taken(
        sent("a", "1", extra={"x-thing": "one"}),
        sent("a", "2", extra={"x-thing": "one"}),
        sent("a", "2", extra={"x-thing": "two"}),
        sent("b", "3", extra={"x-thing": "three"}),
    )
    assert field(found, "header:x-thing").links_conversations
    assert found.device_or_install == "sent"


def test_one_install_decides_nothing_for_a_constant_value() -> None:
    found = taken(*study(a={"x-thing": "one"}))
    assert found.device_or_install == "undecided"
    assert scope_words(field(found, "header:x-thing")) == "constant (one install seen)"
    assert any("second one" in words for words in found.answer)


def test_one_conversation_each_cannot_tell_install_from_conversation() -> None:
    found = taken(sent("a"), sent("a"), sent("b"), sent("b"))
    session = field(found, "header:x-opencode-session")
    assert scope_words(session) == "per install or per conversation or per user action"
    assert found.device_or_install == "undecided"


def test_a_name_for_a_device_is_enough() -> None:
    found = taken(*study(a={"x-machine-id": "one"}, b={}))
    assert found.device_or_install == "sent"
    assert "x-machine-id is sent by a only." in found.answer


def test_an_unknown_body_field_keeps_the_question_open() -> None:
    body = RequestBody(state="json", fields=("model", "word:" + "7" * 24))
    found = taken(*study(a={}, b={}), sent("a", body=body))
    assert found.device_or_install == "undecided"
    assert field(found, found.suspects[0]).shapes == ("not kept",)


@pytest.mark.parametrize(
    ("path", "verdict"), [("metadata.device_id", "sent"), ("prompt_cache_key", "not_sent")]
)
def test_body_identity_fields_are_listed(path: str, verdict: str) -> None:
    def one(install: str, conversation: str) -> Exchange:
        own = pseudonym("session", install + conversation)
        identity = (IdentityField(path=path, pseudonym=own, shape="ses_id"),)
        return sent(install, conversation, body=RequestBody(state="json", identity=identity))

    found = taken(*(one(install, number) for install in "ab" for number in "1234"))
    assert field(found, f"body:{path}").requests == 8
    assert found.device_or_install == verdict
    absent = {one.id for one in found.fields if not one.requests}
    assert ("body:metadata" in absent) == (path == "prompt_cache_key")
    assert "body:user" in absent


def test_an_unread_body_or_cut_headers_are_said() -> None:
    found = taken(*study(a={}, b={}), sent("a", body=RequestBody(state="too_large")))
    assert found.device_or_install == "undecided"
    assert any("could not be read" in note for note in found.notes)


def test_what_nobody_could_look_for_is_counted_and_not_denied() -> None:
    own = IdentityField(path="user", pseudonym=pseudonym("val", "one"), shape="uuid")
    found = taken(
        sent("a", body=RequestBody(state="json", identity=(own,))),
        sent("a"),
        sent("b", body=RequestBody(state="undecodable")),
        sent("b", body=RequestBody(state="not_observed")),
    )
    user = field(found, "body:user")
    assert (user.requests, user.unseen) == (1, 2)
    assert "user was seen in requests of a only." in found.answer
    assert field(found, "body:metadata").unseen == 2
    assert field(found, "header:x-opencode-session").unseen == 0
    assert field(found, "address:egress address").unseen == 4


def test_a_key_of_ones_own_is_a_difference_and_no_install_identity() -> None:
    key = AuthFacts(header="authorization", kind="user_key", pseudonym="key:" + "1" * 24, count=1)
    found = taken(
        *(sent("a", conversation, auth=key) for conversation in "12"),
        *(sent("b", conversation) for conversation in "12"),
    )
    assert found.device_or_install == "not_sent"
    assert "API key (per install)" in found.answer[1]


def test_the_address_follows_the_network() -> None:
    def one(install: str, network: str, conversation: str) -> Exchange:
        egress = Egress(
            observed_at=NOON, address=pseudonym("ip", network), family="ipv4", country="XX"
        )
        return sent(install, conversation, network=network, egress=egress)

    found = taken(
        *(
            one(install, network, f"{network}{number}")
            for install, network in (("a", "home"), ("b", "home"), ("c", "office"))
            for number in "12"
        )
    )
    assert scope_words(field(found, "address:egress address")) == "per network"
    assert not any("--egress-probe" in note for note in found.notes)
    assert any("--egress-probe" in note for note in taken(sent()).notes)


def test_an_address_that_was_looked_up_for_one_install_is_not_said_to_be_sent() -> None:
    egress = Egress(observed_at=NOON, address=pseudonym("ip", "home"), family="ipv4", country="XX")
    found = taken(
        *(sent("a", one, egress=egress) for one in "12"), *(sent("b", one) for one in "12")
    )
    assert "egress address was looked up for a only." in found.answer
    assert not any("address is sent" in words for words in found.answer)


def test_pseudonyms_of_two_studies_are_never_compared() -> None:
    """The same header under two keys has two pseudonyms: no difference, and no identity."""
    first, second = study(a={"x-thing": "one"}), study(b={"x-thing": "two"})
    other: Header = header(study_id="study:" + "9" * 24)
    found = take_inventory([(header(), first), (other, second)])
    assert not field(found, "header:x-thing").differs
    assert found.device_or_install == "undecided"
    assert any("2 studies" in note for note in found.notes)


def test_simulated_captures_among_real_ones_are_said() -> None:
    found = take_inventory([(header(), study(a={})), (header(simulated=True), study(b={}))])
    assert found.simulated
    assert any("among real ones" in note for note in found.notes)


def test_nothing_recorded_says_nothing() -> None:
    found = taken()
    assert found.device_or_install == "undecided"
    assert "nothing can be said" in found.answer[0]


def test_the_table_has_unique_rows_and_named_sources() -> None:
    ids = [row.id for row in KNOWN]
    assert len(ids) == len(set(ids))
    for row in KNOWN:
        assert set(row.sources) <= set(read("sources")["source"]), row.id
        assert row.server is None or row.sources, row.id


@pytest.mark.parametrize(
    ("layer", "name", "role"),
    [
        ("header", "x-device-token", "device_or_install"),
        ("body", "metadata.user_id", "person"),
        ("header", "header:000000000000000000000000", "unknown"),
        ("header", "user-agent", "software"),
    ],
)
def test_roles_come_from_rows_or_words(layer: Any, name: str, role: str) -> None:
    assert role_of(layer, name) == role
