"""Models that Zen and Go have served, the words that model ids are made of, and which are free."""

import re

from pawwork_proxy.facts.table import Fact, rows, word_lists

_LISTS = word_lists("models")
MODEL_IDS = _LISTS["model_ids"]
MODEL_WORDS = _LISTS["model_words"]


class ModelName(Fact):
    """What the ids of models of one sort look like."""

    name: str
    what: str
    pattern: re.Pattern[str]


_PATTERNS = {row.name: row.pattern for row in rows(ModelName, "models", "names")}


def is_free(model: str) -> bool:
    """Whether the id is that of a free model; they change monthly, so False proves nothing."""
    return model in _LISTS["free_models"] or _PATTERNS["free"].fullmatch(model) is not None


def is_title_model(model: str) -> bool:
    """Whether the id is that of the paid model which the client takes for titles."""
    return _PATTERNS["title"].fullmatch(model) is not None
