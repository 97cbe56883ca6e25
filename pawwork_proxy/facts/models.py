"""Models that Zen and Go have served, the words that model ids are made of, and which are free."""

from __future__ import annotations

import re
from functools import cache

from pawwork_proxy.facts.table import Fact, Words, lazy_words, rows, word_lists

MODEL_IDS: Words
MODEL_WORDS: Words


class ModelName(Fact):
    """What the ids of models of one sort look like."""

    name: str
    what: str
    pattern: re.Pattern[str]


def is_free(model: str) -> bool:
    """Whether the id is that of a free model; they change monthly, so False proves nothing."""
    return model in word_lists("models")["free_models"] or _looks("free", model)


def is_title_model(model: str) -> bool:
    """Whether the id is that of the paid model which the client takes for titles."""
    return _looks("title", model)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {row.name: row.pattern for row in rows(ModelName, "models", "names")}


def _looks(sort: str, model: str) -> bool:
    return _patterns()[sort].fullmatch(model) is not None


__getattr__ = lazy_words(globals(), "models", "model_ids", "model_words")
