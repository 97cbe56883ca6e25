"""Why a model stopped, in the words of four protocols.

Invariant: a word outside the tables is never stored.
"""

from __future__ import annotations

from pawwork_proxy.facts.errors import Sense

FINISHED: frozenset[str] = frozenset(
    {
        "stop", "length", "tool_calls", "function_call", "content_filter", "eos", "stop_sequence",
        "end_turn", "max_tokens", "tool_use", "pause_turn", "refusal", "sensitive", "compaction",
        "model_context_window_exceeded", "completed", "incomplete", "max_output_tokens",
        "cancelled", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER",
        "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS", "MALFORMED_FUNCTION_CALL", "FINISH_REASON_UNSPECIFIED",
    }
)  # fmt: skip
"""The answer is as the model left it, short or filtered as it may be."""

FAILED: dict[str, Sense] = {
    "error": Sense.SERVER,
    "failed": Sense.SERVER,
    "network_error": Sense.SERVER,
    "insufficient_system_resource": Sense.OVERLOAD,
    "engine_overloaded": Sense.OVERLOAD,
    "timeout": Sense.TIMEOUT,
}
"""The finish reason reports that something broke (DeepSeek, Z.ai, OpenRouter)."""


def known_finish(word: str) -> str | None:
    """The word when it is in the vocabulary."""
    return word if word in FINISHED or word in FAILED else None
