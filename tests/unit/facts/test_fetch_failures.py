"""Codes of a failed fetch, as Node and Bun give them, name the ending."""

import pytest

from pawwork_proxy.facts.wordings import fetch_ending
from pawwork_proxy.model.signals import Ending


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("ECONNREFUSED", Ending.UPSTREAM_REFUSED),
        ("ConnectionRefused", Ending.UPSTREAM_REFUSED),
        ("ENOTFOUND", Ending.UPSTREAM_UNRESOLVABLE),
        ("EAI_AGAIN", Ending.UPSTREAM_UNRESOLVABLE),
        ("SELF_SIGNED_CERT_IN_CHAIN", Ending.UPSTREAM_TLS),
        ("CERT_HAS_EXPIRED", Ending.UPSTREAM_TLS),
        ("ERR_TLS_CERT_ALTNAME_INVALID", Ending.UPSTREAM_TLS),
        ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", Ending.UPSTREAM_TLS),
        ("ECONNRESET", Ending.UPSTREAM_RESET),
        ("UND_ERR_SOCKET", Ending.UPSTREAM_RESET),
        ("UND_ERR_HEADERS_TIMEOUT", Ending.TIMEOUT),
        ("HPE_INVALID_CONSTANT", Ending.UPSTREAM_PROTOCOL),
        ("", None),
        ("ECONNREFUSED and more", None),
        ("TypeError", None),
    ],
)
def test_a_code_names_the_ending(code: str, ending: Ending | None) -> None:
    assert fetch_ending(code) is ending
