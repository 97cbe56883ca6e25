"""Words of answers: finish reasons, stream events, providers, reasoning efforts."""

from __future__ import annotations

FINISH_REASONS: frozenset[str] = frozenset(
    """
    stop length tool_calls tool-calls function_call content_filter content-filter error other
    unknown end_turn max_tokens stop_sequence tool_use pause_turn refusal compaction
    model_context_window_exceeded insufficient_system_resource sensitive network_error abort
    aborted cancelled canceled eos eos_token completed incomplete failed in_progress queued
    max_output_tokens max_tool_calls repetition_truncation
    STOP MAX_TOKENS SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII
    MALFORMED_FUNCTION_CALL IMAGE_SAFETY IMAGE_OTHER UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS
    FINISH_REASON_UNSPECIFIED NO_IMAGE
    """.split()
)
EVENT_NAMES: frozenset[str] = frozenset(
    """
    message data error ping done other comment chunk
    message_start message_delta message_stop content_block_start content_block_delta
    content_block_stop
    response.created response.queued response.in_progress response.completed response.failed
    response.incomplete response.output_item.added response.output_item.done
    response.content_part.added response.content_part.done response.output_text.delta
    response.output_text.done response.output_text.annotation.added response.refusal.delta
    response.refusal.done response.function_call_arguments.delta
    response.function_call_arguments.done response.reasoning_summary_part.added
    response.reasoning_summary_part.done response.reasoning_summary_text.delta
    response.reasoning_summary_text.done response.reasoning_text.delta
    response.reasoning_text.done response.custom_tool_call_input.delta
    response.custom_tool_call_input.done keepalive
    """.split()
)
PROVIDERS: frozenset[str] = frozenset(
    """
    opencode opencode-go console alibaba anthropic arcee azure baseten bedrock cerebras chutes
    cloudflare deepinfra deepseek fireworks friendli gmicloud google groq hyperbolic inception
    kluster lambda meituan minimax mistral modal moonshot moonshotai nebius novita nvidia openai
    openrouter parasail poolside sambanova siliconflow stepfun streamlake targon tencent together
    vertex volcengine xai xiaomi z.ai zai zhipu
    """.split()
)
REASONING_EFFORTS: frozenset[str] = frozenset(
    "none minimal low medium high xhigh max auto enabled disabled adaptive".split()
)
CLIENTS: frozenset[str] = frozenset(
    "cli desktop app acp web vscode tui sdk server github mobile ide".split()
)
"""Values of `x-opencode-client`."""
