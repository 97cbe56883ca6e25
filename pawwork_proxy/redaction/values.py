"""What a pseudonymised value looked like: a closed list of forms, told without its characters.

The form also decides the namespace where it is telling: a session id is one wherever it
stands, so that `prompt_cache_key` and `x-opencode-session` can be seen to be equal.
"""

import re
from typing import NamedTuple

from pawwork_proxy.facts.identifiers import OPENCODE_KEY, Namespace
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser, is_address


class FormRow(NamedTuple):
    """A form of value; `namespace` is set where the form alone tells what it identifies."""

    id: str
    pattern: re.Pattern[str]
    namespace: Namespace | None
    example: str


def _row(form: str, pattern: str, namespace: Namespace | None, example: str) -> FormRow:
    return FormRow(form, re.compile(pattern), namespace, example)


FORMS: tuple[FormRow, ...] = (
    _row("ses_id", r"ses_[0-9a-f]{12}[0-9A-Za-z]{14}", Namespace.SESSION, "ses_" + "0a" * 13),
    _row("ses_hex", r"ses_[0-9A-Za-z]{4,64}", Namespace.SESSION, "ses_" + "0a" * 16),
    _row("msg_id", r"msg_[0-9a-f]{12}[0-9A-Za-z]{14}", Namespace.REQUEST, "msg_" + "0a" * 13),
    _row("wrk_id", r"wrk_[0-9A-Za-z]{4,40}", Namespace.WORKSPACE, "wrk_" + "0A" * 13),
    _row("oc_sk_key", rf"{re.escape(OPENCODE_KEY.name)}\S+", Namespace.KEY,
         OPENCODE_KEY.name + "a0" * 16),
    _row("sk_key", r"sk-\S+", Namespace.KEY, "sk-" + "a0" * 32),
    _row("jwt", r"eyJ[\w-]+\.[\w-]+\.[\w-]*", Namespace.KEY, "eyJ0.eyJ0.sig"),
    _row("uuid", r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", None,
         "00000000-0000-4000-8000-000000000000"),
    _row("hex64", r"(?i)[0-9a-f]{64}", None, "0a" * 32),
    _row("hex40", r"(?i)[0-9a-f]{40}", None, "0a" * 20),
    _row("hex32", r"(?i)[0-9a-f]{32}", None, "0a" * 16),
    _row("traceparent", r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", None,
         "00-" + "0a" * 16 + "-" + "0a" * 8 + "-01"),
    _row("number", r"-?\d{1,20}(?:\.\d{1,9})?", None, "17"),
    _row("email", r"[^\s@]+@[^\s@][^\s@.]*\.[^\s@]+", Namespace.USER, "someone@example.org"),
    _row("url", r"(?i)[a-z][a-z0-9+.-]{1,15}://\S*", None, "https://example.org/x"),
    _row("path", r"(?:~|/|[A-Za-z]:[\\/]).*", None, "/srv/x"),
    _row("word", r"[A-Za-z]{1,32}", None, "someone"),
    _row("token", r"[\w.:+/=-]+", None, "a-b_0"),
    _row("text", r"(?s).*", None, "two words"),
)  # fmt: skip
_LONGEST = 4096


def form_of(value: str) -> FormRow:
    """The form of a value; the last row takes everything."""
    head = value if len(value) <= _LONGEST else " "
    return next((row for row in FORMS if row.pattern.fullmatch(head)), FORMS[-1])


def identify(value: str, namespace: Namespace, pseudonyms: Pseudonymiser) -> tuple[str, str]:
    """Pseudonym and form of a value that may identify."""
    if is_address(value):
        return pseudonyms.address(value).address, "address"
    form = form_of(value)
    return pseudonyms.of(form.namespace or namespace, value), form.id
