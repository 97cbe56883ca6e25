"""What records call the forms of values that became pseudonyms: one list for all who use the names.

Redaction tells the forms apart, and a bundle's scan must know their names without redaction.
"""

from __future__ import annotations

TYPE_FORMS: dict[type, str] = {type(None): "null", bool: "boolean", list: "list"}
"""Values of JSON that are no text and no number; any other is an `object`."""
FORMS: frozenset[str] = frozenset(
    """
    ses_id ses_hex msg_id wrk_id oc_sk_key sk_key jwt uuid hex64 hex40 hex32 traceparent number
    email url path word token text address empty object global public
    """.split()
) | set(TYPE_FORMS.values())
