"""What records call the forms of values that became pseudonyms: one list for all who use the names.

Redaction tells the forms apart, and a bundle's scan must know their names without redaction.
"""

from pawwork_proxy.facts.table import Words, word_lists

TYPE_FORMS: dict[type, str] = {type(None): "null", bool: "boolean", list: "list"}
"""Values of JSON that are no text and no number; any other is an `object`."""
FORMS: Words = word_lists("words")["forms"] | set(TYPE_FORMS.values())
